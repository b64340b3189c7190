// Package journal keeps what a container prints: bounded, in memory, and readable in the ways of the kubelet's log endpoint.
package journal

import (
	"bytes"
	"io"
	"sync"
	"time"
)

// line is one line of output, with its line break unless the container ended in the middle of it.
type line struct {
	at   time.Time
	text []byte
}

// Journal is the output of one container. Its oldest lines make way for new ones.
type Journal struct {
	limit int

	mu      sync.Mutex
	streams []*stream
	lines   []line
	first   int // number of the oldest kept line, counted from the start
	size    int
	closed  bool
	changed chan struct{} // closed and replaced at each change
}

// New makes a journal that keeps up to limit bytes.
func New(limit int) *Journal {
	return &Journal{limit: limit, changed: make(chan struct{})}
}

// Close says that nothing more will be written; readers that follow come to their end.
func (j *Journal) Close() {
	j.mu.Lock()
	streams := j.streams
	j.mu.Unlock()
	for _, s := range streams {
		s.flush()
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.closed = true
	j.wake()
}

// Writer returns a stream (stdout, stderr) into the journal. Lines of several streams do not mix. It never fails.
func (j *Journal) Writer() io.Writer {
	s := &stream{journal: j}
	j.mu.Lock()
	defer j.mu.Unlock()
	j.streams = append(j.streams, s)
	return s
}

// Tail returns up to the last lines, and up to the last bytes of them.
func (j *Journal) Tail(lines, bytesLimit int) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	var out bytes.Buffer
	for _, l := range j.lines[max(0, len(j.lines)-lines):] {
		out.Write(l.text)
	}
	text := out.Bytes()
	return string(text[max(0, len(text)-bytesLimit):])
}

func (j *Journal) append(text []byte) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.lines = append(j.lines, line{time.Now(), bytes.Clone(text)})
	j.size += len(text)
	drop := 0
	for j.size > j.limit && drop < len(j.lines)-1 {
		j.size -= len(j.lines[drop].text)
		drop++
	}
	if drop > 0 {
		clear(j.lines[:drop]) // or the array that the slice still shares would hold the text
		j.lines = j.lines[drop:]
		j.first += drop
	}
	j.wake()
}

func (j *Journal) wake() {
	close(j.changed)
	j.changed = make(chan struct{})
}

// maxLine is the length at which a line is cut in two, so that one without an end cannot take all memory.
const maxLine = 64 << 10

// stream cuts what a container writes into lines.
type stream struct {
	journal *Journal
	mu      sync.Mutex
	rest    []byte
}

func (s *stream) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.rest = append(s.rest, p...)
	for {
		end := bytes.IndexByte(s.rest, '\n') + 1
		if end == 0 && len(s.rest) > maxLine {
			end = maxLine
		}
		if end == 0 {
			return len(p), nil
		}
		s.journal.append(s.rest[:end])
		s.rest = s.rest[end:]
	}
}

// flush writes the last line, which has no end.
func (s *stream) flush() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.rest) > 0 {
		s.journal.append(s.rest)
		s.rest = nil
	}
}
