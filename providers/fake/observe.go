package fake

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
)

// retireDelay is how long a group stays that no rule names any more: requests
// that are under way come to their end.
const retireDelay = time.Minute

// state is what Observe hands to Plan.
type state struct {
	// present are ours, sorted by kind and name.
	present []seen
}

// seen is one resource that is there, with its note.
type seen struct {
	cloud.Resource
	note note
}

// find gives a resource that is there.
func (s *state) find(kind cloud.Kind, name string) (seen, bool) {
	for _, r := range s.present {
		if r.Kind == kind && r.Name == name {
			return r, true
		}
	}
	return seen{}, false
}

// of are the resources of a kind.
func (s *state) of(kind cloud.Kind) []seen {
	var all []seen
	for _, r := range s.present {
		if r.Kind == kind {
			all = append(all, r)
		}
	}
	return all
}

// Observe implements [providers.Provider]. All that is ours is found by its
// owner marks with one call, half-built or not.
func (p *Provider) Observe(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
	found, now, err := p.client(ref.Location).list(ctx, owner.Marks(ref))
	if err != nil {
		return providers.Observation{}, err
	}
	s := &state{}
	for _, r := range found {
		if n, ours := readNote(r.Note); ours && owner.Owns(ref, r.Labels) {
			s.present = append(s.present, seen{r, n})
		}
	}
	o := providers.Observation{Exists: len(s.present) > 0, At: now, State: s}
	for _, b := range s.of(cloud.KindBalancer) {
		if !b.Ready() {
			o.InFlight = &providers.Operation{Name: resource(b.Kind, b.Name), Since: b.Since}
			continue
		}
		o.Addresses = append(o.Addresses, ir.Address{Type: ir.IPAddress, Value: b.Address})
	}
	for _, l := range s.of(cloud.KindListener) {
		_, name, _ := l.note.For.Split()
		state := providers.ListenerState{Name: name, Hash: l.note.Hash, Programmed: len(o.Addresses) > 0}
		if !state.Programmed {
			state.Message = "the load balancer is not ready yet"
		}
		o.Listeners = append(o.Listeners, state)
	}
	slices.SortFunc(o.Listeners, func(a, b providers.ListenerState) int { return strings.Compare(a.Name, b.Name) })
	for _, g := range s.of(cloud.KindGroup) {
		due := g.IdleSince.Add(retireDelay)
		if !g.IdleSince.IsZero() && due.After(now) && (o.RetireAt.IsZero() || due.Before(o.RetireAt)) {
			o.RetireAt = due
		}
	}
	o.Pools = pools(s)
	return o, nil
}

// pools says what the groups hold, by pool.
func pools(s *state) []providers.PoolObservation {
	byPool := map[string][]group{}
	for _, g := range s.of(cloud.KindGroup) {
		_, pool, _ := g.note.For.Split()
		byPool[pool] = append(byPool[pool], group{Name: g.Name, Locality: g.note.Locality, Endpoints: g.Endpoints})
	}
	var all []providers.PoolObservation
	for _, pool := range slices.Sorted(maps.Keys(byPool)) {
		all = append(all, observation(pool, byPool[pool]))
	}
	return all
}

// List implements [providers.Provider].
func (p *Provider) List(ctx context.Context, at providers.Location) ([]providers.Ref, error) {
	found, _, err := p.client(at).list(ctx, map[string]string{owner.ManagedByKey: owner.ManagedBy, owner.HubKey: p.hub})
	if err != nil {
		return nil, err
	}
	var refs []providers.Ref
	for _, r := range found {
		if n, ours := readNote(r.Note); ours && owner.Owns(n.Ref, r.Labels) && !slices.Contains(refs, n.Ref) {
			refs = append(refs, n.Ref)
		}
	}
	return refs, nil
}
