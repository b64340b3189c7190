package alb

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
	"time"
)

// patientBody is a request's body whose client has the idle timeout for each piece: "The client did not send data before
// the idle timeout period expired" (HTTP 408, Troubleshoot).
type patientBody struct {
	io.ReadCloser
	control  *http.ResponseController
	idle     time.Duration
	timedOut atomic.Bool
}

// Read implements io.Reader.
func (b *patientBody) Read(p []byte) (int, error) {
	// What cannot have deadlines has none.
	_ = b.control.SetReadDeadline(time.Now().Add(b.idle))
	n, err := b.ReadCloser.Read(p)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		b.timedOut.Store(true)
	case err == io.EOF:
		// From now on it is the target that is waited for.
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}
