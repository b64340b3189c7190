package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"fairway.dev/fairway/providers/ir"
)

func TestRefusingEndpointIsPassedOver(t *testing.T) {
	p := start(t)
	p.pool("a", refusing(t), refusing(t), says(t, "alive"))
	p.route("r", "/", to("a"))
	for range 50 {
		p.expect("/", 200, "alive")
		// A body that was not touched goes to the next endpoint too.
		r, err := p.client.Post(p.url("/"), "text/plain", strings.NewReader("a body"))
		if err != nil {
			t.Fatal(err)
		}
		if body := text(t, r); r.StatusCode != 200 || body != "alive" {
			t.Fatalf("got %d %q", r.StatusCode, body)
		}
	}
	p.pool("a", refusing(t))
	p.expect("/", 503, "fairway: no backend accepts connections\n")
	entries := p.entries(101)
	if last := entries[len(entries)-1]; last["status"] != 503.0 || !strings.Contains(fmt.Sprint(last["cause"]), "connection refused") {
		t.Errorf("the log says %v", last)
	}
}

// Traffic goes on without a failure while everything changes under it.
func TestNothingFailsWhileConfigurationChanges(t *testing.T) {
	p := start(t)
	a, b := says(t, "a"), says(t, "b")
	p.pool("one", a)
	p.pool("two", b)
	p.route("r", "/", to("one"))
	var requests atomic.Int64
	ctx, stop := context.WithCancel(context.Background())
	var clients sync.WaitGroup
	for range 4 {
		clients.Go(func() {
			for ctx.Err() == nil {
				r, err := p.client.Get(p.url("/path"))
				if err != nil {
					t.Error(err)
					return
				}
				body, err := io.ReadAll(r.Body)
				_ = r.Body.Close()
				if err != nil || r.StatusCode != 200 || string(body) != "a" && string(body) != "b" {
					t.Errorf("got %d %q, %v", r.StatusCode, body, err)
					return
				}
				requests.Add(1)
			}
		})
	}
	for i := range 100 {
		seen := requests.Load()
		switch i % 4 {
		case 0:
			p.pool("one", b)
			p.route("r", "/", to("two"))
		case 1:
			p.listen("other", p.port, "other.example.com")
			p.route("more", "/more", to("one"))
		case 2:
			p.pool("one", a, b)
			p.route("r", "/", ir.Rule{Backends: []ir.Backend{{Pool: "one", Weight: 1}, {Pool: "two", Weight: 1}}})
		case 3:
			p.RemoveListener("other")
			p.RemoveRoute("HTTPRoute/ns/more")
			p.pool("one", a)
		}
		eventually(t, "traffic", func() bool { return requests.Load() > seen+4 || t.Failed() })
	}
	stop()
	clients.Wait()
}

func TestDrain(t *testing.T) {
	p := start(t)
	admin := httptest.NewServer(Admin(p.registry, p.Ready))
	defer admin.Close()
	ready := func() int {
		r, err := http.Get(admin.URL + "/readyz")
		if err != nil {
			t.Fatal(err)
		}
		_ = text(t, r)
		return r.StatusCode
	}
	began, finish := make(chan struct{}), make(chan struct{})
	p.pool("slow", backend(t, func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-finish
		_, _ = io.WriteString(w, "slow")
	}))
	p.pool("echo", backend(t, echoUpgraded(t)))
	p.pool("fast", says(t, "fast"))
	p.route("slow", "/slow", to("slow"))
	p.route("fast", "/fast", to("fast"))
	p.route("echo", "/ws", to("echo"))
	answered := p.background("/slow")
	wait(t, "the backend", began)
	conn, in := upgrade(t, p)
	if got := ready(); got != 200 {
		t.Errorf("not ready before: %d", got)
	}

	p.Retire()
	if got := ready(); got != 503 {
		t.Errorf("ready while draining: %d", got)
	}
	r, err := p.client.Get(p.url("/fast"))
	if err != nil {
		t.Fatal(err)
	}
	if body := text(t, r); body != "fast" || !r.Close {
		t.Errorf("while draining: %q, close is %v", body, r.Close)
	}

	drained := make(chan struct{})
	go func() {
		p.Shutdown(context.Background())
		close(drained)
	}()
	eventually(t, "no more accepting", func() bool {
		c, err := net.Dial("tcp", p.address())
		if err == nil {
			_ = c.Close()
		}
		return err != nil
	})
	close(finish)
	if got := wait(t, "the request under way", answered); got != "slow" {
		t.Errorf("got %q", got)
	}
	if _, err := io.WriteString(conn, "still here\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := in.ReadString('\n'); err != nil || got != "still here\n" {
		t.Errorf("the upgraded connection says %q, %v", got, err)
	}
	select {
	case <-drained:
		t.Error("drained with a connection open")
	default:
	}
	_ = conn.Close()
	wait(t, "the end", drained)
	if lines := len(p.log.lines()); lines != 3 {
		t.Errorf("%d lines of log were written by the end, want 3", lines)
	}
}

func TestDrainEndsInTime(t *testing.T) {
	p := start(t)
	began := make(chan struct{})
	cut := make(chan struct{})
	p.pool("stuck", backend(t, func(w http.ResponseWriter, r *http.Request) {
		close(began)
		<-r.Context().Done()
		close(cut)
	}))
	p.route("r", "/", to("stuck"))
	failed := make(chan error, 1)
	go func() {
		_, err := p.client.Get(p.url("/"))
		failed <- err
	}()
	wait(t, "the backend", began)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	p.Shutdown(ctx)
	wait(t, "the backend to notice", cut)
	if err := wait(t, "the client", failed); err == nil {
		t.Error("a request that was cut off got an answer")
	}
}
