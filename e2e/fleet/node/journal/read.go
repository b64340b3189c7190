package journal

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// errLimit ends a reading when as many bytes as asked for were sent.
var errLimit = errors.New("byte limit reached")

// Read copies the journal to w, as the options ask: follow, tail, since, timestamps and the limit of bytes. It returns when
// everything is copied, when a followed journal is closed, or when ctx ends. The flush function is called after each batch.
func (j *Journal) Read(ctx context.Context, w io.Writer, o *corev1.PodLogOptions, flush func()) error {
	r := reader{out: w, options: o, left: -1}
	if o.LimitBytes != nil {
		r.left = *o.LimitBytes
	}
	next := j.start(o)
	for {
		lines, following, changed := j.after(&next)
		for _, l := range lines {
			if err := r.write(l); errors.Is(err, errLimit) {
				return nil
			} else if err != nil {
				return fmt.Errorf("send log: %w", err)
			}
		}
		flush()
		if !o.Follow || !following {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil
		}
	}
}

// start is the number of the first line to send.
func (j *Journal) start(o *corev1.PodLogOptions) int {
	since := sinceTime(o, time.Now())
	j.mu.Lock()
	defer j.mu.Unlock()
	skip := 0
	for skip < len(j.lines) && j.lines[skip].at.Before(since) {
		skip++
	}
	if o.TailLines != nil {
		skip = max(skip, len(j.lines)-int(min(*o.TailLines, int64(len(j.lines)))))
	}
	return j.first + skip
}

// after returns the lines from *next on, advances it, and tells whether more may come and how to learn of it.
func (j *Journal) after(next *int) (lines []line, open bool, changed <-chan struct{}) {
	j.mu.Lock()
	defer j.mu.Unlock()
	from := max(*next-j.first, 0)
	lines = append(lines, j.lines[from:]...)
	*next = j.first + len(j.lines)
	return lines, !j.closed, j.changed
}

func sinceTime(o *corev1.PodLogOptions, now time.Time) time.Time {
	switch {
	case o.SinceTime != nil:
		return o.SinceTime.Time
	case o.SinceSeconds != nil:
		return now.Add(-time.Duration(*o.SinceSeconds) * time.Second)
	}
	return time.Time{}
}

type reader struct {
	out     io.Writer
	options *corev1.PodLogOptions
	left    int64 // bytes that may still be sent; negative without a limit
}

func (r *reader) write(l line) error {
	text := l.text
	if r.options.Timestamps {
		text = append([]byte(l.at.UTC().Format(time.RFC3339Nano)+" "), text...)
	}
	limited := r.left >= 0 && int64(len(text)) >= r.left
	if limited {
		text = text[:r.left]
	}
	if _, err := r.out.Write(text); err != nil {
		return err
	}
	if limited {
		return errLimit
	}
	if r.left >= 0 {
		r.left -= int64(len(text))
	}
	return nil
}
