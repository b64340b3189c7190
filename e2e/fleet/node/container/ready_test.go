package container

import (
	"os"
	"syscall"
	"testing"
)

// TestNoSignalIsLostAtTheStart signals each container as soon as it runs: without the wait most of these
// signals are dropped, since nobody catches them yet.
func TestNoSignalIsLostAtTheStart(t *testing.T) {
	for range 20 {
		p, err := Start(spec(t, "stay"), nil, os.Stderr, os.Stderr)
		if err != nil {
			t.Fatal(err)
		}
		p.AwaitHandler(t.Context(), syscall.SIGTERM)
		if err := p.Signal(syscall.SIGTERM); err != nil {
			t.Fatal(err)
		}
		await(t, p)
	}
}
