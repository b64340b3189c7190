package service

import (
	"context"
	"log/slog"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
)

const (
	// settle is how long a change waits for others that come with it.
	settle = 10 * time.Millisecond
	// retry is the pause after the packet filter has refused rules.
	retry = time.Second
)

// Lister returns all objects of one type.
type Lister[T any] interface{ List() []T }

// Proxy keeps the packet filter in step with the API.
type Proxy struct {
	table     *Table
	services  Lister[*corev1.Service]
	endpoints Lister[*discoveryv1.EndpointSlice]
	changed   chan struct{}
	log       *slog.Logger
}

// NewProxy makes a proxy of what the listers hold; Run starts it.
func NewProxy(table *Table, services Lister[*corev1.Service], endpoints Lister[*discoveryv1.EndpointSlice], log *slog.Logger) *Proxy {
	return &Proxy{table: table, services: services, endpoints: endpoints, changed: make(chan struct{}, 1), log: log}
}

// Changed says that a Service or an EndpointSlice is not what it was. It never blocks.
func (p *Proxy) Changed() {
	select {
	case p.changed <- struct{}{}:
	default:
	}
}

// Run writes rules once at the start and after each change, until ctx ends.
func (p *Proxy) Run(ctx context.Context) {
	p.Changed()
	for {
		select {
		case <-ctx.Done():
			return
		case <-p.changed:
		}
		if !pause(ctx, settle) {
			return
		}
		select { // what arrived during the pause is served by this round
		case <-p.changed:
		default:
		}
		if err := p.table.Apply(Build(p.services.List(), p.endpoints.List())); err != nil {
			p.log.Error("cannot write the rules of services", "err", err)
			if !pause(ctx, retry) {
				return
			}
			p.Changed()
		}
	}
}

// pause waits and tells whether ctx still runs.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}
