package ir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Certificate is what a listener proves its name with.
type Certificate struct {
	// Name is "<namespace>/<name>" of its Secret.
	Name string `json:"name"`
	// Hostnames are the DNS names that it is for, lower case and sorted.
	Hostnames []string `json:"hostnames,omitempty"`
	// NotAfter is when it ends, in Unix seconds.
	NotAfter int64 `json:"notAfter"`
	// Chain is PEM, the leaf first.
	Chain string `json:"chain"`
	// KeyType is that of Key.
	KeyType KeyType `json:"keyType"`
	Key     Secret  `json:"key"`
}

// KeyType is a kind of private key, with its size.
type KeyType string

// The kinds of key that the clouds and Go's TLS know between them.
const (
	RSA2048   KeyType = "RSA-2048"
	RSA3072   KeyType = "RSA-3072"
	RSA4096   KeyType = "RSA-4096"
	ECDSAP256 KeyType = "ECDSA-P256"
	ECDSAP384 KeyType = "ECDSA-P384"
	ECDSAP521 KeyType = "ECDSA-P521"
	Ed25519   KeyType = "Ed25519"
)

// Secret is key material. It prints and marshals as its fingerprint, so that
// it reaches no log, plan or status; content hashes notice when it changes. One
// that was read back from JSON has a fingerprint and no material.
type Secret struct {
	fingerprint string
	material    []byte
}

// NewSecret keeps a copy of material.
func NewSecret(material []byte) Secret {
	sum := sha256.Sum256(material)
	return Secret{fingerprint: "sha256:" + hex.EncodeToString(sum[:]), material: append([]byte(nil), material...)}
}

// Reveal is the material itself, nil if it is not at hand. It is for the last
// step before the wire.
func (s Secret) Reveal() []byte { return append([]byte(nil), s.material...) }

// String is the fingerprint.
func (s Secret) String() string { return s.fingerprint }

// Format prints the fingerprint, whatever the verb.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.fingerprint)) }

// MarshalJSON writes the fingerprint.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.fingerprint) }

// UnmarshalJSON reads a fingerprint.
func (s *Secret) UnmarshalJSON(b []byte) error {
	s.material = nil
	return json.Unmarshal(b, &s.fingerprint)
}
