package journal

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
)

func write(t *testing.T, w io.Writer, text string) {
	t.Helper()
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, j *Journal, o corev1.PodLogOptions) string {
	t.Helper()
	var out bytes.Buffer
	if err := j.Read(t.Context(), &out, &o, func() {}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReadOptions(t *testing.T) {
	j := New(1 << 20)
	stdout, stderr := j.Writer(), j.Writer()
	write(t, stdout, "one\ntw")
	write(t, stderr, "error\n")
	write(t, stdout, "o\nthree")
	j.Close()
	number := func(n int64) *int64 { return &n }
	for name, c := range map[string]struct {
		options corev1.PodLogOptions
		want    string
	}{
		"all":   {corev1.PodLogOptions{}, "one\nerror\ntwo\nthree"},
		"tail":  {corev1.PodLogOptions{TailLines: number(2)}, "two\nthree"},
		"none":  {corev1.PodLogOptions{TailLines: number(0)}, ""},
		"limit": {corev1.PodLogOptions{LimitBytes: number(6)}, "one\ner"},
		"since": {corev1.PodLogOptions{SinceSeconds: number(-60)}, ""},
	} {
		if got := read(t, j, c.options); got != c.want {
			t.Errorf("%s: got %q, want %q", name, got, c.want)
		}
	}
	stamped := read(t, j, corev1.PodLogOptions{Timestamps: true, TailLines: number(1)})
	stamp, text, _ := strings.Cut(stamped, " ")
	if _, err := time.Parse(time.RFC3339Nano, stamp); err != nil || text != "three" {
		t.Errorf("line with a timestamp: %q (%v)", stamped, err)
	}
	if got := j.Tail(2, 7); got != "o\nthree" {
		t.Errorf("tail of 7 bytes: %q", got)
	}
}

func TestOldLinesMakeWay(t *testing.T) {
	j := New(100)
	w := j.Writer()
	for i := range 1000 {
		write(t, w, fmt.Sprintf("line %04d\n", i)) // 10 bytes each
	}
	got := read(t, j, corev1.PodLogOptions{})
	if len(got) != 100 || !strings.HasPrefix(got, "line 0990\n") || !strings.HasSuffix(got, "line 0999\n") {
		t.Errorf("kept %q", got)
	}
	write(t, w, strings.Repeat("x", 3*maxLine))
	if len(j.lines) != 1 {
		t.Errorf("an endless line is kept in %d pieces", len(j.lines))
	}
}

func TestFollowEndsWithTheContainer(t *testing.T) {
	j := New(1 << 20)
	w := j.Writer()
	write(t, w, "first\n")
	source, sink := io.Pipe()
	done := make(chan error, 1)
	go func() {
		err := j.Read(t.Context(), sink, &corev1.PodLogOptions{Follow: true}, func() {})
		done <- err
		_ = sink.Close()
	}()
	buffer := make([]byte, 6)
	for _, want := range []string{"first\n", "again\n"} {
		if _, err := io.ReadFull(source, buffer); err != nil || string(buffer) != want {
			t.Fatalf("followed %q (%v), want %q", buffer, err, want)
		}
		if want == "first\n" {
			write(t, w, "again\n")
		}
	}
	j.Close()
	if err := <-done; err != nil {
		t.Error(err)
	}
}
