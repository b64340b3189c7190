package alb

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"
)

// Seal encrypts what stickiness cookies remember: "The content of load balancer generated cookies are encrypted using a
// rotating key" (Sticky sessions). Here the key lives as long as the program, so that a restart ends stickiness.
type Seal struct{ aead cipher.AEAD }

// NewSeal makes a key.
func NewSeal() (*Seal, error) {
	key := make([]byte, 32)
	if _, err := rand.Read(key); err != nil {
		return nil, fmt.Errorf("make a cookie key: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("make a cookie key: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("make a cookie key: %w", err)
	}
	return &Seal{aead}, nil
}

// memory is what a cookie remembers.
type memory struct {
	// Group is a target group's ARN.
	Group string `json:"g"`
	// Target and Port are a target's, for cookies that hold one.
	Target string `json:"t,omitempty"`
	Port   uint16 `json:"p,omitempty"`
	Zone   string `json:"z,omitempty"`
	// Until is when stickiness ends, in seconds of the simulator's time.
	Until int64 `json:"u"`
}

// encoding has no character that would need URL encoding, which cookie values must not have (Sticky sessions).
var encoding = base64.RawStdEncoding

func (s *Seal) close(m memory) string {
	// A struct of strings and numbers can be marshalled.
	text, _ := json.Marshal(m)
	return encoding.EncodeToString(s.aead.Seal(nil, nil, text, nil))
}

// open gives what a cookie remembers. One that "cannot be decoded" or has run out is as good as none.
func (s *Seal) open(value string, now time.Time) (memory, bool) {
	sealed, err := encoding.DecodeString(value)
	if err != nil {
		return memory{}, false
	}
	text, err := s.aead.Open(nil, nil, sealed, nil)
	if err != nil {
		return memory{}, false
	}
	var m memory
	if err := json.Unmarshal(text, &m); err != nil || now.Unix() >= m.Until {
		return memory{}, false
	}
	return m, true
}
