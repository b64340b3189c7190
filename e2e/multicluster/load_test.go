package multicluster

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"fairway.dev/fairway/e2e/install"
)

// pace is the time from one request of a client to its next.
const pace = 5 * time.Millisecond

// load sends requests to a Gateway for as long as a test changes things, over connections that are
// kept and over new ones. Every answer but 200 is a failure.
type load struct {
	r        *room
	stop     context.CancelFunc
	clients  sync.WaitGroup
	answered atomic.Int64

	mu       sync.Mutex
	failures []string
}

// load starts the clients and returns when the first requests have been answered.
func (s *site) load(host, path string) *load {
	s.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{r: s.room, stop: cancel}
	for _, keep := range []bool{true, false} {
		client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			DialContext: stack.Fleet.DialContext, DisableKeepAlives: !keep,
		}}
		l.clients.Go(func() {
			defer client.CloseIdleConnections()
			l.run(ctx, client, s.address, host, path)
		})
	}
	s.t.Cleanup(func() { cancel(); l.clients.Wait() })
	l.goesOn()
	return l
}

func (l *load) run(ctx context.Context, client *http.Client, address, host, path string) {
	ticks := time.NewTicker(pace)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		// Its own context: the end of the load must not cut a request.
		answer, err := install.Ask(context.WithoutCancel(ctx), client, address, host, path)
		switch {
		case err != nil:
			l.fail(err.Error())
		case answer.Status != http.StatusOK:
			l.fail(fmt.Sprintf("%d: %s", answer.Status, answer.Text))
		default:
			l.answered.Add(1)
		}
	}
}

func (l *load) fail(text string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failures = append(l.failures, time.Now().Format("15:04:05.000 ")+text)
}

// goesOn waits until further requests have been answered.
func (l *load) goesOn() {
	l.r.t.Helper()
	const further = 50
	least := l.answered.Load() + further
	l.r.eventually("traffic goes on", func(context.Context) error {
		if got := l.answered.Load(); got < least {
			return fmt.Errorf("%d requests answered, %d wanted", got, least)
		}
		return nil
	})
}

// end stops the clients and fails the test if one request failed.
func (l *load) end() {
	l.r.t.Helper()
	l.goesOn()
	l.stop()
	l.clients.Wait()
	l.r.t.Logf("%d requests answered", l.answered.Load())
	if failed := len(l.failures); failed != 0 {
		const shown = 5
		l.r.t.Errorf("%d requests failed, %d were answered; the first failures: %q",
			failed, l.answered.Load(), l.failures[:min(failed, shown)])
	}
}
