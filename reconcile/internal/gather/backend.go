package gather

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// readBackend reads a Service or a ServiceImport, nil if there is none.
func (g *Gatherer) readBackend(ctx context.Context, of ir.Service) (*snapshot.Backend, error) {
	if of.Kind == endpoints.KindServiceImport {
		return readAs(ctx, g.cache, of, &mcsv1beta1.ServiceImport{}, FromImport)
	}
	if g.Services == nil {
		return nil, nil
	}
	return readAs(ctx, g.Services, of, &corev1.Service{}, FromService)
}

func readAs[T client.Object](ctx context.Context, from client.Reader, of ir.Service, object T, read func(T) snapshot.Backend) (*snapshot.Backend, error) {
	key := Key{Namespace: of.Namespace, Name: of.Name}
	if err := from.Get(ctx, key, object); apierrors.IsNotFound(err) {
		return nil, nil
	} else if err != nil {
		return nil, fmt.Errorf("read %s %s: %w", of.Kind, key, err)
	}
	b := read(object)
	return &b, nil
}

// FromImport is all of a ServiceImport that a route's meaning depends on.
func FromImport(i *mcsv1beta1.ServiceImport) snapshot.Backend {
	var b snapshot.Backend
	for _, p := range i.Spec.Ports {
		b.Ports = addPort(b.Ports, p.Port, p.Protocol, p.AppProtocol)
	}
	return b
}

// FromService is all of a Service that a route's meaning depends on.
func FromService(s *corev1.Service) snapshot.Backend {
	b := snapshot.Backend{ExternalName: s.Spec.Type == corev1.ServiceTypeExternalName}
	for _, p := range s.Spec.Ports {
		b.Ports = addPort(b.Ports, p.Port, p.Protocol, p.AppProtocol)
	}
	return b
}

// addPort adds a TCP port to sorted ones.
func addPort(ports []snapshot.Port, number int32, protocol corev1.Protocol, application *string) []snapshot.Port {
	if protocol != "" && protocol != corev1.ProtocolTCP {
		return ports
	}
	at, found := slices.BinarySearchFunc(ports, uint16(number), func(p snapshot.Port, n uint16) int { return cmp.Compare(p.Number, n) })
	if found {
		return ports
	}
	return slices.Insert(ports, at, snapshot.Port{Number: uint16(number), Protocol: ptr.Deref(application, "")})
}
