package server

import (
	"io"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func TestABodyMayStallOnlyOnceTheAnswerHasBegun(t *testing.T) {
	for _, answered := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			var cut atomic.Bool
			in, out := io.Pipe()
			b := &body{ReadCloser: in, stall: newStall(time.Second, func(time.Time) error {
				cut.Store(true)
				return nil
			})}
			go func() { _, _ = io.Copy(io.Discard, b) }() // it ends with the pipe
			synctest.Wait()
			time.Sleep(999 * time.Millisecond)
			if answered {
				b.answer()
			}
			for range 3 {
				time.Sleep(10 * time.Second)
				synctest.Wait()
				if cut.Load() == answered {
					t.Errorf("the answer has begun is %v: the body is cut off is %v", answered, cut.Load())
				}
				if _, err := out.Write([]byte("x")); err != nil {
					t.Fatal(err)
				}
			}
			_ = out.Close()
			synctest.Wait()
		})
	}
}
