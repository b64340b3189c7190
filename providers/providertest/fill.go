package providertest

import (
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

var mustFill = property{
	id:     "P-FILL",
	remedy: "a step that fills a pool asks the EndpointSource when it runs, not when it was planned; a cluster that is not Known holds it up no more than one without pods",
	test: func(p *probe) {
		w := p.world()
		ref := w.ref("web", w.samples.Settings)
		pooled := &pooled{world: w, ref: ref, name: poolOf("cart"), lb: w.desired(small)}
		old := []ir.ClusterEndpoints{pooled.says(east, 1, 2), pooled.says(west, 1)}
		w.source.set(pooled.name, ir.ClusterEndpoints{Cluster: "far"})
		pods := []int{3, 4}
		for range rounds {
			o, err := w.provider.Observe(p.t.Context(), ref)
			p.need(err, "observe")
			made := w.plan(ref, pooled.lb, o)
			if made.Empty() {
				break
			}
			now := pooled.says(east, pods...)
			_, _, err = w.provider.Apply(p.t.Context(), ref, made, w.source)
			switch providers.KindOf(err) {
			case providers.Pending:
				w.Pass(after(err))
				continue
			case providers.Stale:
				continue
			}
			p.need(err, "apply")
			w.Pass(0)
			pooled.holds("pods changed between Plan and Apply", now, old[1])
			break
		}
		pooled.reconverge("after all")
	},
}

var mustCatchUp = property{
	id:     "P-SYNC-MISSED",
	remedy: "Observe says in Pools what each pool holds (in Unsorted where the API does not tell the cluster), so that what changed while no hub ran is made good",
	test: func(p *probe) {
		for _, silent := range []bool{false, true} {
			w := p.pooled()
			_, west1 := w.begin()
			w.restart()
			now := w.says(east, 2, 7)
			if silent {
				// Whose a pod was that went cannot be told everywhere now.
				now = w.says(east, 1, 2, 7)
				w.source.set(w.name, ir.ClusterEndpoints{Cluster: west})
			}
			o, err := w.provider.Observe(p.t.Context(), w.ref)
			p.need(err, "observe")
			w.pool = o.Pool(w.name)
			w.admits()
			if _, err := w.provider.SyncEndpoints(p.t.Context(), w.ref, w.pool.Sort(w.source.Endpoints(w.name)), nil); providers.KindOf(err) == providers.Stale {
				// It has to be planned first, as after any restart.
				w.reconverge("pods changed while no hub ran")
				w.holds("pods changed while no hub ran", now, west1)
				continue
			}
			w.sync("pods changed while no hub ran", 2, w.source.Endpoints(w.name)...)
			w.holds("pods changed while no hub ran", now, west1)
		}
	},
}

// admits complains unless the pool's observation names what takes traffic now
// as Serving; a provider may leave it out altogether.
func (w *pooled) admits() {
	all := w.pool.Unsorted
	for _, c := range w.pool.Clusters {
		all = append(slices.Clone(all), c.Endpoints...)
	}
	if len(all) == 0 {
		return
	}
	all = slices.DeleteFunc(slices.Clone(all), func(e ir.Endpoint) bool { return !e.Serving })
	said := addresses([]ir.ClusterEndpoints{{Endpoints: all}})
	if have := w.Live(w.ref).Pools[w.name]; !slices.Equal(said, have) {
		w.errorf("Observe says that the pool has %q Serving, and it holds %q", said, have)
	}
}

var mustHeedSync = property{
	id:     "P-SYNC-KEPT",
	remedy: "core keeps the last Observation and puts what SyncEndpoints answered into its Pools; State is older: plan nothing about endpoints from it",
	test: func(p *probe) {
		w := p.pooled()
		o, err := w.provider.Observe(p.t.Context(), w.ref)
		p.need(err, "observe")
		_, west1 := w.begin()
		now := w.says(east, 2, 7)
		w.sync("pods changed", 2, now)
		for i, pool := range o.Pools {
			if pool.Name == w.name {
				o.Pools[i] = w.pool
			}
		}
		made := w.plan(w.ref, w.desired(large), o)
		if _, _, err := w.provider.Apply(p.t.Context(), w.ref, made, w.source); err != nil && providers.KindOf(err) != providers.Pending {
			p.errorf("apply a plan from the kept observation: %v", err)
		}
		w.Pass(0)
		w.holds("a change after SyncEndpoints", now, west1)
	},
}

var mustUseReady = property{
	id:     "P-SYNC-READY",
	remedy: "traffic goes to endpoints that are Serving and not Terminating, to terminating ones only where there is no other, and to none that is not Serving",
	test: func(p *probe) {
		// The only pods are those of one cluster.
		w := p.pooled(west)
		ready, leaving, broken := w.endpoint(w.name, east, 1, "a"), w.endpoint(w.name, east, 2, "a"), w.endpoint(w.name, east, 3, "a")
		leaving.Terminating = true
		broken.Serving = false
		set := func(endpoints ...ir.Endpoint) ir.ClusterEndpoints {
			e := ir.ClusterEndpoints{Cluster: east, Known: true, Endpoints: endpoints}
			w.source.set(w.name, e)
			return e
		}
		w.sync("one pod is ready, one is leaving and one is not serving", 2, set(ready, leaving, broken))
		w.holds("one pod is ready, one is leaving and one is not serving", ir.ClusterEndpoints{Endpoints: []ir.Endpoint{ready}})
		w.sync("one pod is leaving and one is not serving", 2, set(leaving, broken))
		w.holds("one pod is leaving and one is not serving", ir.ClusterEndpoints{Endpoints: []ir.Endpoint{leaving}})
	},
}

var mustFollowPlaces = property{
	id:     "P-SYNC-PLACES",
	remedy: "pods in a place that the pool has nothing for yet are written, or SyncEndpoints answers Stale and the next plan makes room for them",
	test: func(p *probe) {
		w := p.pooled()
		_, west1 := w.begin()
		now := ir.ClusterEndpoints{Cluster: east, Known: true, Endpoints: []ir.Endpoint{
			w.endpoint(w.name, east, 1, "a"), w.endpoint(w.name, east, 2, "a"), w.endpoint(w.name, east, 5, "c"),
		}}
		w.source.set(w.name, now)
		if _, err := w.provider.SyncEndpoints(p.t.Context(), w.ref, w.pool.Sort(w.source.Endpoints(w.name)), []ir.ClusterEndpoints{now}); err != nil && providers.KindOf(err) != providers.Stale {
			p.errorf("SyncEndpoints for a pod in a new zone: %v; want success or an Error of kind Stale", err)
		}
		w.reconverge("with a pod in a new zone")
		w.holds("a pod in a new zone", now, west1)
	},
}
