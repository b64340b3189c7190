package fake

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/providers/providertest"
)

var (
	north = providers.Settings(`{"region":"north"}`)
	south = providers.Settings(`{"region":"south"}`)
)

func TestContract(t *testing.T) {
	providertest.Run(t, func(*testing.T) providertest.Harness { return newWorld() })
}

// world is the kit's view of a cloud.
type world struct {
	cloud *cloud.Cloud
}

func newWorld() *world { return &world{cloud: cloud.New()} }

func (w *world) Start() providers.Provider { return New(w.cloud, providertest.Hub) }

func (w *world) Samples() providertest.Samples {
	return providertest.Samples{
		Settings: north, Elsewhere: south, Changed: []byte(`{"region":"north","tier":"large"}`),
		Bad: []providers.Settings{nil, []byte(`{}`), []byte(`{"region":7}`), []byte(`{"region":"north","colour":"red"}`), []byte(`{"region":"north","tier":"huge"}`)},
	}
}

func (w *world) Intercept(around providertest.Around) {
	w.cloud.Intercept(func(ctx context.Context, call string, mutates bool, do func(context.Context) error) error {
		if around == nil {
			return do(ctx)
		}
		return around(ctx, providertest.Call{Name: call, Mutates: mutates}, do)
	})
}

func (w *world) Pass(d time.Duration) { w.cloud.Advance(d) }

func (w *world) Live(ref providers.Ref) providertest.Live {
	live := providertest.Live{
		Listeners: map[string]providertest.LiveListener{}, Rules: map[plan.Subject]providertest.LiveRule{}, Pools: map[string][]string{},
	}
	ours := map[string]cloud.Resource{}
	marks := map[string]note{}
	for _, r := range w.cloud.All(region(ref.Location)) {
		if n, ok := readNote(r.Note); ok && owner.Owns(ref, r.Labels) {
			ours[r.Name], marks[r.Name] = r, n
		}
	}
	accepts := map[string]bool{}
	for name, r := range ours {
		switch spec := r.Spec.(type) {
		case cloud.Group:
			_, pool, _ := marks[name].For.Split()
			live.Pools[pool] = slices.Sorted(slices.Values(slices.Concat(live.Pools[pool], r.Endpoints)))
		case cloud.Listener:
			if b, there := ours[spec.Balancer]; !there || !b.Ready() {
				continue
			}
			accepts[name] = true
			listener := providertest.LiveListener{Port: spec.Port}
			for _, c := range spec.Certificates {
				if chain, ok := ours[c].Spec.(cloud.Certificate); ok {
					listener.Chains = append(listener.Chains, chain.Chain)
				}
			}
			_, listenerName, _ := marks[name].For.Split()
			live.Listeners[listenerName] = listener
		}
	}
	for _, name := range slices.Sorted(maps.Keys(ours)) {
		spec, ok := ours[name].Spec.(cloud.Rule)
		if !ok || !accepts[spec.Listener] {
			continue
		}
		rule := live.Rules[marks[name].For]
		_, listener, _ := marks[spec.Listener].For.Split()
		rule.Listeners = slices.Sorted(slices.Values(append(rule.Listeners, listener)))
		rule.Text += spec.Condition
		rule.Pools = map[string]int32{}
		for _, target := range spec.Targets {
			if target.Status == unresolved && target.Weight > 0 {
				rule.Pools[""] += target.Weight
			}
			for _, g := range target.Groups {
				if _, pool, _ := marks[g].For.Split(); target.Weight > 0 {
					rule.Pools[pool] = target.Weight
				}
			}
		}
		live.Rules[marks[name].For] = rule
	}
	return live
}

func (w *world) Objects() []providertest.Object {
	var all []providertest.Object
	for region, settings := range map[string]providers.Settings{"north": north, "south": south} {
		at, err := w.Start().Locate(settings)
		if err != nil {
			panic(err)
		}
		for _, r := range w.cloud.All(region) {
			all = append(all, providertest.Object{
				Name: region + "/" + string(r.Kind) + "/" + r.Name, Marks: r.Labels, Location: at, Content: fmt.Sprint(r),
			})
		}
	}
	return all
}

func (w *world) Populate() {
	other := providers.Ref{Hub: "other", Namespace: "shop", Name: "web", UID: "uid-1"}
	for _, region := range []string{"north", "south"} {
		for _, r := range []cloud.Resource{
			{Kind: cloud.KindBalancer, Name: "theirs", Spec: cloud.Balancer{}},
			{Kind: cloud.KindListener, Name: "theirs", Spec: cloud.Listener{Balancer: "theirs", Port: 80}},
			{Kind: cloud.KindRule, Name: "theirs", Spec: cloud.Rule{Listener: "theirs"}},
			{Kind: cloud.KindGroup, Name: "theirs", Spec: cloud.Group{}, Endpoints: []string{"10.9.9.9:80"}},
			{Kind: cloud.KindCertificate, Name: "theirs", Spec: cloud.Certificate{}},
			{Kind: cloud.KindBalancer, Name: "other-hub", Spec: cloud.Balancer{}, Labels: owner.Marks(other), Note: note{Ref: other}.String()},
		} {
			w.cloud.Put(region, r)
		}
	}
}

func (w *world) Obstruct(ref providers.Ref) (string, bool) {
	// What the provider would make shows its names.
	elsewhere := newWorld()
	p := elsewhere.Start()
	made := p.Plan(ref, north, &ir.LoadBalancer{Listeners: []ir.Listener{{Name: "http", Port: 80, Protocol: ir.HTTP}}}, providers.Observation{})
	for _, s := range made.Steps {
		if name, ok := strings.CutPrefix(s.Resource, string(cloud.KindBalancer)+"/"); ok && s.Op == plan.Create {
			w.cloud.Put(region(ref.Location), cloud.Resource{Kind: cloud.KindBalancer, Name: name, Spec: cloud.Balancer{}})
			return region(ref.Location) + "/" + s.Resource, true
		}
	}
	return "", false
}

func (w *world) Remove(name string) bool {
	region, kind, called, ok := split(name)
	return ok && w.cloud.Lose(region, kind, called)
}

func (w *world) Alter(name string) bool {
	region, kind, called, ok := split(name)
	return ok && kind != cloud.KindCertificate && w.cloud.Alter(region, kind, called, func(r *cloud.Resource) {
		switch spec := r.Spec.(type) {
		case cloud.Balancer:
			spec.Tier = "by hand"
			r.Spec = spec
		case cloud.Listener:
			spec.Port++
			r.Spec = spec
		case cloud.Rule:
			spec.Targets = nil
			r.Spec = spec
		case cloud.Group:
			r.Endpoints = append(r.Endpoints, "192.0.2.9:80")
		}
	})
}

// split takes the name of an Object apart.
func split(name string) (region string, kind cloud.Kind, called string, ok bool) {
	region, rest, _ := strings.Cut(name, "/")
	sort, called, ok := strings.Cut(rest, "/")
	return region, cloud.Kind(sort), called, ok
}
