package ir

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

func TestSecretsShowNothing(t *testing.T) {
	material := "-----BEGIN PRIVATE KEY-----"
	c := Certificate{Name: "shop/tls", Key: NewSecret([]byte(material))}
	marshalled, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "c", c, "key", c.Key)
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "c", c, "key", &c.Key)
	for _, shown := range []string{string(marshalled), log.String(), fmt.Sprintf("%v %+v %#v %s %x %d %q", c, c, c, c.Key, c.Key, c.Key, &c.Key)} {
		if strings.Contains(shown, "PRIVATE") || strings.Contains(shown, fmt.Sprintf("%x", material)) || strings.Contains(shown, fmt.Sprintf("%v", []byte(material))) {
			t.Errorf("a key was shown: %s", shown)
		}
		if !strings.Contains(shown, "sha256:") {
			t.Errorf("no fingerprint in %s", shown)
		}
	}
	var back Certificate
	if err := json.Unmarshal(marshalled, &back); err != nil {
		t.Fatal(err)
	}
	if back.Key.Reveal() != nil || Hash(back) != Hash(c) {
		t.Errorf("read back: %v", back)
	}
	if string(c.Key.Reveal()) != material {
		t.Error("the material is lost")
	}
	if Hash(c) == Hash(Certificate{Name: "shop/tls", Key: NewSecret([]byte("other"))}) {
		t.Error("another key has the same content hash")
	}
}
