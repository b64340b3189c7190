package providers

import (
	"context"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// Provider provisions load balancers of one kind. Its methods are called from
// several goroutines, but never two of Observe, Apply and SyncEndpoints at
// once for the same Ref. What has no ctx is pure: no network, no clock.
type Provider interface {
	// Name is the provider's place in a controller name: "local" for
	// fairway.dev/local. Lower case, digits and dashes.
	Name() string

	// SettingsKind says which objects hold the provider's Settings.
	SettingsKind() SettingsKind

	// Capabilities says what the provider can express with Settings that
	// Locate took. Pure.
	Capabilities(Settings) Capabilities

	// Locate says where a load balancer with these Settings is to be built.
	// It is pure, and judges all of Settings: an Error of kind Invalid names
	// the field at fault and the remedy, and goes onto the GatewayClass or the
	// Gateway that brought it in.
	Locate(Settings) (Location, error)

	// Observe says what exists for ref. It changes nothing. Something that
	// does not exist is an Observation with Exists false, not an error. What
	// is half built is found by its owner marks. There are no Settings: what
	// it needs of them is in ref.Location, or was noted in the world.
	Observe(ctx context.Context, ref Ref) (Observation, error)

	// Plan says which steps lead from what was observed to what is desired,
	// and how each wished object will be served. It is pure: the same
	// arguments give the same Plan, and no step means that nothing is left
	// to do. A desired that is Empty means: remove everything of ref, for
	// which no Settings are given.
	Plan(ref Ref, settings Settings, desired *ir.LoadBalancer, observed Observation) plan.Plan

	// Apply carries a Plan out and says what exists afterwards, and how each
	// step ended. It may be cut off anywhere; core then observes and plans
	// anew, and never applies a Plan twice. It does not wait for what takes
	// long: at a gate that is not met it answers an Error of kind Pending.
	// Pools that are filled by a step take their endpoints from source, never
	// from the plan.
	Apply(ctx context.Context, ref Ref, p plan.Plan, source EndpointSource) (Observation, []plan.Outcome, error)

	// SyncEndpoints brings one pool's endpoints up to date in the clusters
	// that changed, and says what the pool holds then. It is called for each
	// pool that is wished, with its name alone where Observe told nothing of
	// it. A cluster that is not
	// in changed is left alone, and so is one that is not Known. It reads
	// nothing, and writes nothing when nothing differs. An Error of kind Stale
	// asks core to observe, plan and apply first; what could be written is
	// written all the same. After any error the observation that it answers
	// with is what the pool holds, as far as that is known.
	SyncEndpoints(ctx context.Context, ref Ref, pool PoolObservation, changed []ir.ClusterEndpoints) (PoolObservation, error)

	// List names everything at a Location that this hub owns. Every few minutes
	// core removes what is listed and has no Gateway any more: what is not
	// listed is leaked, and what is listed in error is taken down.
	List(ctx context.Context, at Location) ([]Ref, error)
}

// EndpointSource gives the endpoints of a pool, by its name, in every cluster
// that offers it, sorted by cluster.
type EndpointSource interface {
	Endpoints(pool string) []ir.ClusterEndpoints
}

// Waker is the optional power to tell core that something changed which core
// should observe now, such as a proxy that acknowledged its configuration.
type Waker interface {
	// Wake delivers the load balancers to look at again.
	Wake() <-chan Ref
}
