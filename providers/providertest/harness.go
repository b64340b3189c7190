package providertest

import (
	"context"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
)

// Hub is the id of the hub that the kit's load balancers belong to. The
// provider that Start makes is this hub's.
const Hub = "kit"

// Harness is one world: the API that a provider builds in, a clock, and what
// clients of the load balancers meet. The kit asks for a new one often, so it
// is to be small; everything in it ends with the test.
//
// All methods may be called from any goroutine, and also from inside an
// [Around]: no lock may be held while that runs.
type Harness interface {
	// Start begins a process of the provider over the world, as a hub does
	// that was restarted: whatever the process before knew is lost. A process
	// that was superseded may still end what it has begun.
	Start() providers.Provider

	// Samples are what the kit cannot make up.
	Samples() Samples

	// Intercept puts around in place of what was put there before: from then
	// on every call that a process makes to the world's API goes through it.
	// What a process reads from memory or from a cache is no call. Nil takes it
	// away.
	Intercept(around Around)

	// Pass lets time go by, and with it whatever comes about by itself:
	// operations end, proxies answer, addresses are given out. It returns when
	// nothing more comes without more time or another call. A d of 0 only
	// waits for that.
	Pass(d time.Duration)

	// Live is what clients of ref's load balancer meet now.
	Live(ref providers.Ref) Live

	// Objects are all objects in the world, whoever made them.
	Objects() []Object

	// Populate puts objects into the world that are not this hub's, of each kind
	// that the provider makes, under names that it would not take: some that
	// somebody made by hand, and some with the marks of another hub, for the
	// Gateway "web" in namespace "shop".
	Populate()

	// Obstruct puts an object into the world that nobody marked, under a name
	// that the provider takes for ref, and gives its Name. It is false
	// where names cannot collide.
	Obstruct(ref providers.Ref) (name string, ok bool)

	// Remove deletes the object of this Name, as somebody could by hand. It is
	// false where the world does not allow that.
	Remove(name string) bool

	// Alter changes the object of this Name, as somebody could by hand: a port,
	// a condition, a line; never its marks. It is false where the world does not
	// allow that, and where nobody can see it (the value of a Secret, say).
	Alter(name string) bool
}

// Samples are what the kit cannot make up.
type Samples struct {
	// Settings are good ones; nil where the provider can do without.
	Settings providers.Settings
	// Elsewhere are good ones that Locate puts into another Location; nil for
	// a provider that has one place only.
	Elsewhere providers.Settings
	// Changed are good ones for the Location of Settings that make another load
	// balancer: a tier, a number of replicas; nil where there are none.
	Changed providers.Settings
	// Bad are settings that Locate must refuse: one for each thing that can be
	// wrong. None for a provider that takes no settings.
	Bad []providers.Settings
	// Endpoint, if set, completes an endpoint of a cluster as the world demands
	// it: a zone that there is, a node's provider id, an IPv4 address where the
	// kit made up an IPv6 one and there is none.
	Endpoint func(cluster string, e ir.Endpoint) ir.Endpoint
}

// Around is put around each call of the provider to its API. It calls do, or
// does not, and what it returns is what the provider gets for an answer; do
// takes the context that the call is made with.
type Around func(ctx context.Context, call Call, do func(context.Context) error) error

// Call is one call to the world's API.
type Call struct {
	// Name says what is called, for messages: "Insert group/web".
	Name string
	// Mutates is true for a call that may change the world.
	Mutates bool
}

// Live is what clients of one load balancer meet. What exists and takes no
// traffic is no part of it.
type Live struct {
	// Listeners are those that accept connections, by name.
	Listeners map[string]LiveListener
	// Rules are those that some listener serves that accepts connections.
	Rules map[plan.Subject]LiveRule
	// Pools are the endpoints that a pool's traffic would go to, by the pool's
	// name, each as "address:port", sorted. They count from the moment at which
	// the pool holds them, health checks or not, rules or not.
	Pools map[string][]string
}

// LiveListener is one listener that accepts connections.
type LiveListener struct {
	Port uint16
	// Chains are the certificate chains that it presents, as PEM and in order.
	// What surrounds the PEM blocks does not count.
	Chains []string
}

// LiveRule is one rule that is served.
type LiveRule struct {
	// Listeners are the names of those that serve it, sorted.
	Listeners []string
	// Pools are the weights of the pools that it sends traffic to, above 0;
	// only their proportion counts, to a hundredth. "" is the share that is
	// answered with 500.
	Pools map[string]int32
	// Text is the rest of the rule as the world has it on all listeners, in any
	// form: hosts, matches, filters. The kit compares it with itself only.
	Text string
}

// Object is an object in the world.
type Object struct {
	// Name tells it from all others, with its kind: "group/web-1".
	Name string
	// Marks are the owner marks that it carries, as owner.Marks made them. A
	// part that cannot carry marks has those of what it is a part of.
	Marks map[string]string
	// Location is where it is; empty in a world that has one place only.
	Location providers.Location
	// Content is anything that changes when someone writes to the object.
	Content string
}
