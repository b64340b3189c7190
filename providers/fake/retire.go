package fake

import (
	"fmt"
	"slices"

	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/plan"
)

// removalOrder is that in which the cloud lets go of resources: each kind
// before those that it names.
var removalOrder = []cloud.Kind{cloud.KindRule, cloud.KindListener, cloud.KindBalancer, cloud.KindGroup, cloud.KindCertificate}

// remove adds the steps that delete resources.
func (b *builder) remove(all []seen) {
	for _, kind := range removalOrder {
		for _, r := range all {
			if r.Kind != kind || r.Leaving {
				continue
			}
			b.steps = append(b.steps, plan.Step{
				ID: resource(r.Kind, r.Name), Op: plan.Delete, Resource: resource(r.Kind, r.Name),
				Why:       fmt.Sprintf("the %s is not wished any more", r.Kind),
				DependsOn: b.lettingGo(r), Payload: drop{kind: r.Kind, name: r.Name, revision: r.Revision},
			})
		}
	}
}

// lettingGo are the steps after which nothing names r any more: all those that
// change or delete a resource that names it now.
func (b *builder) lettingGo(r seen) []string {
	var ids []string
	for _, other := range b.state.present {
		if other.names(r.Kind, r.Name) {
			ids = append(ids, resource(other.Kind, other.Name))
		}
	}
	return b.present(ids...)
}

// names reports whether a resource that is there names another.
func (r seen) names(kind cloud.Kind, name string) bool {
	switch spec := r.Spec.(type) {
	case cloud.Listener:
		return kind == cloud.KindBalancer && spec.Balancer == name || kind == cloud.KindCertificate && slices.Contains(spec.Certificates, name)
	case cloud.Rule:
		return kind == cloud.KindListener && spec.Listener == name ||
			kind == cloud.KindGroup && slices.ContainsFunc(spec.Targets, func(t cloud.Target) bool { return slices.Contains(t.Groups, name) })
	}
	return false
}

// retired reports whether r may be deleted while clients are being served: a
// group only some time after the last rule that named it.
func (b *builder) retired(r seen) bool {
	return r.Kind != cloud.KindGroup || !r.IdleSince.IsZero() && !b.observed.At.Before(r.IdleSince.Add(retireDelay))
}

// makeRoom lets rules go before others come, on listeners that have no room
// for both. It is the one place where break comes before make.
func (b *builder) makeRoom() {
	for _, l := range b.state.of(cloud.KindListener) {
		var going []string
		room := rulesPerListener
		for _, r := range b.state.of(cloud.KindRule) {
			if !r.names(cloud.KindListener, l.Name) {
				continue
			}
			room--
			if id := resource(r.Kind, r.Name); b.op(id) == plan.Delete {
				going = append(going, id)
			}
		}
		for i, s := range b.steps {
			if p, ok := s.Payload.(put); ok && !p.exists && p.onListener(l.Name) {
				if room--; room < 0 {
					b.steps[i].DependsOn = append(b.steps[i].DependsOn, going...)
				}
			}
		}
	}
	b.sort()
}

func (p put) onListener(name string) bool {
	spec, ok := p.Spec.(cloud.Rule)
	return ok && spec.Listener == name
}

// op is what the step of this id does.
func (b *builder) op(id string) plan.Op {
	for _, s := range b.steps {
		if s.ID == id {
			return s.Op
		}
	}
	return ""
}

// sort puts each step behind those that it depends on, and leaves the rest as
// it is.
func (b *builder) sort() {
	var sorted []plan.Step
	var place func(s plan.Step)
	placed := map[string]bool{}
	place = func(s plan.Step) {
		if placed[s.ID] {
			return
		}
		placed[s.ID] = true
		for _, d := range s.DependsOn {
			place(b.steps[slices.IndexFunc(b.steps, func(s plan.Step) bool { return s.ID == d })])
		}
		sorted = append(sorted, s)
	}
	for _, s := range b.steps {
		place(s)
	}
	b.steps = sorted
}
