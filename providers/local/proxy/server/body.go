package server

import (
	"errors"
	"io"
	"net/http"
	"os"
	"sync/atomic"
)

// body is a request's body of which it is known whether anything was taken
// from it, and why no more could be. While nothing was taken it stays open
// for another try.
type body struct {
	io.ReadCloser
	stall    stall
	answered atomic.Bool
	read     atomic.Bool
	failure  atomic.Pointer[cause]
}

func (b *body) Read(p []byte) (int, error) {
	b.read.Store(true)
	b.stall.begin()
	if b.answered.Load() {
		b.stall.end()
	}
	n, err := b.ReadCloser.Read(p)
	b.stall.end()
	if err != nil && err != io.EOF {
		b.failure.Store(bodyFailure(err))
	}
	return n, err
}

func bodyFailure(err error) *cause {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return errLargeBody
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errSlowBody
	default:
		return errBody
	}
}

// answer notes that the answer has begun: from then on both sides may be
// silent for as long as they like.
func (b *body) answer() {
	b.answered.Store(true)
	b.stall.end()
}

func (b *body) Close() error {
	if !b.read.Load() {
		return nil // the reverse proxy closes what it was given
	}
	return b.ReadCloser.Close()
}
