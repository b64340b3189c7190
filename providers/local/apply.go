package local

import (
	"cmp"
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/providers/plan"
)

// fieldOwner is who we are in server-side apply.
const fieldOwner = client.FieldOwner("fairway")

// writesAtOnce bounds the calls of one Apply.
const writesAtOnce = 4

// Apply implements [providers.Provider]. While the load balancer waits for
// something, such as an address, it is an Error of kind Pending; Wake tells
// when to look again.
func (p *Provider) Apply(ctx context.Context, ref providers.Ref, pl plan.Plan, source providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	outcomes, err := plan.Run(ctx, pl, writesAtOnce, func(ctx context.Context, step plan.Step) error {
		return p.carryOut(ctx, ref, step, source)
	})
	o, lookErr := p.Observe(ctx, ref)
	if err = cmp.Or(err, lookErr); err != nil {
		return o, outcomes, err
	}
	if o.Waiting != "" {
		return o, outcomes, &providers.Error{Kind: providers.Pending, Reason: o.WaitingReason, Message: o.Waiting}
	}
	return o, outcomes, nil
}

func (p *Provider) carryOut(ctx context.Context, ref providers.Ref, step plan.Step, source providers.EndpointSource) error {
	switch payload := step.Payload.(type) {
	case publish:
		p.index.Publish(ref, payload.wish, source)
		return nil
	case unpublish:
		return p.unpublish(ctx, ref)
	case write:
		return p.write(ctx, ref, payload)
	case remove:
		return p.remove(ctx, ref, payload)
	default:
		return fmt.Errorf("step %s: a plan read back from JSON can be shown, not applied", step.ID)
	}
}

// write applies an object by server-side apply. One that was not seen is
// looked for past the cache first, so that nothing foreign is taken over; one
// that was seen has to be the same still.
func (p *Provider) write(ctx context.Context, ref providers.Ref, w write) error {
	name := id(w.kind, ref)
	if !w.seen {
		there, err := p.live(ctx, ref, partOf(w.kind))
		if err != nil {
			return explain(err, "look for", name)
		}
		if there != nil && owner.Precedes(ref, there.Labels) {
			return preceded(name)
		}
		if there != nil && !owner.Owns(ref, there.Labels) {
			return taken(name)
		}
		if there != nil {
			// The cache is late; what it shows next wakes core.
			return nil
		}
	}
	wish := w.wish.DeepCopy()
	wish.SetUID(w.uid)
	if w.kind == "Secret" {
		if err := p.fill(ctx, ref, wish); err != nil {
			return explain(err, "make the certificate for", name)
		}
	}
	if err := p.options.Client.Apply(ctx, client.ApplyConfigurationFromUnstructured(wish), fieldOwner, client.ForceOwnership); err != nil {
		return explain(err, "write", name)
	}
	p.written.wrote(name, wish.GetResourceVersion(), !w.seen)
	return nil
}

// remove deletes the object that was seen, and no other of its name.
func (p *Provider) remove(ctx context.Context, ref providers.Ref, r remove) error {
	part := partOf(r.kind)
	o := part.empty()
	o.SetNamespace(ref.Namespace)
	o.SetName(objectName(ref))
	name := id(r.kind, ref)
	err := p.options.Client.Delete(ctx, o, client.PropagationPolicy(part.delete), preconditions(r.uid))
	if client.IgnoreNotFound(err) != nil {
		return explain(err, "delete", name)
	}
	p.written.deleted(name, r.uid)
	return nil
}

func preconditions(uid types.UID) client.Preconditions {
	if uid == "" {
		return client.Preconditions{}
	}
	return client.Preconditions{UID: &uid}
}

// unpublish forgets a load balancer after a look past the cache: it could be
// late in showing what was made just before.
func (p *Provider) unpublish(ctx context.Context, ref providers.Ref) error {
	for _, part := range parts {
		there, err := p.live(ctx, ref, part)
		if err != nil {
			return explain(err, "look for", id(part.kind, ref))
		}
		if there != nil && owner.Owns(ref, there.Labels) {
			return &providers.Error{Kind: providers.Pending, Reason: "Pending", Message: id(part.kind, ref) + " is still there"}
		}
	}
	p.index.Remove(ref)
	return nil
}

// live reads an object's metadata from the API; nil if there is none.
func (p *Provider) live(ctx context.Context, ref providers.Ref, part part) (*metav1.PartialObjectMetadata, error) {
	o := &metav1.PartialObjectMetadata{}
	gvk, err := p.options.Client.GroupVersionKindFor(part.empty())
	if err != nil {
		return nil, err
	}
	o.SetGroupVersionKind(gvk)
	err = p.options.Reader.Get(ctx, client.ObjectKey{Namespace: ref.Namespace, Name: objectName(ref)}, o)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	return o, err
}
