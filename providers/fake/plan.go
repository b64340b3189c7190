package fake

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// The payloads of steps.
type (
	// put makes a resource, or replaces the one of this revision.
	put struct {
		wanted
		exists bool
	}
	// fill gives a group the endpoints that its pool has where it is.
	fill struct {
		pool  string
		group group
	}
	// ready waits for the balancer's operation to end.
	ready struct{ name string }
	// drop deletes the resource of this revision.
	drop struct {
		kind     cloud.Kind
		name     string
		revision int
	}
)

// Plan implements [providers.Provider].
func (p *Provider) Plan(ref providers.Ref, settings providers.Settings, desired *ir.LoadBalancer, observed providers.Observation) plan.Plan {
	s, ok := observed.State.(*state)
	if !ok {
		s = &state{}
	}
	b := &builder{observed: observed, state: s}
	if desired.Empty() {
		b.remove(s.present)
		return plan.Plan{Steps: b.steps}
	}
	wishes, verdicts := draw(ref, settings, desired)
	for _, w := range wishes {
		b.make(w)
	}
	b.remove(slices.DeleteFunc(slices.Clone(s.present), func(r seen) bool {
		return slices.ContainsFunc(wishes, func(w wanted) bool { return w.Kind == r.Kind && w.Name == r.Name }) || !b.retired(r)
	}))
	b.makeRoom()
	return plan.Plan{Steps: b.steps, Verdicts: verdicts}
}

// builder writes steps down.
type builder struct {
	observed providers.Observation
	state    *state
	steps    []plan.Step
}

// make adds the steps that bring a resource about: none if it is as wished.
func (b *builder) make(w wanted) {
	have, exists := b.state.find(w.Kind, w.Name)
	step := plan.Step{ID: resource(w.Kind, w.Name), Resource: resource(w.Kind, w.Name), Serves: w.serves}
	step.Payload = put{wanted: w, exists: exists}
	switch {
	case !exists:
		step.Op, step.Why = plan.Create, fmt.Sprintf("the %s is wished and not there", w.Kind)
	case have.Leaving:
		// Nothing can be made of its name until it is gone.
	case w.Kind != cloud.KindCertificate && !same(w.Resource, have.Resource):
		w.Revision = have.Revision
		step.Payload = put{wanted: w, exists: exists}
		step.Op, step.Why = plan.Update, fmt.Sprintf("the %s is not as wished", w.Kind)
	}
	if step.Op != "" {
		step.DependsOn = b.needs(w)
		b.steps = append(b.steps, step)
	}
	switch w.Kind {
	case cloud.KindGroup:
		b.fill(w, have)
	case cloud.KindBalancer:
		if !exists || !have.Ready() {
			b.gate(w)
		}
	}
}

// fill adds the step that gives a group its endpoints before the first rule
// names it. From then on SyncEndpoints keeps it up to date.
func (b *builder) fill(w wanted, have seen) {
	if have.Name != "" && have.IdleSince.IsZero() {
		return
	}
	n, _ := readNote(w.Note)
	_, pool, _ := n.For.Split()
	b.steps = append(b.steps, plan.Step{
		ID: "endpoints/" + w.Name, Op: plan.Update, Resource: resource(w.Kind, w.Name), Serves: w.serves,
		Why:       "rules are about to send traffic to the group, and its endpoints must be there before",
		DependsOn: b.present(resource(w.Kind, w.Name)),
		Payload:   fill{pool: pool, group: b.group(pool, group{Name: w.Name, Locality: n.Locality})},
	})
}

// group is what the observation says that a group holds. It is looked for in
// Pools, not in State: Pools follow SyncEndpoints, State does not.
func (b *builder) group(pool string, g group) group {
	groups, _ := b.observed.Pool(pool).State.([]group)
	for _, have := range groups {
		if have.Name == g.Name {
			return have
		}
	}
	return g
}

// gate adds the step that waits for the balancer.
func (b *builder) gate(w wanted) {
	b.steps = append(b.steps, plan.Step{
		ID: "ready/" + w.Name, Op: plan.Wait, Gate: plan.OperationDone, Resource: resource(w.Kind, w.Name),
		Why:       "the cloud takes a while to provision or remove a balancer",
		DependsOn: b.present(resource(w.Kind, w.Name)), Payload: ready{name: w.Name},
	})
}

// needs are the steps that must be done before a resource can be made or
// changed: those of all that it names.
func (b *builder) needs(w wanted) []string {
	switch spec := w.Spec.(type) {
	case cloud.Listener:
		ids := []string{"ready/" + spec.Balancer}
		for _, c := range spec.Certificates {
			ids = append(ids, resource(cloud.KindCertificate, c))
		}
		return b.present(ids...)
	case cloud.Rule:
		ids := []string{resource(cloud.KindListener, spec.Listener)}
		for _, t := range spec.Targets {
			for _, g := range t.Groups {
				ids = append(ids, resource(cloud.KindGroup, g), "endpoints/"+g)
			}
		}
		return b.present(ids...)
	}
	return nil
}

// present are those of the ids that are steps of the plan.
func (b *builder) present(ids ...string) []string {
	return slices.DeleteFunc(ids, func(id string) bool {
		return !slices.ContainsFunc(b.steps, func(s plan.Step) bool { return s.ID == id })
	})
}

// same compares what is wished of a resource with what is there.
func same(a, b cloud.Resource) bool {
	return maps.Equal(a.Labels, b.Labels) && a.Note == b.Note && reflect.DeepEqual(a.Spec, b.Spec)
}
