package local

import (
	"context"
	"fmt"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
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
	// objects are ours, by kind; foreign are the kinds of which an object
	// that is not ours has our name.
	objects map[string]client.Object
	foreign map[string]bool
	// late are the kinds of which the cache does not show the last write yet.
	late map[string]bool
	// published is what the stream serves; nil for nothing.
	published *ir.LoadBalancer
	streams   []stream.Stream
	// ready are the names of the pods that take traffic.
	ready map[string]bool
	// slices is true while the Service's EndpointSlices are left.
	slices bool
	// fingerprint is that of the certificate authority; empty if not known.
	fingerprint string
}

// Observe implements [providers.Provider]. It reads caches and the index.
func (p *Provider) Observe(ctx context.Context, ref providers.Ref) (providers.Observation, error) {
	s := &state{
		objects: map[string]client.Object{}, foreign: map[string]bool{}, late: map[string]bool{}, ready: map[string]bool{},
		published: p.index.Published(ref), streams: p.index.Streams(ref), fingerprint: p.ca.fingerprint(),
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
		Exists: s.published != nil || len(s.objects) > 0 || s.slices,
		At:     now, State: s,
	}
	o.Addresses = s.addresses()
	o.Listeners = s.listeners(p.settings.Replicas)
	o.Waiting = s.waiting(ref, p.settings.Replicas, o)
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
		p.written.forget(id(part.kind, ref))
	case err != nil:
		return fmt.Errorf("read %s: %w", id(part.kind, ref), err)
	case owner.Owns(ref, o.GetLabels()):
		s.objects[part.kind] = o
		s.late[part.kind] = p.written.late(id(part.kind, ref), o)
	default:
		s.foreign[part.kind] = true
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
		for _, e := range slice.Endpoints {
			// No word on readiness counts as ready (see EndpointConditions).
			ready := e.Conditions.Ready == nil || *e.Conditions.Ready
			if ready && e.TargetRef != nil && e.TargetRef.Kind == "Pod" {
				s.ready[e.TargetRef.Name] = true
			}
		}
	}
	return nil
}

// addresses are what the hub's load balancer gave to the Service.
func (s *state) addresses() []ir.Address {
	service, ok := s.objects["Service"].(*corev1.Service)
	if !ok {
		return nil
	}
	var all []ir.Address
	for _, i := range service.Status.LoadBalancer.Ingress {
		switch {
		case i.IP != "":
			all = append(all, ir.Address{Type: ir.IPAddress, Value: i.IP})
		case i.Hostname != "":
			all = append(all, ir.Address{Type: ir.Hostname, Value: i.Hostname})
		}
	}
	return all
}

// leaving are the kinds of which the object is on its way out.
func (s *state) leaving(kind string) bool {
	o, ok := s.objects[kind]
	return ok && o.GetDeletionTimestamp() != nil
}

// replicas is how many proxies there are to be, as the Deployment says.
func (s *state) replicas(wished int32) int32 {
	if d, ok := s.objects["Deployment"].(*appsv1.Deployment); ok && d.Spec.Replicas != nil {
		return *d.Spec.Replicas
	}
	return wished
}
