package providertest

import (
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// pooled is a world with a load balancer and one pool of it under test.
type pooled struct {
	*world
	ref  providers.Ref
	lb   *ir.LoadBalancer
	name string
	pool providers.PoolObservation
}

// pooled builds the small load balancer. The pool has pods of one zone in each
// of two clusters, but for those that are empty.
func (p *probe) pooled(empty ...string) *pooled {
	w := p.world()
	for cluster, pods := range map[string][]int{east: {1, 2}, west: {1}} {
		if slices.Contains(empty, cluster) {
			pods = nil
		}
		w.source.set(poolOf("cart"), w.pods(poolOf("cart"), cluster, pods...))
	}
	ref := w.ref("web", w.samples.Settings)
	lb, o, _ := w.build(ref, small)
	name := poolOf("cart")
	return &pooled{world: w, ref: ref, lb: lb, name: name, pool: o.Pool(name)}
}

// says makes a cluster say that it has these pods from now on: numbers in its
// zone a.
func (w *pooled) says(cluster string, pods ...int) ir.ClusterEndpoints {
	e := w.pods(w.name, cluster, pods...)
	w.source.set(w.name, e)
	return e
}

// pods are what a cluster has, in its zone a.
func (w *world) pods(pool, cluster string, pods ...int) ir.ClusterEndpoints {
	e := ir.ClusterEndpoints{Cluster: cluster, Known: true}
	for _, n := range pods {
		e.Endpoints = append(e.Endpoints, w.endpoint(pool, cluster, n, "a"))
	}
	return e
}

// sync brings changes to the provider and complains unless it took at most
// this many mutations and no read.
func (w *pooled) sync(what string, most int, changed ...ir.ClusterEndpoints) {
	mark := w.ledger.mark()
	now, err := w.provider.SyncEndpoints(w.t.Context(), w.ref, w.pool.Sort(w.source.Endpoints(w.name)), changed)
	w.must(err, "SyncEndpoints: "+what)
	w.pool = now
	if mutations, reads := w.ledger.since(mark); len(mutations) > most || len(reads) > 0 {
		w.errorf("%s: at most %d mutations and no read are needed; made were %q and %q", what, most, mutations, reads)
	}
	w.Pass(0)
}

// holds complains unless the pool holds exactly what these clusters have.
func (w *pooled) holds(what string, want ...ir.ClusterEndpoints) {
	if have := w.Live(w.ref).Pools[w.name]; !slices.Equal(have, addresses(want)) {
		w.errorf("%s: the pool holds %q; want %q", what, have, addresses(want))
	}
}

// begin is what the pool's clusters have at first.
func (w *pooled) begin() (east1, west1 ir.ClusterEndpoints) {
	return w.pods(w.name, east, 1, 2), w.pods(w.name, west, 1)
}

// reconverge converges on the wish as it is now.
func (w *pooled) reconverge(what string) {
	if _, _, err := w.converge(w.t.Context(), w.ref, w.lb); err != nil {
		w.errorf("%s: converge: %v", what, err)
	}
}

var mustSyncOnce = property{
	id:     "P-SYNC-ONE",
	remedy: "SyncEndpoints computes the difference from the PoolObservation that it is given: one call that adds and one that removes, no read; the clusters that are not in changed stay as they are",
	test: func(p *probe) {
		w := p.pooled()
		_, west1 := w.begin()
		for _, change := range []struct {
			what string
			most int
			pods []int
		}{
			{"one pod more", 1, []int{1, 2, 7}},
			{"two pods more", 1, []int{1, 2, 7, 8, 9}},
			{"one pod for another", 2, []int{1, 2, 7, 8, 10}},
			{"one pod less", 1, []int{1, 2, 7, 8}},
		} {
			now := w.says(east, change.pods...)
			w.sync(change.what, change.most, now)
			w.holds(change.what, now, west1)
		}
		w.reconverge("after changes of endpoints")
	},
}

var mustSyncNothing = property{
	id:     "P-SYNC-NONE",
	remedy: "endpoints that the pool holds already are no reason to call anything",
	test: func(p *probe) {
		w := p.pooled()
		east1, west1 := w.begin()
		w.sync("no change in one cluster", 0, east1)
		w.sync("no change in two clusters", 0, east1, west1)
		w.sync("no cluster", 0)
		w.holds("no change", east1, west1)
	},
}

var mustSyncApart = property{
	id:     "P-SYNC-POOLS",
	remedy: "pools and clusters change one by one, and only their own PoolObservation is new each time: write only what is the pool's, or, where one document holds all pools, keep the last one by Ref, with a lock, and change it from there",
	test: func(p *probe) {
		w := p.pooled()
		o, err := w.provider.Observe(p.t.Context(), w.ref)
		p.need(err, "observe")
		w.pool = o.Pool(w.name)
		other := &pooled{world: w.world, ref: w.ref, lb: w.lb, name: poolOf("pay"), pool: o.Pool(poolOf("pay"))}
		_, west1 := w.begin()
		const one, two = "one pool changed", "another pool changed after it"
		first := w.says(east, 2, 7)
		w.sync(one, 2, first)
		kept := other.pods(other.name, west, 1)
		second := other.says(east, 1, 8)
		other.sync(two, 3, second)
		other.holds(two, second, kept)
		w.holds(one+", and another one after it", first, west1)

		const third = "the first pool changed again, in another cluster"
		now := w.says(west, 1, 9)
		w.sync(third, 1, now)
		w.holds(third, first, now)
		other.holds(third+"; the other pool", second, kept)
		w.reconverge("after changes of two pools")
	},
}

var mustKeepUnknown = property{
	id:     "P-SYNC-UNKNOWN",
	remedy: "a cluster that is not Known cannot be told about: leave its endpoints as they are, in SyncEndpoints and in Apply",
	test: func(p *probe) {
		w := p.pooled()
		east1, west1 := w.begin()
		silent := ir.ClusterEndpoints{Cluster: east}
		w.source.set(w.name, silent)
		w.sync("a cluster fell silent", 0, silent)
		w.holds("a cluster fell silent", east1, west1)
		w.lb = w.desired(large)
		w.reconverge("while a cluster is silent")
		w.holds("a change while a cluster is silent", east1, west1)
	},
}

var mustDropRemoved = property{
	id:     "P-SYNC-REMOVED",
	remedy: "a cluster that is Known and has no endpoints was emptied or removed: its endpoints go",
	test: func(p *probe) {
		w := p.pooled()
		_, west1 := w.begin()
		w.sync("a cluster was removed", 1, w.says(east))
		w.holds("a cluster was removed", west1)
		w.reconverge("after a cluster was removed")
		w.holds("converged after a cluster was removed", west1)
	},
}
