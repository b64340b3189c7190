package local

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/authority"
	"fairway.dev/fairway/providers/local/stream"
	"fairway.dev/fairway/providers/owner"
)

// state is what Observe hands to Plan.
type state struct {
	// objects are ours, by kind. What has our name and is not ours counts as
	// absent: the write finds it in the way.
	objects map[string]client.Object
	// late are the kinds of which the cache does not show the last write yet,
	// leaving those of which the object is on its way out.
	late, leaving map[string]bool
	// published is what the stream serves; nil for nothing.
	published *ir.LoadBalancer
	streams   []stream.Stream
	// ready are the names of the pods that take traffic, nodes those of the
	// nodes that they run on.
	ready, nodes map[string]bool
	// reached are the ports of pods that the Service's EndpointSlices name.
	reached map[int32]bool
	// slices is true while the Service's EndpointSlices are left.
	slices bool
	// fingerprint is that of the certificate authority; empty if not known.
	fingerprint string
}

// Observe implements [providers.Provider]. It reads caches and the index.
func (p *Provider) Observe(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
	s := &state{
		objects: map[string]client.Object{}, late: map[string]bool{}, leaving: map[string]bool{}, ready: map[string]bool{}, nodes: map[string]bool{},
		reached:   map[int32]bool{},
		published: p.index.Published(ref), streams: p.index.Streams(ref), fingerprint: p.ca.Ring().Fingerprint(),
	}
	for _, part := range parts {
		if err := p.look(ctx, ref, part, s); err != nil {
			return providers.Observation{}, err
		}
	}
	if err := p.lookAtPods(ctx, ref, s); err != nil {
		return providers.Observation{}, err
	}
	now := p.options.Clock.Now()
	if secret, ok := s.objects["Secret"]; ok {
		p.wakeForRenewal(ref, secret, now)
	}
	o := providers.Observation{
		Exists: s.exists(),
		At:     now, State: s,
	}
	var err error
	if o.Addresses, err = p.addresses(ctx, s); err != nil {
		return providers.Observation{}, err
	}
	o.Listeners = s.listeners()
	reason, waiting := s.waiting(ref, o)
	o.WaitingReason, o.Waiting = string(reason), waiting
	return o, nil
}

// wakeForRenewal sees to it that core looks again when the proxies' certificate
// is to be replaced. What is due already is in the next plan.
func (p *Provider) wakeForRenewal(ref providers.Ref, secret client.Object, now time.Time) {
	if wait := authority.RenewAt(certificateEnd(secret)).Sub(now); wait > 0 {
		p.due.AddAfter(ref, wait)
	}
}

// look reads one object from the cache.
func (p *Provider) look(ctx context.Context, ref providers.Ref, part part, s *state) error {
	o := part.empty()
	err := p.options.Client.Get(ctx, client.ObjectKey{Namespace: ref.Namespace, Name: objectName(ref)}, o)
	switch {
	case apierrors.IsNotFound(err):
		if wait := p.written.absent(id(part.kind, ref)); wait > 0 {
			s.late[part.kind] = true
			p.due.AddAfter(ref, wait)
		}
	case err != nil:
		return fmt.Errorf("read %s: %w", id(part.kind, ref), err)
	case owner.Owns(ref, o.GetLabels()):
		s.objects[part.kind] = o
		s.late[part.kind], s.leaving[part.kind] = p.written.present(id(part.kind, ref), o)
	}
	return nil
}

// lookAtPods reads which proxies take traffic, as the Service sees it.
func (p *Provider) lookAtPods(ctx context.Context, ref providers.Ref, s *state) error {
	var list discoveryv1.EndpointSliceList
	err := p.options.Client.List(ctx, &list, client.InNamespace(ref.Namespace),
		client.MatchingLabels{discoveryv1.LabelServiceName: objectName(ref)}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return fmt.Errorf("read the endpoints of %s: %w", id("Service", ref), err)
	}
	for _, slice := range list.Items {
		if !owner.Owns(ref, slice.Labels) {
			continue
		}
		s.slices = true
		for _, p := range slice.Ports {
			if p.Port != nil {
				s.reached[*p.Port] = true
			}
		}
		for _, e := range slice.Endpoints {
			// No word on readiness counts as ready (see EndpointConditions).
			ready := e.Conditions.Ready == nil || *e.Conditions.Ready
			if ready && e.TargetRef != nil && e.TargetRef.Kind == "Pod" {
				s.ready[e.TargetRef.Name] = true
				if e.NodeName != nil {
					s.nodes[*e.NodeName] = true
				}
			}
		}
	}
	return nil
}

// exists reports whether anything of the load balancer is there.
func (s *state) exists() bool { return s.published != nil || len(s.objects) > 0 || s.slices }

// replicas is how many proxies there are to be, as the Deployment says; 0 if
// it does not.
func (s *state) replicas() int32 {
	if d, ok := s.objects["Deployment"].(*appsv1.Deployment); ok && d.Spec.Replicas != nil {
		return *d.Spec.Replicas
	}
	return 0
}
