package upstream

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"fairway.dev/fairway/providers/ir"
)

// endpoints makes a known cluster's list; "!" after an address means that it
// does not serve, "~" that it is terminating.
func endpoints(cluster string, addresses ...string) ir.ClusterEndpoints {
	out := ir.ClusterEndpoints{Cluster: cluster, Known: true}
	for _, a := range addresses {
		e := ir.Endpoint{Address: a, Port: 80, Serving: true}
		switch a[len(a)-1] {
		case '!':
			e.Address, e.Serving = a[:len(a)-1], false
		case '~':
			e.Address, e.Terminating = a[:len(a)-1], true
		}
		out.Endpoints = append(out.Endpoints, e)
	}
	return out
}

func set(t *testing.T, p *Pools, e ir.ClusterEndpoints) {
	t.Helper()
	if err := p.SetEndpoints("pool", e); err != nil {
		t.Fatal(err)
	}
}

// chosen are the addresses that Choose gives in many tries, sorted.
func chosen(p *Pools, tried ...*Endpoint) []string {
	seen := map[string]bool{}
	for range 500 {
		if e := p.Choose("pool", tried...); e != nil {
			seen[e.Cluster+" "+e.Address] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func expect(t *testing.T, what string, got []string, want ...string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: chosen are %q, want %q", what, got, want)
	}
}

func TestClustersAreSwappedApart(t *testing.T) {
	p := NewPools()
	expect(t, "an unknown pool", chosen(p))
	set(t, p, endpoints("east", "10.0.0.1"))
	set(t, p, endpoints("west", "10.1.0.1", "10.1.0.2"))
	expect(t, "both", chosen(p), "east 10.0.0.1:80", "west 10.1.0.1:80", "west 10.1.0.2:80")
	set(t, p, endpoints("west", "10.1.0.2"))
	expect(t, "one less", chosen(p), "east 10.0.0.1:80", "west 10.1.0.2:80")
	set(t, p, ir.ClusterEndpoints{Cluster: "west"})
	expect(t, "west unknown", chosen(p), "east 10.0.0.1:80", "west 10.1.0.2:80")
	set(t, p, endpoints("east"))
	expect(t, "east empty", chosen(p), "west 10.1.0.2:80")
	p.RemoveEndpoints("pool", "west")
	p.RemoveEndpoints("pool", "nowhere")
	expect(t, "west removed", chosen(p))
	p.RemoveEndpoints("pool", "east")
	if _, ok := p.byName.Load("pool"); ok {
		t.Error("a pool without clusters is kept")
	}
	p.RemoveEndpoints("pool", "east")
}

func TestTerminatingServeOnlyWhenNoOtherDoes(t *testing.T) {
	p := NewPools()
	set(t, p, endpoints("east", "10.0.0.1~", "10.0.0.2!", "fd00::1~"))
	expect(t, "terminating alone", chosen(p), "east 10.0.0.1:80", "east [fd00::1]:80")
	set(t, p, endpoints("west", "10.1.0.1"))
	expect(t, "another cluster serves", chosen(p), "west 10.1.0.1:80")
	set(t, p, endpoints("west", "10.1.0.1!"))
	expect(t, "and stops serving", chosen(p), "east 10.0.0.1:80", "east [fd00::1]:80")
}

func TestFewerInFlightWin(t *testing.T) {
	p := NewPools()
	set(t, p, endpoints("", "10.0.0.1", "10.0.0.2"))
	busy := p.Choose("pool")
	end := busy.Begin()
	for range 100 {
		if p.Choose("pool") == busy {
			t.Fatal("the busier of two was chosen")
		}
	}
	// What is in flight outlives a new list.
	set(t, p, endpoints("", "10.0.0.1", "10.0.0.2", "10.0.0.3!"))
	for range 100 {
		if p.Choose("pool").Address == busy.Address {
			t.Fatal("the busier of two was chosen after an update")
		}
	}
	end()
	expect(t, "none is busy", chosen(p), " 10.0.0.1:80", " 10.0.0.2:80")
}

func TestRefusingEndpointsAreAvoidedForAWhile(t *testing.T) {
	now := time.Unix(1000, 0)
	p := NewPools()
	p.now = func() time.Time { return now }
	set(t, p, endpoints("", "10.0.0.1", "10.0.0.2"))
	refusing := p.Choose("pool")
	refusing.Refused(now)
	for range 100 {
		if p.Choose("pool") == refusing {
			t.Fatal("an endpoint that refused was chosen though there is another")
		}
	}
	other := p.Choose("pool", refusing)
	if p.Choose("pool", other) != refusing {
		t.Error("an endpoint that refused was not chosen though there is no other")
	}
	if e := p.Choose("pool", other, refusing); e != nil {
		t.Errorf("%s was chosen a second time", e.Address)
	}
	now = now.Add(avoidance)
	expect(t, "after a while", chosen(p), " 10.0.0.1:80", " 10.0.0.2:80")
}

func TestInvalidListsAreRefused(t *testing.T) {
	p := NewPools()
	set(t, p, endpoints("east", "10.0.0.1"))
	for _, address := range []string{"", "name.example.com", "10.0.0"} {
		bad := endpoints("east", "10.0.0.9")
		bad.Endpoints = append(bad.Endpoints, ir.Endpoint{Address: address, Port: 80, Serving: true})
		if err := p.SetEndpoints("pool", bad); err == nil {
			t.Errorf("%q was accepted", address)
		}
	}
	if err := p.SetEndpoints("pool", ir.ClusterEndpoints{Known: true, Endpoints: []ir.Endpoint{{Address: "10.0.0.1"}}}); err == nil {
		t.Error("the port 0 was accepted")
	}
	expect(t, "the old list", chosen(p), "east 10.0.0.1:80")
}

func BenchmarkChoose(b *testing.B) {
	p := NewPools()
	var list []string
	for i := range 100 {
		list = append(list, fmt.Sprintf("10.0.0.%d", i))
	}
	if err := p.SetEndpoints("pool", endpoints("", list...)); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if p.Choose("pool") == nil {
			b.Fatal("nothing chosen")
		}
	}
}
