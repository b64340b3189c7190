package server

import (
	"bufio"
	"encoding/json/jsontext"
	"io"
	"strconv"
	"sync"
	"time"
)

// flushInterval bounds how long a line may wait in the buffer.
const flushInterval = time.Second

// accessLog writes one line of JSON per request, through a buffer.
type accessLog struct {
	mu   sync.Mutex
	line []byte
	out  *bufio.Writer
	done chan struct{}
	stop sync.Once
}

func newAccessLog(w io.Writer) *accessLog {
	l := &accessLog{out: bufio.NewWriterSize(w, 64<<10), done: make(chan struct{})}
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
	l.line = append(appendEntry(l.line[:0], x, took), '\n')
	_, _ = l.out.Write(l.line) // as in flush
}

// appendEntry writes the fields in a fixed order. What there is nothing to
// say about is left out.
func appendEntry(b []byte, x *exchange, took time.Duration) []byte {
	b = append(b, `{"time":"`...)
	b = x.start.UTC().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	b = append(b, '"')
	b = appendField(b, "client", x.client)
	b = appendField(b, "listener", x.match.Listener)
	b = appendField(b, "host", x.request.Host)
	b = appendField(b, "method", x.request.Method)
	b = appendField(b, "path", x.request.RawPath)
	b = append(b, `,"status":`...)
	b = strconv.AppendInt(b, int64(x.status), 10)
	b = append(b, `,"bytes":`...)
	b = strconv.AppendInt(b, x.bytes, 10)
	b = append(b, `,"duration_ms":`...)
	b = strconv.AppendFloat(b, float64(took.Microseconds())/1000, 'f', -1, 64)
	if rule := x.match.Rule; rule != nil {
		b = appendField(b, "route", rule.Route)
		b = appendField(b, "rule", rule.Index)
	}
	if x.backend != nil {
		b = appendField(b, "pool", x.backend.Pool)
	}
	if x.endpoint != nil {
		b = appendField(b, "cluster", x.endpoint.Cluster)
		b = appendField(b, "endpoint", x.endpoint.Address)
	}
	b = appendField(b, "protocol", x.protocol)
	if x.cause != nil {
		b = appendField(b, "cause", x.cause.Error())
	}
	if x.aborted {
		b = append(b, `,"aborted":true`...)
	}
	return append(b, '}')
}

func appendField(b []byte, name, value string) []byte {
	if value == "" {
		return b
	}
	b = append(b, ',', '"')
	b = append(b, name...)
	b = append(b, '"', ':')
	// The error says that invalid UTF-8 was replaced, which is as it should be.
	b, _ = jsontext.AppendQuote(b, value)
	return b
}
