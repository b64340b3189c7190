package server

import (
	"bufio"
	"io"
	"sync"
	"time"
)

// flushInterval bounds how long a line may wait in the buffer.
const flushInterval = time.Second

// accessLog writes one line per request, through a buffer.
type accessLog struct {
	format Format

	mu   sync.Mutex
	line []byte
	out  *bufio.Writer
	done chan struct{}
	stop sync.Once
}

func newAccessLog(w io.Writer, f Format) *accessLog {
	l := &accessLog{format: f, out: bufio.NewWriterSize(w, 64<<10), done: make(chan struct{})}
	go l.flushRegularly()
	return l
}

func (l *accessLog) flushRegularly() {
	ticker := time.NewTicker(flushInterval)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			l.flush()
		case <-l.done:
			return
		}
	}
}

func (l *accessLog) flush() {
	l.mu.Lock()
	defer l.mu.Unlock()
	_ = l.out.Flush() // nobody is left to tell that the log cannot be written
}

// close writes what is in the buffer. Lines that come later still appear,
// but only once the buffer is full.
func (l *accessLog) close() {
	l.stop.Do(func() { close(l.done) })
	l.flush()
}

func (l *accessLog) write(x *exchange, took time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.line = append(appendEntry(l.line[:0], l.format, x, took), '\n')
	_, _ = l.out.Write(l.line) // as in flush
}
