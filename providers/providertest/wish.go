package providertest

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// poolNames are the pools of the kit.
var poolNames = []string{poolOf("cart"), poolOf("pay"), poolOf("search"), poolOf("mail")}

func poolOf(service string) string {
	return ir.PoolName(ir.Service{Kind: "ServiceImport", Namespace: "shop", Name: service}, 80)
}

// wish is a load balancer in few words.
type wish struct {
	routes []route
	// extra wishes for one more listener.
	extra bool
	// certificate is which certificate HTTPS listeners present.
	certificate int
}

type route struct {
	name string
	// created is its age; older routes have lower ones.
	created int64
	rules   []rule
}

type rule struct {
	path string
	// shares are weights by the service of the kit.
	shares []share
}

type share struct {
	service string
	weight  int32
}

// The stages of a load balancer's life in the kit.
var (
	small = wish{routes: []route{{"cart", 1, []rule{
		{"/a", []share{{"cart", 1}}},
		{"/b", []share{{"cart", 1}, {"pay", 1}}},
	}}}}
	// moved changes a match and nothing else.
	moved = wish{routes: []route{{"cart", 1, []rule{
		{"/a2", []share{{"cart", 1}}},
		{"/b", []share{{"cart", 1}, {"pay", 1}}},
	}}}}
	// large adds to that a pool, a route and a listener, moves weights and
	// rotates the certificate.
	large = wish{extra: true, certificate: 1, routes: []route{
		{"cart", 1, []rule{
			{"/a2", []share{{"cart", 1}}},
			{"/b", []share{{"cart", 1}, {"pay", 3}}},
		}},
		{"search", 2, []rule{{"/c", []share{{"search", 1}}}}},
	}}
	// less takes most of it away again.
	less = wish{certificate: 1, routes: []route{{"search", 2, []rule{{"/c", []share{{"search", 1}}}}}}}
)

// desired is a wish as core would put it to a provider with these
// capabilities.
func (w *world) desired(wish wish) *ir.LoadBalancer {
	caps := w.provider.Capabilities(w.samples.Settings)
	lb := &ir.LoadBalancer{Listeners: listeners(caps, wish.extra)}
	for i, l := range lb.Listeners {
		if l.Protocol != ir.HTTPS {
			continue
		}
		c, err := certificate(caps.KeyTypes, wish.certificate)
		w.must(err, "make a certificate of a key type that Capabilities name")
		lb.Listeners[i].Certificates = []string{c.Name}
		lb.Certificates = []ir.Certificate{c}
	}
	used := map[string]bool{}
	for _, r := range wish.routes {
		lb.Routes = append(lb.Routes, w.route(caps, r, lb.Listeners, used))
	}
	for _, name := range poolNames {
		if used[name] {
			lb.Pools = append(lb.Pools, pool(name))
		}
	}
	slices.SortFunc(lb.Pools, func(a, b ir.BackendPool) int { return cmp.Compare(a.Name, b.Name) })
	slices.SortFunc(lb.Routes, func(a, b *ir.Route) int { return cmp.Compare(a.Name, b.Name) })
	return lb
}

func pool(name string) ir.BackendPool {
	i := slices.Index(poolNames, name)
	service := []string{"cart", "pay", "search", "mail"}[i]
	return ir.BackendPool{Name: name, Service: ir.Service{Kind: "ServiceImport", Namespace: "shop", Name: service}, Port: 80}
}

func (w *world) route(caps providers.Capabilities, r route, at []ir.Listener, used map[string]bool) *ir.Route {
	out := &ir.Route{Name: "HTTPRoute/shop/" + r.name, Created: r.created}
	for _, l := range at {
		out.Attachments = append(out.Attachments, ir.Attachment{Listener: l.Name, Hostnames: []string{"shop.example.com"}})
	}
	for _, rule := range r.rules {
		made := ir.Rule{Matches: []ir.Match{{Path: w.path(caps, rule.path)}}}
		for _, s := range rule.shares {
			used[poolOf(s.service)] = true
			made.Backends = append(made.Backends, ir.Backend{Pool: poolOf(s.service), Weight: s.weight})
		}
		out.Rules = append(out.Rules, made)
	}
	return out
}

// path is a match of a kind that the provider knows.
func (w *world) path(caps providers.Capabilities, value string) ir.PathMatch {
	for _, kind := range []ir.MatchKind{ir.Prefix, ir.Exact, ir.Regex} {
		if slices.Contains(caps.PathMatches, kind) {
			return ir.PathMatch{Kind: kind, Value: value}
		}
	}
	w.fatalf("Capabilities name no kind of path match: no route can be served")
	return ir.PathMatch{}
}

// listeners are one for each protocol, and one more if extra.
func listeners(caps providers.Capabilities, extra bool) []ir.Listener {
	var all []ir.Listener
	add := func(name string, protocol ir.Protocol, port uint16) {
		for slices.ContainsFunc(caps.ReservedPorts, func(r providers.PortRange) bool { return r.From <= port && port <= r.To }) {
			port++
		}
		all = append(all, ir.Listener{Name: name, Port: port, Protocol: protocol})
	}
	if extra && len(caps.Protocols) > 0 {
		add("extra", caps.Protocols[0], 8080)
	}
	if slices.Contains(caps.Protocols, ir.HTTP) {
		add("http", ir.HTTP, 80)
	}
	if slices.Contains(caps.Protocols, ir.HTTPS) && len(caps.KeyTypes) > 0 {
		add("https", ir.HTTPS, 443)
	}
	return all
}

// locate fills in where the endpoints of pools are, for providers that build
// by it.
func (w *world) localized(lb *ir.LoadBalancer) *ir.LoadBalancer {
	if lb.Empty() || !w.provider.Capabilities(w.samples.Settings).Localities {
		return lb
	}
	out := *lb
	out.Pools = slices.Clone(lb.Pools)
	for i, p := range out.Pools {
		out.Pools[i].Localities = w.source.localities(p.Name)
	}
	return &out
}

// many is a wish for more than anything can hold: n young rules beside the
// small wish, and one rule with more backends than most can split.
func many(n int) wish {
	out := wish{routes: slices.Clone(small.routes)}
	young := route{name: "young", created: 9}
	for i := range n {
		young.rules = append(young.rules, rule{"/young/" + strconv.Itoa(i), []share{{"search", 1}}})
	}
	out.routes = append(out.routes, young)
	all := route{name: "split", created: 8, rules: []rule{{path: "/split"}}}
	for i, s := range []string{"cart", "pay", "search", "mail"} {
		all.rules[0].shares = append(all.rules[0].shares, share{s, int32(i) + 1})
	}
	out.routes = append(out.routes, all)
	return out
}

// ref names a load balancer of the kit.
func (w *world) ref(name string, settings providers.Settings) providers.Ref {
	at, err := w.provider.Locate(settings)
	w.must(err, "Locate for settings that are good")
	return providers.Ref{Hub: Hub, Namespace: "shop", Name: name, UID: fmt.Sprintf("uid-%x", ir.Hash(name)[:8]), Location: at}
}
