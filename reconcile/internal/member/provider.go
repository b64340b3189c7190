// Package member connects the hub with its member clusters: each on its own,
// at run time, and so that one that fails never disturbs the others. It feeds
// the endpoints of exported services into the endpoint store and keeps
// MemberCluster status.
package member

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/multicluster-runtime/pkg/multicluster"
	mcreconcile "sigs.k8s.io/multicluster-runtime/pkg/reconcile"

	fairway "fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/export"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
	"fairway.dev/fairway/reconcile/internal/trigger"
)

// logger takes Fairway's own lines; that of a context is the library's.
var logger = log.Log.WithName("member")

// Options are what a Provider needs.
type Options struct {
	// Namespace is Fairway's own, where the kubeconfig Secrets are.
	Namespace string
	// HubID marks what this hub makes.
	HubID string
	// Store takes the members' endpoints.
	Store *endpoints.Store
	// Concurrency is how many services' endpoints are worked on at once;
	// zero means 4.
	Concurrency int
	// Registerer takes the metrics; nil means that there are none.
	Registerer prometheus.Registerer
}

// Provider is multicluster-runtime's source of member clusters. A member is
// to be had from it once everything that Fairway watches in it was read.
type Provider struct {
	options Options
	metrics *metrics
	writer  *statuswriter.Writer
	poke    func(...types.NamespacedName)
	// moved are services in members whose endpoints' nodes have changed.
	moved trigger.Source[mcreconcile.Request]
	// hub writes to the hub, live reads its Secrets.
	hub   client.Client
	live  client.Reader
	names func(context.Context) ([]string, error)

	// started is closed once ctx and aware are set.
	started chan struct{}
	ctx     context.Context
	aware   multicluster.Aware
	// loaded is closed once the hub's own memory was read; initial are the
	// members that existed then, and are waited for until giveUp.
	loaded  chan struct{}
	initial []string
	giveUp  time.Time
	// uids tell the clusters of members that have no session yet, as their
	// statuses last had them: a hub that starts need not find twins anew.
	uids map[string]string

	mu          sync.RWMutex
	sessions    map[string]*session
	connections map[string]*connection
	removed     map[string]bool
	running     sync.WaitGroup
}

var (
	_ multicluster.Provider         = (*Provider)(nil)
	_ multicluster.ProviderRunnable = (*Provider)(nil)
	_ export.Members                = (*Provider)(nil)
)

// NewProvider makes a Provider. It knows no member before Setup was called
// and the manager started.
func NewProvider(o Options) (*Provider, error) {
	if o.Namespace == "" || o.Store == nil {
		return nil, errors.New("member provider: Namespace and Store are required")
	}
	if o.Concurrency == 0 {
		o.Concurrency = 4
	}
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	return &Provider{
		options:     o,
		metrics:     m,
		started:     make(chan struct{}),
		loaded:      make(chan struct{}),
		sessions:    map[string]*session{},
		connections: map[string]*connection{},
		removed:     map[string]bool{},
	}, nil
}

// Start implements multicluster.ProviderRunnable. The manager calls it on the
// leader.
func (p *Provider) Start(ctx context.Context, aware multicluster.Aware) error {
	p.ctx, p.aware = ctx, aware
	close(p.started)
	<-ctx.Done()
	p.running.Wait()
	return nil
}

// Get implements multicluster.Provider.
func (p *Provider) Get(_ context.Context, name multicluster.ClusterName) (cluster.Cluster, error) {
	if c := p.connection(name.String()); c != nil {
		return c.cluster, nil
	}
	return nil, fmt.Errorf("member %q: %w", name, multicluster.ErrClusterNotFound)
}

// IndexField implements multicluster.Provider. Members have the indexes that
// this package makes, and no others.
func (p *Provider) IndexField(context.Context, client.Object, string, client.IndexerFunc) error {
	return errors.New("member clusters take no further field indexes")
}

