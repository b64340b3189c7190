package fake

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/providers/plan"
)

// callsAtOnce bounds how many steps of one Apply run at a time.
const callsAtOnce = 4

// Apply implements [providers.Provider].
func (p *Provider) Apply(ctx context.Context, ref providers.Ref, pl plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	c := p.client(ref.Location)
	outcomes, err := plan.Run(ctx, pl, callsAtOnce, func(ctx context.Context, step plan.Step) error {
		return blame(step, c.carryOut(ctx, ref, step, source))
	})
	o, lookErr := p.Observe(ctx, ref)
	if err == nil {
		err = lookErr
	}
	return o, outcomes, err
}

func (c client) carryOut(ctx context.Context, ref providers.Ref, step plan.Step, source providers.EndpointSource) error {
	switch payload := step.Payload.(type) {
	case put:
		return c.put(ctx, ref, payload)
	case fill:
		return c.fill(ctx, payload, source)
	case ready:
		return c.ready(ctx, payload.name)
	case drop:
		return c.drop(ctx, payload)
	default:
		return fmt.Errorf("step %s: a plan read back from JSON can be shown, not applied", step.ID)
	}
}

// blame says whom an error strikes, where the step is for one wished object
// only.
func blame(step plan.Step, err error) error {
	var e *providers.Error
	if errors.As(err, &e) && e.Subject == "" && len(step.Serves) == 1 {
		e.Subject = step.Serves[0]
	}
	return err
}

// put makes or replaces a resource. The revision that was observed goes along,
// so that nothing is written over that was changed meanwhile.
func (c client) put(ctx context.Context, ref providers.Ref, p put) error {
	r := p.Resource
	if spec, ok := r.Spec.(cloud.Certificate); ok {
		spec.Key = string(p.key.Reveal())
		r.Spec = spec
	}
	if p.exists {
		return c.update(ctx, r)
	}
	err := c.insert(ctx, r)
	if !is(err, cloud.Exists) {
		return err
	}
	// It was not among ours when we looked. Either a reply was lost and it is
	// ours by now, or it never was.
	there, getErr := c.get(ctx, r.Kind, r.Name)
	switch {
	case getErr != nil:
		return getErr
	case owner.Precedes(ref, there.Labels):
		return preceded(resource(r.Kind, r.Name))
	case !owner.Owns(ref, there.Labels):
		return taken(resource(r.Kind, r.Name))
	}
	return err
}

// fill asks for the endpoints now: those of the time of the plan may be gone.
func (c client) fill(ctx context.Context, f fill, source providers.EndpointSource) error {
	clusters := source.Endpoints(f.pool)
	i := slices.IndexFunc(clusters, func(e ir.ClusterEndpoints) bool { return e.Cluster == f.group.Locality.Cluster })
	if i < 0 || !clusters[i].Known {
		return nil
	}
	return c.bring(ctx, f.group, byLocality(clusters[i])[f.group.Locality])
}

// ready is the gate before everything that needs the balancer. It does not
// wait: Wake tells when the cloud is done.
func (c client) ready(ctx context.Context, name string) error {
	b, err := c.get(ctx, cloud.KindBalancer, name)
	if err != nil {
		return err
	}
	if !b.Ready() {
		return &providers.Error{
			Kind: providers.Pending, Reason: "OperationInProgress",
			Message: resource(b.Kind, b.Name) + " is being provisioned or removed",
		}
	}
	return nil
}

func (c client) drop(ctx context.Context, d drop) error {
	err := c.delete(ctx, d.kind, d.name, d.revision)
	if is(err, cloud.NotFound) {
		return nil
	}
	return err
}
