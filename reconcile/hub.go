// Package reconcile is the hub: it watches Gateways, routes and members, and
// keeps load balancers and statuses as they should be. This is its importable
// face; how it works is under internal.
package reconcile

import (
	"context"
	"fmt"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	"sigs.k8s.io/controller-runtime/pkg/metrics/server"
	mcmanager "sigs.k8s.io/multicluster-runtime/pkg/manager"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/gatewayclass"
	"fairway.dev/fairway/reconcile/internal/instrument"
	"fairway.dev/fairway/reconcile/internal/lead"
	"fairway.dev/fairway/reconcile/internal/member"
	"fairway.dev/fairway/reconcile/internal/slim"
)

// Options are how a hub runs.
type Options struct {
	// Config reaches the hub cluster's API server.
	Config *rest.Config
	// Namespace is Fairway's own: its lease and the members' kubeconfigs.
	Namespace string
	// ID names the hub among all that share an account; empty takes the UID
	// of the namespace kube-system.
	ID string
	// MetricsAddress and HealthAddress are host:port; "0" turns one off.
	MetricsAddress, HealthAddress string
	// AdminAddress is where the leader answers fairwayctl, and AdminAccount the
	// ServiceAccount in Namespace whose tokens those who ask have to show.
	// Without an address it does not.
	AdminAddress, AdminAccount string
	// Caches narrow what the cache holds of a kind.
	Caches map[client.Object]cache.ByObject
	Log    logr.Logger
}

// Hub is a hub that is being put together: take its client and cache to make
// the providers, then Run it with them.
type Hub struct {
	id        string
	options   Options
	lock      *lead.Lock
	manager   mcmanager.Manager
	members   *member.Provider
	endpoints *endpoints.Store
	log       logr.Logger
}

// New connects to the hub cluster. It starts nothing.
func New(ctx context.Context, o Options) (*Hub, error) {
	config := rest.CopyConfig(o.Config)
	// The API server shares itself out fairly; a limit of ours would have one
	// namespace's thousand routes hold up everybody else's Gateway.
	config.QPS = -1
	config.Wrap(instrument.Requests(metrics.Registry))
	h := &Hub{id: o.ID, options: o, log: o.Log, endpoints: endpoints.NewStore()}
	if h.id == "" {
		id, err := clusterID(ctx, config)
		if err != nil {
			return nil, err
		}
		h.id = id
	}
	var err error
	h.members, err = member.NewProvider(member.Options{Namespace: o.Namespace, HubID: h.id, Store: h.endpoints, Registerer: metrics.Registry})
	if err != nil {
		return nil, fmt.Errorf("members: %w", err)
	}
	if h.lock, err = lead.NewLock(config, o.Namespace, "fairway-hub"); err != nil {
		return nil, err
	}
	h.manager, err = mcmanager.New(config, h.members, managerOptions(o, h.lock))
	if err != nil {
		return nil, fmt.Errorf("manager: %w", err)
	}
	for name, add := range map[string]func(string, healthz.Checker) error{"healthz": h.manager.AddHealthzCheck, "readyz": h.manager.AddReadyzCheck} {
		if err := add("ping", healthz.Ping); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return h, nil
}

func managerOptions(o Options, lock *lead.Lock) manager.Options {
	term, renew, retry := lead.Term, lead.RenewDeadline, lead.Retry
	by := map[client.Object]cache.ByObject{
		gatewayclass.CRD(): {Field: fields.OneTermEqualSelector("metadata.name", gatewayclass.CRDName)},
		&corev1.Secret{}:   {Transform: slim.Secret},
	}
	for object, narrowed := range o.Caches {
		by[object] = narrowed
	}
	return manager.Options{
		Scheme: scheme(),
		// What the library says of its own workings is for debugging.
		Logger:                 o.Log.V(1),
		Metrics:                server.Options{BindAddress: o.MetricsAddress},
		HealthProbeBindAddress: o.HealthAddress,
		Cache:                  cache.Options{DefaultTransform: slim.Object, ByObject: by},
		NewClient:              newClient,
		LeaderElection:         true, LeaderElectionResourceLockInterface: lock,
		// A leader that ends well hands over at once.
		LeaderElectionReleaseOnCancel: true,
		LeaseDuration:                 &term, RenewDeadline: &renew, RetryPeriod: &retry,
	}
}

func clusterID(ctx context.Context, config *rest.Config) (string, error) {
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		return "", fmt.Errorf("hub client: %w", err)
	}
	ns, err := c.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("read namespace kube-system, whose UID is the hub's id: %w", err)
	}
	return string(ns.UID), nil
}

// ID is the hub's id.
func (h *Hub) ID() string { return h.id }

// Client reads from the cache and writes to the hub cluster. Of Secrets it reads
// metadata only: their values belong into no cache, and come from Reader, by
// name.
func (h *Hub) Client() client.Client { return h.manager.GetLocalManager().GetClient() }

// Reader reads from the hub cluster's API server itself.
func (h *Hub) Reader() client.Reader { return h.manager.GetLocalManager().GetAPIReader() }

// Cache is the cache that Client reads from.
func (h *Hub) Cache() cache.Cache { return h.manager.GetLocalManager().GetCache() }

// OnLeader runs f while this replica is the leader. It is called before Run.
func (h *Hub) OnLeader(f func(context.Context) error) error {
	return h.manager.GetLocalManager().Add(manager.RunnableFunc(f))
}

// Run serves with these providers until ctx is done.
func (h *Hub) Run(ctx context.Context, all ...providers.Provider) error {
	byName := map[string]providers.Provider{}
	for _, p := range all {
		byName[p.Name()] = instrument.Provider(lead.Fence(p, h.lock), metrics.Registry)
	}
	if err := h.OnLeader(func(ctx context.Context) error { return h.begin(ctx, byName) }); err != nil {
		return err
	}
	if err := h.manager.Start(ctx); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}
