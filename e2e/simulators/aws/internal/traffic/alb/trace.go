package alb

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"strings"
	"time"
)

// traceHeader is added or updated on every request (Request tracing).
const traceHeader = "X-Amzn-Trace-Id"

// trace is the header's value for a target: a new Root if the client sent none, else a new Self in front of what the
// client sent, in the place of an old Self. Fields of others are preserved.
func trace(received string, now time.Time) string {
	id := newTrace(now)
	var fields []string
	hasRoot := false
	for field := range strings.SplitSeq(received, ";") {
		name, _, _ := strings.Cut(field, "=")
		switch {
		case strings.TrimSpace(field) == "" || name == "Self":
			continue
		case name == "Root":
			hasRoot = true
		}
		fields = append(fields, field)
	}
	own := "Self=" + id
	if !hasRoot {
		own = "Root=" + id
	}
	return strings.Join(append([]string{own}, fields...), ";")
}

// newTrace is version-time-id.
func newTrace(now time.Time) string {
	id := make([]byte, 12)
	// The system's source of randomness does not fail.
	_, _ = rand.Read(id)
	return fmt.Sprintf("1-%08x-%s", now.Unix(), hex.EncodeToString(id))
}
