package install

import (
	"bytes"
	"fmt"
	"io"
	"sync"
	"time"
)

// Elapsed returns a writer for progress: every line begins with the seconds since this call. Lines
// are written whole and one at a time.
func Elapsed(to io.Writer) io.Writer {
	return &elapsed{to: to, begin: time.Now()}
}

type elapsed struct {
	mu    sync.Mutex
	to    io.Writer
	begin time.Time
	// rest is the start of a line whose end has not come.
	rest []byte
}

func (e *elapsed) Write(p []byte) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.rest = append(e.rest, p...)
	for {
		line, rest, ended := bytes.Cut(e.rest, []byte("\n"))
		if !ended {
			return len(p), nil
		}
		e.rest = rest
		if _, err := fmt.Fprintf(e.to, "%4d s  %s\n", int(time.Since(e.begin).Seconds()), line); err != nil {
			return 0, err
		}
	}
}