// Synced reports whether the endpoints are as complete as they will get
// soon: the hub's own memory was read, and each member that existed then was
// read, or failed, or took too long. It is true at the latest syncTimeout
// after the memory was read.
func (p *Provider) Synced() bool {
	select {
	case <-p.loaded:
	default:
		return false
	}
	if time.Now().After(p.giveUp) {
		return true
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	for _, name := range p.initial {
		if p.removed[name] {
			continue
		}
		s := p.sessions[name]
		if s == nil {
			return false
		}
		if _, attempted := s.known(); !attempted {
			return false
		}
	}
	return true
}

// begin records that the hub's own memory was read, which members are to be
// waited for, and what the UIDs of their clusters were, where that is known.
func (p *Provider) begin(members []string, uids map[string]string) {
	p.initial, p.giveUp = members, time.Now().Add(syncTimeout)
	p.mu.Lock()
	p.uids = uids
	p.mu.Unlock()
	close(p.loaded)
}

func (p *Provider) connection(name string) *connection {
	p.mu.RLock()
	defer p.mu.RUnlock()
	return p.connections[name]
}

// aim starts a member's session, or tells the one that runs how to reach the
// member now.
func (p *Provider) aim(name string, t target) {
	p.options.Store.Admit(name)
	p.mu.Lock()
	s, runs := p.sessions[name]
	if !runs {
		s = newSession(name, p)
		s.state.uid = p.uids[name]
		delete(p.uids, name)
		s.aim(t)
		p.sessions[name] = s
		delete(p.removed, name)
		ctx, cancel := context.WithCancel(p.ctx)
		s.cancel = cancel
		p.running.Go(func() { s.run(ctx) })
	}
	p.mu.Unlock()
	if runs {
		s.aim(t)
	}
}

// engage puts a connection that has read everything into service. When that
// fails the member counts as not connected, and what is known of it stays:
// the engagement of the connection before may have ended by then, and there
// is none to go back to.
func (p *Provider) engage(ctx context.Context, name string, c *connection) error {
	p.mu.Lock()
	p.connections[name] = c
	p.mu.Unlock()
	context.AfterFunc(ctx, func() { p.drop(name, c) })
	err := p.aware.Engage(ctx, multicluster.ClusterName(name), c.cluster)
	if err == nil {
		err = c.nodes.follow(func(node string) { p.nodeMoved(c.ctx, name, c, node) })
	}
	if err == nil {
		// After Engage, so that no event falls between the two.
		err = p.readAll(ctx, name, c)
	}
	if err != nil {
		p.drop(name, c)
		return fmt.Errorf("engage member %q: %w", name, err)
	}
	return nil
}

// drop takes a connection that ended out of service.
func (p *Provider) drop(name string, c *connection) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.connections[name] == c {
		delete(p.connections, name)
	}
}

// remove ends a member that exists no more: its endpoints are known to be
// none, and a member that answers is given the time of one write to have what
// was said on its ServiceExports taken back.
func (p *Provider) remove(name string) {
	left, _ := p.known(name)
	p.mu.Lock()
	s, c := p.sessions[name], p.connections[name]
	delete(p.sessions, name)
	delete(p.connections, name)
	delete(p.uids, name)
	p.removed[name] = true
	p.mu.Unlock()
	for _, service := range p.options.Store.Remove(name) {
		p.poke(types.NamespacedName{Namespace: service.Namespace, Name: service.Name})
	}
	// What a twin goes on saying is no news that is to be taken back.
	if c != nil && meta.IsStatusConditionTrue(left.conditions, fairway.ConditionReachable) && len(p.twins(name, left.uid)) == 0 {
		ctx, cancel := context.WithTimeout(p.ctx, writeTimeout)
		c.reports.takeBack(ctx)
		cancel()
	}
	if s != nil {
		s.cancel()
		<-s.done
		s.log.Info("Member removed")
	}
	p.metrics.forget(name)
	p.tellTwins(name, left.uid)
}

// count is how many services a member exports, and how many pods stand behind
// them.
func (p *Provider) count(name string) (services, pods int) {
	for _, service := range p.options.Store.Exports(name) {
		services++
		e, _ := p.options.Store.Entry(service, name)
		most := 0
		for _, port := range e.Ports {
			most = max(most, len(port.Endpoints))
		}
		pods += most
	}
	return services, pods
}

// Loaded implements export.Members.
func (p *Provider) Loaded() <-chan struct{} { return p.loaded }

// Names implements export.Members.
func (p *Provider) Names(ctx context.Context) ([]string, error) { return p.names(ctx) }

// Reader implements export.Members.
func (p *Provider) Reader(name string) client.Reader {
	if c := p.connection(name); c != nil {
		return c.cluster.GetCache()
	}
	return nil
}

// Report implements export.Members.
func (p *Provider) Report(name string, of types.NamespacedName, conditions []metav1.Condition) {
	if c := p.connection(name); c != nil {
		c.reports.wish(of, conditions)
	}
}

// known gives what a member's session found out, once it found out anything.
func (p *Provider) known(name string) (state, bool) {
	p.mu.RLock()
	defer p.mu.RUnlock()
	s := p.sessions[name]
	if s == nil {
		return state{}, false
	}
	st, _ := s.known()
	return st, len(st.conditions) > 0
}
