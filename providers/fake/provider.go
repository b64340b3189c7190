package fake

import (
	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
)

// Provider provisions load balancers in a cloud in memory.
type Provider struct {
	cloud *cloud.Cloud
	hub   string
	wake  chan providers.Ref
}

var (
	_ providers.Provider = (*Provider)(nil)
	_ providers.Waker    = (*Provider)(nil)
	_ providers.Budgeted = (*Provider)(nil)
)

// New makes the provider of a hub.
func New(c *cloud.Cloud, hub string) *Provider {
	p := &Provider{cloud: c, hub: hub, wake: make(chan providers.Ref, 64)}
	c.OnDone(p.done)
	return p
}

// Name implements [providers.Provider].
func (p *Provider) Name() string { return "fake" }

// Capabilities implements [providers.Provider]. What they name is exact here;
// what they do not name is refused by core.
func (p *Provider) Capabilities(providers.Settings) providers.Capabilities {
	return providers.Capabilities{
		Protocols:      []ir.Protocol{ir.HTTP, ir.HTTPS},
		PathMatches:    []ir.MatchKind{ir.Exact, ir.Prefix},
		HeaderMatches:  []ir.MatchKind{ir.Exact},
		MethodMatches:  true,
		Filters:        []string{"RequestRedirect"},
		RedirectStatus: []int{301, 302},
		KeyTypes:       []ir.KeyType{ir.RSA2048, ir.ECDSAP256},
		AddressTypes:   []ir.AddressType{ir.NamedAddress},
		Infrastructure: true,
		Localities:     true,
		ReservedPorts:  []providers.PortRange{{From: 65000, To: 65535}},
	}
}

// Wake implements [providers.Waker].
func (p *Provider) Wake() <-chan providers.Ref { return p.wake }

// done hears of an operation of the cloud that ended, and wakes core for ours.
// When core is far behind, its own next look has to do.
func (p *Provider) done(_ string, r cloud.Resource) {
	n, ours := readNote(r.Note)
	if !ours || n.Ref.Hub != p.hub {
		return
	}
	select {
	case p.wake <- n.Ref:
	default:
	}
}

// The classes of call that accounts have budgets for.
const (
	reads  = "read"
	writes = "write"
)

// Budget implements [providers.Budgeted]: the cloud counts by region.
func (p *Provider) Budget(at providers.Location) providers.Budget {
	return providers.Budget{Account: region(at), Rates: map[string]providers.Rate{
		reads:  {Burst: 40, PerSecond: 10},
		writes: {Burst: 20, PerSecond: 5},
	}}
}
