package export

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
	mcreconcile "sigs.k8s.io/multicluster-runtime/pkg/reconcile"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/endpoints/hubspace"
)

func (c *Controller) present(ctx context.Context, name types.NamespacedName) (*mcsv1beta1.ServiceImport, error) {
	var si mcsv1beta1.ServiceImport
	err := c.hub.Get(ctx, name, &si)
	if apierrors.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read ServiceImport %s: %w", name, err)
	}
	return &si, nil
}

// isRace tells an answer that only says that the cache was behind.
func isRace(err error) bool {
	return apierrors.IsConflict(err) || apierrors.IsAlreadyExists(err)
}

// ofNamespace looks again at every service of a namespace that was made or
// deleted on the hub.
func (c *Controller) ofNamespace(_ context.Context, n *corev1.Namespace) []mcreconcile.Request {
	var all []mcreconcile.Request
	c.store.InNamespace(n.Name, func(service ir.Service, _ string) {
		all = append(all, request(service.Namespace, service.Name))
	})
	return all
}

// apply writes the ServiceImport that the survey asks for, or deletes it, and
// gives the conditions that every valid export gets.
func (c *Controller) apply(ctx context.Context, name types.NamespacedName, found survey, present *mcsv1beta1.ServiceImport) ([]metav1.Condition, error) {
	key := endpoints.Service(name.Namespace, name.Name)
	if len(found.exports) == 0 {
		c.store.Import(key, nil)
		if present == nil || !present.DeletionTimestamp.IsZero() {
			return nil, nil
		}
		if err := c.hub.Delete(ctx, present, client.Preconditions{UID: &present.UID}); client.IgnoreNotFound(err) != nil {
			return nil, fmt.Errorf("delete ServiceImport %s: %w", name, err)
		}
		return nil, nil
	}
	takes, err := hubspace.Takes(ctx, c.hub, name.Namespace)
	if err != nil {
		return nil, err
	}
	if !takes {
		return noNamespace(name.Namespace), nil
	}
	spec, conflicts := Merge(found.exports)
	if err := c.write(ctx, name, spec, found.clusters, present); err != nil {
		return nil, fmt.Errorf("write ServiceImport %s: %w", name, err)
	}
	// What was written, and not what the cache shows, which may be behind.
	c.store.Import(key, spec.Ports)
	return exported(conflicts), nil
}

// write creates or updates the ServiceImport, spec and status each only when
// it differs. Fields that Fairway does not fill stay as they are.
func (c *Controller) write(ctx context.Context, name types.NamespacedName, spec mcsv1beta1.ServiceImportSpec, clusters []string, present *mcsv1beta1.ServiceImport) error {
	si := present
	if si == nil {
		si = &mcsv1beta1.ServiceImport{
			ObjectMeta: metav1.ObjectMeta{
				Namespace: name.Namespace, Name: name.Name,
				Labels: map[string]string{owner.ManagedByKey: owner.ManagedBy, owner.HubKey: c.hubID},
			},
			Spec: spec,
		}
		if err := c.hub.Create(ctx, si); err != nil {
			return err
		}
	} else if old := si.DeepCopy(); !equality.Semantic.DeepEqual(old.Spec, take(&si.Spec, spec)) {
		// The cache holds not all of the object, so that it cannot be written whole.
		if err := c.hub.Patch(ctx, si, client.MergeFromWithOptions(old, client.MergeFromWithOptimisticLock{})); err != nil {
			return err
		}
	}
	status := make([]mcsv1beta1.ClusterStatus, 0, len(clusters))
	for _, cluster := range clusters {
		status = append(status, mcsv1beta1.ClusterStatus{Cluster: cluster})
	}
	if equality.Semantic.DeepEqual(si.Status.Clusters, status) {
		return nil
	}
	si.Status.Clusters = status
	return c.hub.Status().Update(ctx, si)
}

// take copies into spec the fields that Fairway fills.
func take(spec *mcsv1beta1.ServiceImportSpec, wished mcsv1beta1.ServiceImportSpec) mcsv1beta1.ServiceImportSpec {
	spec.Ports = wished.Ports
	spec.Type = wished.Type
	spec.SessionAffinity = wished.SessionAffinity
	spec.SessionAffinityConfig = wished.SessionAffinityConfig
	return *spec
}
