package export

import (
	"context"
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// survey is what the members export as one service.
type survey struct {
	exports []Export
	// clusters are those that export it, sorted, with those that cannot be
	// read and exported it when they last could.
	clusters []string
	// refused are the conditions of exports that are not valid, by cluster.
	refused map[string][]metav1.Condition
}

func (c *Controller) survey(ctx context.Context, service types.NamespacedName, present *mcsv1beta1.ServiceImport) (survey, error) {
	found := survey{refused: map[string][]metav1.Condition{}}
	names, err := c.members.Names(ctx)
	if err != nil {
		return found, err
	}
	unread := false
	for _, name := range names {
		reader := c.members.Reader(name)
		if reader == nil {
			if present != nil && exportedBy(present, name) {
				unread = true
				found.clusters = append(found.clusters, name)
			}
			continue
		}
		e, refusal, err := read(ctx, reader, name, service)
		switch {
		case err != nil:
			return found, err
		case refusal != nil:
			found.refused[name] = refusal
		case e != nil:
			found.exports = append(found.exports, *e)
			found.clusters = append(found.clusters, name)
		}
	}
	if unread {
		found.exports = append(found.exports, held(present))
	}
	return found, nil
}

func exportedBy(si *mcsv1beta1.ServiceImport, cluster string) bool {
	return slices.ContainsFunc(si.Status.Clusters, func(c mcsv1beta1.ClusterStatus) bool { return c.Cluster == cluster })
}

// read gives a member's export of a service, or why it is not valid, or
// neither when there is none.
func read(ctx context.Context, reader client.Reader, cluster string, name types.NamespacedName) (*Export, []metav1.Condition, error) {
	export, service, err := Read(ctx, reader, name)
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("member %s: %w", cluster, err)
	case export == nil:
		return nil, nil, nil
	case service == nil:
		return nil, noService(), nil
	case service.Spec.Type == corev1.ServiceTypeExternalName:
		return nil, externalName(), nil
	}
	e := fromService(cluster, export, service)
	return &e, nil, nil
}

// Read gives a member's ServiceExport and its Service; each is nil when there
// is none, and neither is to be changed.
func Read(ctx context.Context, reader client.Reader, name types.NamespacedName) (*mcsv1beta1.ServiceExport, *corev1.Service, error) {
	var export mcsv1beta1.ServiceExport
	err := reader.Get(ctx, name, &export)
	if apierrors.IsNotFound(err) || err == nil && !export.DeletionTimestamp.IsZero() {
		return nil, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read ServiceExport %s: %w", name, err)
	}
	var service corev1.Service
	err = reader.Get(ctx, name, &service)
	if apierrors.IsNotFound(err) {
		return &export, nil, nil
	}
	if err != nil {
		return nil, nil, fmt.Errorf("read Service %s: %w", name, err)
	}
	return &export, &service, nil
}
