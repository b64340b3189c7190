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

// poolOf is the pool of a service of the kit; of none it is the empty name,
// which stands for a backend that could not be resolved.
func poolOf(service string) string {
	if service == "" {
		return ""
	}
	return ir.PoolName(ir.Service{Kind: "ServiceImport", Namespace: "shop", Name: service}, 80)
}

// wish is a load balancer in few words.
type wish struct {
	routes []route
	// extra wishes for one more listener.
	extra bool
	// certificate is which certificate HTTPS listeners present.
	certificate int
	// wide wishes for listeners of some hosts only, and a second certificate;
	// hosts for routes of several hosts.
	wide, hosts bool
}

type route struct {
	name string
	// created is its age; older routes have lower ones.
	created int64
	rules   []rule
}

type rule struct {
	path string
	// shares are weights by the service of the kit; "" is none that there is.
	shares []share
	// also is the path of a second match, which asks for all else that the
	// provider can match.
	also string
	// redirect is true for a rule that answers with a redirect.
	redirect bool
}

type share struct {
	service string
	weight  int32
}

// The stages of a load balancer's life in the kit.
var (
	small = wish{routes: []route{{"cart", 1, []rule{
		{path: "/a", shares: []share{{"cart", 1}}},
		{path: "/b", shares: []share{{"cart", 1}, {"pay", 1}}},
	}}}}
	// moved changes a match and nothing else.
	moved = wish{routes: []route{{"cart", 1, []rule{
		{path: "/a2", shares: []share{{"cart", 1}}},
		{path: "/b", shares: []share{{"cart", 1}, {"pay", 1}}},
	}}}}
	// large adds to that a pool, a route and a listener, moves weights and
	// rotates the certificate.
	large = wish{extra: true, certificate: 1, routes: []route{
		{"cart", 1, []rule{
			{path: "/a2", shares: []share{{"cart", 1}}},
			{path: "/b", shares: []share{{"cart", 1}, {"pay", 3}}},
		}},
		{"search", 2, []rule{{path: "/c", shares: []share{{"search", 1}}}}},
	}}
	// spread changes listeners and nothing else.
	spread = wish{extra: true, certificate: 1, wide: true, routes: large.routes}
	// wide has of everything that a wish can hold.
	wide = wish{extra: true, certificate: 1, wide: true, hosts: true, routes: []route{
		{"cart", 1, []rule{
			{path: "/a2", also: "/a3", shares: []share{{"cart", 3}, {"pay", 0}, {"", 1}}},
			{path: "/b", shares: []share{{"cart", 1}, {"mail", 1}}},
		}},
		{"gone", 3, []rule{{path: "/old", redirect: true}}},
		{"search", 2, []rule{{path: "/c", shares: []share{{"search", 1}}}}},
	}}
	// less takes most of it away again.
	less = wish{certificate: 1, routes: []route{{"search", 2, []rule{{path: "/c", shares: []share{{"search", 1}}}}}}}
)

// desired is a wish as core would put it to a provider with these
// capabilities.
func (w *world) desired(wish wish) *ir.LoadBalancer {
	caps := w.provider.Capabilities(w.samples.Settings)
	lb := &ir.LoadBalancer{Listeners: listeners(caps, wish.extra)}
	if wish.wide {
		lb.Listeners = widened(lb.Listeners)
	}
	for i, l := range lb.Listeners {
		if l.Protocol == ir.HTTPS {
			lb.Certificates = w.certificates(caps, wish)
			for _, c := range lb.Certificates {
				// In the Gateway's order, which is not that of names.
				lb.Listeners[i].Certificates = slices.Insert(lb.Listeners[i].Certificates, 0, c.Name)
			}
		}
	}
	hosts := []string{"shop.example.com"}
	if wish.hosts {
		hosts = []string{"*.wide.example.com", "cart.example.com", "shop.example.com"}
	}
	used := map[string]bool{}
	for _, r := range wish.routes {
		if made := w.route(caps, r, lb.Listeners, hosts, used); len(made.Rules) > 0 {
			lb.Routes = append(lb.Routes, made)
		}
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

// widened limits the extra listener to some hosts, and has another one take
// some of the hosts of the first HTTP listener's port.
func widened(all []ir.Listener) []ir.Listener {
	const hosts = "*.example.com"
	for i, l := range all {
		switch l.Name {
		case "extra":
			all[i].Hostname = hosts
		case "http":
			all = append(all, ir.Listener{Name: "shared", Port: l.Port, Protocol: l.Protocol, Hostname: hosts})
		}
	}
	return all
}

// certificates are those of a wish, sorted by name.
func (w *world) certificates(caps providers.Capabilities, wish wish) []ir.Certificate {
	wished := []string{"shop/tls"}
	if wish.wide {
		wished = []string{"shop/also", "shop/tls"}
	}
	var all []ir.Certificate
	for _, name := range wished {
		c, err := certificate(name, caps.KeyTypes, wish.certificate)
		w.need(err, "make a certificate of a key type that Capabilities name")
		all = append(all, c)
	}
	return all
}

func pool(name string) ir.BackendPool {
	i := slices.Index(poolNames, name)
	service := []string{"cart", "pay", "search", "mail"}[i]
	return ir.BackendPool{Name: name, Service: ir.Service{Kind: "ServiceImport", Namespace: "shop", Name: service}, Port: 80}
}

func (w *world) route(caps providers.Capabilities, r route, at []ir.Listener, hosts []string, used map[string]bool) *ir.Route {
	out := &ir.Route{Name: "HTTPRoute/shop/" + r.name, Created: r.created}
	for _, l := range at {
		out.Attachments = append(out.Attachments, ir.Attachment{Listener: l.Name, Hostnames: hosts})
	}
	for _, rule := range r.rules {
		made := ir.Rule{Matches: []ir.Match{{Path: w.path(caps, rule.path)}}}
		if rule.also != "" {
			made.Matches = append(made.Matches, w.demanding(caps, rule.also))
		}
		if rule.redirect {
			if !slices.Contains(caps.Filters, "RequestRedirect") || len(caps.RedirectStatus) == 0 {
				continue
			}
			made.Filters = []ir.Filter{{Redirect: &ir.Redirect{Hostname: "new.example.com", Status: caps.RedirectStatus[0]}}}
		}
		for _, s := range rule.shares {
			used[poolOf(s.service)] = true
			made.Backends = append(made.Backends, ir.Backend{Pool: poolOf(s.service), Weight: s.weight})
		}
		out.Rules = append(out.Rules, made)
	}
	return out
}

// demanding is a match that asks for one of everything that can be matched
// exactly.
func (w *world) demanding(caps providers.Capabilities, path string) ir.Match {
	m := ir.Match{Path: w.path(caps, path)}
	if caps.MethodMatches {
		m.Method = "GET"
	}
	if slices.Contains(caps.HeaderMatches, ir.Exact) {
		m.Headers = []ir.ValueMatch{{Name: "x-beta", Kind: ir.Exact, Value: "yes"}}
	}
	if slices.Contains(caps.QueryMatches, ir.Exact) {
		m.Query = []ir.ValueMatch{{Name: "beta", Kind: ir.Exact, Value: "yes"}}
	}
	return m
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
		young.rules = append(young.rules, rule{path: "/young/" + strconv.Itoa(i), shares: []share{{"search", 1}}})
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
	w.need(err, "locate settings that are good")
	return providers.Ref{Hub: Hub, Namespace: "shop", Name: name, UID: fmt.Sprintf("uid-%x", ir.Hash(name)[:8]), Location: at}
}
