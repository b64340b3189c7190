package local

import (
	"slices"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/stream"
	"fairway.dev/fairway/providers/plan"
)

// The payloads of steps.
type (
	// publish makes wish what the stream serves.
	publish struct{ wish *ir.LoadBalancer }
	// unpublish ends that, once everything else is gone.
	unpublish struct{}
	// write applies wish to the object that was seen, if one was.
	write struct {
		kind string
		wish *unstructured.Unstructured
		seen bool
		uid  types.UID
	}
	// remove deletes the object that has uid.
	remove struct {
		kind string
		uid  types.UID
	}
)

// Plan implements [providers.Provider].
func (p *Provider) Plan(ref providers.Ref, raw providers.Settings, desired *ir.LoadBalancer, observed providers.Observation) plan.Plan {
	s, ok := observed.State.(*state)
	if !ok {
		s = &state{}
	}
	if desired.Empty() {
		p.drawings.drop(ref)
		return removal(ref, s)
	}
	set, err := decode(raw)
	if err != nil {
		return plan.Plan{Verdicts: refuseAll(desired, err)}
	}
	wish, verdicts := admit(desired)
	verdicts = append(verdicts, s.refusals()...)
	drawing := p.drawings.draw(blueprint{ref: ref, options: p.options, settings: set, wish: wish}, raw, s.exists())

	var steps []plan.Step
	if step, needed := publication(ref, s, wish); needed {
		steps = append(steps, step)
	}
	for i, part := range parts {
		object := drawing.objects[i]
		if object == nil || s.leaving[part.kind] || s.late[part.kind] {
			continue
		}
		if s.displaced(object) {
			steps = append(steps, deletion(ref, s, part.kind, "its load-balancer class cannot be changed in place; it is made anew once it is gone"))
			continue
		}
		if drawing.shown(i, s.objects[part.kind]) {
			continue
		}
		if step, needed := writing(ref, s, part, object, observed.At); needed {
			step.DependsOn = present(steps, ref, append([]string{streamKind}, part.after...))
			steps = append(steps, step)
		} else if part.kind != "Secret" {
			// What is in the Secret grows old by itself.
			drawing.note(i, s.objects[part.kind])
		}
	}
	return plan.Plan{Steps: steps, Verdicts: verdicts}
}

// streamKind stands for the stream's configuration among the kinds of object.
const streamKind = "Stream"

// publication is the step that brings the stream up to date. It comes before
// all others: from then on the index knows that the load balancer exists,
// even while the cache does not show what was made.
func publication(ref providers.Ref, s *state, wish *ir.LoadBalancer) (plan.Step, bool) {
	step := plan.Step{ID: id(streamKind, ref), Resource: id(streamKind, ref), Payload: publish{wish: wish}}
	change := stream.Diff(s.published, wish)
	switch {
	case s.published == nil:
		step.Op, step.Why = plan.Create, "proxies are configured over the stream: "+change.String()
	case !change.Empty():
		step.Op, step.Why = plan.Update, "the configuration changed: "+change.String()
	default:
		return plan.Step{}, false
	}
	return step, true
}

// writing is the step that makes an object or brings it up to date.
func writing(ref providers.Ref, s *state, part part, wish *unstructured.Unstructured, now time.Time) (plan.Step, bool) {
	step := plan.Step{ID: id(part.kind, ref), Resource: id(part.kind, ref), Op: plan.Create, Why: part.why}
	w := write{kind: part.kind, wish: wish}
	if o, exists := s.objects[part.kind]; exists {
		w.seen, w.uid = true, o.GetUID()
		step.Op, step.Why = plan.Update, difference(wish, o)
		if step.Why == "" && part.kind == "Secret" {
			step.Why = staleness(o, s.fingerprint, now)
		}
	}
	step.Payload = w
	return step, step.Why != ""
}

// removal takes everything away that is not leaving already, and the stream's
// configuration last.
func removal(ref providers.Ref, s *state) plan.Plan {
	var steps []plan.Step
	for _, kind := range []string{"Service", "Deployment", "PodDisruptionBudget", "Secret", "ServiceAccount"} {
		if _, exists := s.objects[kind]; !exists || s.leaving[kind] {
			continue
		}
		step := deletion(ref, s, kind, "the Gateway does not wish for it any more")
		step.DependsOn = present(steps, ref, partOf(kind).goneAfter)
		steps = append(steps, step)
	}
	if s.published != nil && len(s.objects) == 0 {
		steps = append(steps, plan.Step{
			ID: id(streamKind, ref), Op: plan.Delete, Resource: id(streamKind, ref),
			Why: "the last proxy is gone", Payload: unpublish{},
		})
	}
	return plan.Plan{Steps: steps}
}

// deletion is the step that deletes an object that is there.
func deletion(ref providers.Ref, s *state, kind, why string) plan.Step {
	return plan.Step{
		ID: id(kind, ref), Op: plan.Delete, Resource: id(kind, ref), Why: why,
		Payload: remove{kind: kind, uid: s.objects[kind].GetUID()},
	}
}

func partOf(kind string) part {
	return parts[slices.IndexFunc(parts, func(p part) bool { return p.kind == kind })]
}

// present are the ids of those of the kinds that have a step.
func present(steps []plan.Step, ref providers.Ref, kinds []string) []string {
	var ids []string
	for _, kind := range kinds {
		if slices.ContainsFunc(steps, func(s plan.Step) bool { return s.ID == id(kind, ref) }) {
			ids = append(ids, id(kind, ref))
		}
	}
	return ids
}
