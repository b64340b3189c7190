package member

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	ctrlreconcile "sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	fairway "fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

const defaultKey = "kubeconfig"

// memberClusters is the MemberCluster reconciler: it aims the sessions.
type memberClusters struct {
	provider *Provider
	hub      client.Client
	// live reads Secrets past the cache, which has only their metadata.
	live client.Reader
}

func (p *Provider) setupMembers(mgr manager.Manager, private cache.Cache) error {
	r := &memberClusters{provider: p, hub: mgr.GetClient(), live: mgr.GetAPIReader()}
	c, err := controller.New("member-clusters", mgr, controller.Options{
		Reconciler:              r,
		MaxConcurrentReconciles: 4,
		RateLimiter:             workqueue.NewTypedItemExponentialFailureRateLimiter[ctrlreconcile.Request](100*time.Millisecond, time.Minute),
	})
	if err != nil {
		return fmt.Errorf("create the controller of MemberClusters: %w", err)
	}
	secrets := &metav1.PartialObjectMetadata{}
	secrets.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	for _, w := range []source.Source{
		source.Kind(mgr.GetCache(), &fairway.MemberCluster{}, &handler.TypedEnqueueRequestForObject[*fairway.MemberCluster]{},
			predicate.TypedGenerationChangedPredicate[*fairway.MemberCluster]{}),
		// A resync of the cache is no reason to read every member's Secret.
		source.Kind(private, secrets, handler.TypedEnqueueRequestsFromMapFunc(r.ofSecret),
			predicate.TypedResourceVersionChangedPredicate[*metav1.PartialObjectMetadata]{}),
	} {
		if err := c.Watch(w); err != nil {
			return fmt.Errorf("watch for MemberClusters: %w", err)
		}
	}
	return nil
}

func requestOf(name string) ctrlreconcile.Request {
	return ctrlreconcile.Request{NamespacedName: types.NamespacedName{Name: name}}
}

func localityOf(m *fairway.MemberCluster) endpoints.Locality {
	return endpoints.Locality{Region: m.Spec.Region, Network: m.Spec.Network}
}

func (r *memberClusters) ofSecret(ctx context.Context, secret *metav1.PartialObjectMetadata) []ctrlreconcile.Request {
	members, err := listMembers(ctx, r.hub)
	if err != nil {
		logger.Error(err, "Secret's MemberClusters not found", "secret", secret.Name)
		return nil
	}
	var all []ctrlreconcile.Request
	for i := range members {
		if members[i].Spec.KubeconfigSecretRef.Name == secret.Name {
			all = append(all, requestOf(members[i].Name))
		}
	}
	return all
}

// Reconcile aims one member's session as its MemberCluster and Secret say,
// and writes its status. It never waits for the member, but for a moment when
// it leaves.
func (r *memberClusters) Reconcile(ctx context.Context, req ctrlreconcile.Request) (ctrlreconcile.Result, error) {
	for _, ready := range []<-chan struct{}{r.provider.started, r.provider.loaded} {
		select {
		case <-ready:
		case <-ctx.Done():
			return ctrlreconcile.Result{}, ctx.Err()
		}
	}
	var m fairway.MemberCluster
	err := r.hub.Get(ctx, req.NamespacedName, &m)
	if apierrors.IsNotFound(err) || err == nil && !m.DeletionTimestamp.IsZero() {
		r.provider.remove(req.Name)
		return ctrlreconcile.Result{}, nil
	}
	if err != nil {
		return ctrlreconcile.Result{}, fmt.Errorf("read MemberCluster %s: %w", req.Name, err)
	}
	t, unread := r.target(ctx, &m)
	r.provider.aim(m.Name, t)
	r.provider.wishStatus(m.Name)
	return ctrlreconcile.Result{}, unread
}

// target reads how a member is to be reached. That the Secret or its key is
// missing is an answer, not an error. An error comes with a target that
// refuses, so that the member's status says it too.
func (r *memberClusters) target(ctx context.Context, m *fairway.MemberCluster) (target, error) {
	t := target{locality: localityOf(m)}
	ref := m.Spec.KubeconfigSecretRef
	if ref.Key == "" {
		ref.Key = defaultKey
	}
	var secret corev1.Secret
	err := r.live.Get(ctx, types.NamespacedName{Namespace: r.provider.options.Namespace, Name: ref.Name}, &secret)
	if err == nil {
		t.version = secret.ResourceVersion
	}
	switch {
	case apierrors.IsNotFound(err):
		t.refusal = fmt.Sprintf("spec.kubeconfigSecretRef.name: there is no Secret %q in namespace %q; make it with the member's kubeconfig (fairwayctl clusters join does that), or name another", ref.Name, r.provider.options.Namespace)
	case err != nil:
		t.refusal = fmt.Sprintf("spec.kubeconfigSecretRef.name: the Secret %q in namespace %q cannot be read, which is tried again: %s", ref.Name, r.provider.options.Namespace, err)
		return t, fmt.Errorf("read Secret %s of MemberCluster %s: %w", ref.Name, m.Name, err)
	case len(secret.Data[ref.Key]) == 0:
		t.refusal = fmt.Sprintf("spec.kubeconfigSecretRef.key: the Secret %q in namespace %q has no key %q; put the member's kubeconfig there, or name its key", ref.Name, r.provider.options.Namespace, ref.Key)
	default:
		t.kubeconfig = secret.Data[ref.Key]
		if secret.Labels[fairway.RenewTokenLabel] == "true" {
			t.renewal = renewal{secret: client.ObjectKeyFromObject(&secret), key: ref.Key}
		}
	}
	return t, nil
}

// wishStatus has what a member's session knows written.
func (p *Provider) wishStatus(name string) {
	known, ok := p.known(name)
	if !ok || p.writer == nil {
		return
	}
	twins := p.twins(name, known.uid)
	statuswriter.Wish(p.writer, &fairway.MemberCluster{ObjectMeta: metav1.ObjectMeta{Name: name}}, "member", func(m *fairway.MemberCluster) {
		if known.version != "" {
			m.Status.KubernetesVersion = known.version
		}
		if known.uid != "" {
			m.Status.ClusterUID = known.uid
		}
		if known.tried != "" {
			m.Status.KubeconfigVersion = known.tried
		}
		m.Status.Services, m.Status.Endpoints = int32(known.services), int32(known.endpoints)
		for _, c := range known.withSynced() {
			c.ObservedGeneration = m.Generation
			meta.SetStatusCondition(&m.Status.Conditions, c)
		}
		if len(twins) == 0 {
			meta.RemoveStatusCondition(&m.Status.Conditions, fairway.ConditionDuplicate)
			return
		}
		c := duplicate(twins)
		c.ObservedGeneration = m.Generation
		meta.SetStatusCondition(&m.Status.Conditions, c)
	})
}
