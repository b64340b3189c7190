package install

import (
	"bytes"
	"io"
	"testing"
)

func TestElapsedBeginsEveryLine(t *testing.T) {
	var got bytes.Buffer
	to := Elapsed(&got)
	for _, part := range []string{"build", "ing\nbuilt\n", "", "no end"} {
		if n, err := io.WriteString(to, part); n != len(part) || err != nil {
			t.Fatalf("wrote %d of %d bytes: %v", n, len(part), err)
		}
	}
	if want := "   0 s  building\n   0 s  built\n"; got.String() != want {
		t.Errorf("got %q, want %q", got.String(), want)
	}
}
