package instrument

import (
	"context"
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// measured counts and times every call that reaches out.
type measured struct {
	providers.Provider
	calls   *prometheus.CounterVec
	seconds *prometheus.HistogramVec
}

func measure(p providers.Provider, r prometheus.Registerer) providers.Provider {
	m := measured{Provider: p,
		calls: registered(r, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "fairway_provider_calls_total",
			Help: "Calls of a provider, by verb and by kind of error (empty: none)."}, []string{"provider", "verb", "error"})),
		seconds: registered(r, prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "fairway_provider_call_seconds",
			Help: "How long a provider's calls took.", Buckets: prometheus.ExponentialBuckets(0.0001, 4, 10)}, []string{"provider", "verb"})),
	}
	return m
}

// registered is c, or what was registered of the same name before: all
// providers share their metrics.
func registered[C prometheus.Collector](r prometheus.Registerer, c C) C {
	err := r.Register(c)
	if already, is := errors.AsType[prometheus.AlreadyRegisteredError](err); is {
		return already.ExistingCollector.(C)
	} else if err != nil {
		// The names are fixed: this cannot depend on input.
		panic(err)
	}
	return c
}

func (m measured) Observe(ctx context.Context, ref providers.Ref) (o providers.Observation, err error) {
	defer m.count("observe", time.Now(), &err)
	return m.Provider.Observe(ctx, ref)
}

func (m measured) Apply(ctx context.Context, ref providers.Ref, p plan.Plan, s providers.EndpointSource) (o providers.Observation, out []plan.Outcome, err error) {
	defer m.count("apply", time.Now(), &err)
	return m.Provider.Apply(ctx, ref, p, s)
}

func (m measured) SyncEndpoints(ctx context.Context, ref providers.Ref, pool providers.PoolObservation, changed []ir.ClusterEndpoints) (o providers.PoolObservation, err error) {
	defer m.count("sync_endpoints", time.Now(), &err)
	return m.Provider.SyncEndpoints(ctx, ref, pool, changed)
}

func (m measured) List(ctx context.Context, at providers.Location) (refs []providers.Ref, err error) {
	defer m.count("list", time.Now(), &err)
	return m.Provider.List(ctx, at)
}

func (m measured) count(verb string, since time.Time, err *error) {
	kind := string(providers.KindOf(*err))
	if *err != nil && kind == "" {
		kind = "Other"
	}
	m.calls.WithLabelValues(m.Name(), verb, kind).Inc()
	m.seconds.WithLabelValues(m.Name(), verb).Observe(time.Since(since).Seconds())
}

// Unwrap gives the layer below.
func (m measured) Unwrap() providers.Provider { return m.Provider }
