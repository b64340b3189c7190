package gatewayclass

import (
	"slices"
	"strings"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/gateway-api/pkg/features"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// claims say what a feature of the Gateway API needs of a provider. A feature
// that core itself does not know is not here, whatever the provider can do.
var claims = map[features.FeatureName]func(providers.Capabilities) bool{
	features.SupportGateway:        serves,
	features.SupportReferenceGrant: serves,
	features.SupportHTTPRoute:      routes,

	features.SupportGatewayPort8080:        func(c providers.Capabilities) bool { return serves(c) && !reserved(c, 8080) },
	features.SupportGatewayInfrastructure:  func(c providers.Capabilities) bool { return serves(c) && c.Infrastructure },
	features.SupportGatewayStaticAddresses: func(c providers.Capabilities) bool { return serves(c) && slices.Contains(c.AddressTypes, ir.IPAddress) },
	features.SupportGatewayAddressEmpty:    func(c providers.Capabilities) bool { return serves(c) && slices.Contains(c.AddressTypes, ir.IPAddress) },

	features.SupportGatewayHTTPListenerIsolation:                  routes,
	features.SupportGatewayHTTPSListenerDetectMisdirectedRequests: func(c providers.Capabilities) bool { return routes(c) && c.MisdirectedRequests },

	features.SupportHTTPRouteParentRefPort:  routes,
	features.SupportHTTPRouteNamedRouteRule: routes,
	features.SupportHTTPRouteMethodMatching: func(c providers.Capabilities) bool { return routes(c) && c.MethodMatches },
	features.SupportHTTPRouteQueryParamMatching: func(c providers.Capabilities) bool {
		return routes(c) && slices.Contains(c.QueryMatches, ir.Exact)
	},
	features.SupportHTTPRouteResponseHeaderModification: filters(gatewayv1.HTTPRouteFilterResponseHeaderModifier),
	features.SupportHTTPRouteSchemeRedirect:             filters(gatewayv1.HTTPRouteFilterRequestRedirect),
	features.SupportHTTPRoutePortRedirect:               filters(gatewayv1.HTTPRouteFilterRequestRedirect),
	features.SupportHTTPRoutePathRedirect:               filters(gatewayv1.HTTPRouteFilterRequestRedirect),
	features.SupportHTTPRoute303RedirectStatusCode:      redirects(303),
	features.SupportHTTPRoute307RedirectStatusCode:      redirects(307),
	features.SupportHTTPRoute308RedirectStatusCode:      redirects(308),
	features.SupportHTTPRouteHostRewrite:                filters(gatewayv1.HTTPRouteFilterURLRewrite),
	features.SupportHTTPRoutePathRewrite:                filters(gatewayv1.HTTPRouteFilterURLRewrite),

	features.SupportHTTPRouteBackendProtocolWebSocket: func(c providers.Capabilities) bool {
		return routes(c) && slices.Contains(c.ApplicationProtocols, "kubernetes.io/ws")
	},
	features.SupportHTTPRouteBackendRequestHeaderModification: backendFilters(gatewayv1.HTTPRouteFilterRequestHeaderModifier),
	features.SupportHTTPRouteBackendURLRewrite:                backendFilters(gatewayv1.HTTPRouteFilterURLRewrite),
}

// Features are the features of the Gateway API that a class with these
// capabilities has, sorted by name as the API asks.
func Features(c providers.Capabilities) []gatewayv1.SupportedFeature {
	var out []gatewayv1.SupportedFeature
	for name, holds := range claims {
		if holds(c) {
			out = append(out, gatewayv1.SupportedFeature{Name: gatewayv1.FeatureName(name)})
		}
	}
	slices.SortFunc(out, func(a, b gatewayv1.SupportedFeature) int { return strings.Compare(string(a.Name), string(b.Name)) })
	return out
}

// serves: the core of Gateway, which is listeners of HTTP and HTTPS with
// certificates of the kind that everybody uses.
func serves(c providers.Capabilities) bool {
	return slices.Contains(c.Protocols, ir.HTTP) && slices.Contains(c.Protocols, ir.HTTPS) && slices.Contains(c.KeyTypes, ir.RSA2048) &&
		!reserved(c, 80) && !reserved(c, 443)
}

// routes: the core of HTTPRoute.
func routes(c providers.Capabilities) bool {
	return serves(c) && slices.Contains(c.PathMatches, ir.Exact) && slices.Contains(c.PathMatches, ir.Prefix) &&
		slices.Contains(c.HeaderMatches, ir.Exact) &&
		slices.Contains(c.Filters, string(gatewayv1.HTTPRouteFilterRequestHeaderModifier)) &&
		slices.Contains(c.Filters, string(gatewayv1.HTTPRouteFilterRequestRedirect)) &&
		slices.Contains(c.RedirectStatus, 301) && slices.Contains(c.RedirectStatus, 302)
}

func filters(f gatewayv1.HTTPRouteFilterType) func(providers.Capabilities) bool {
	return func(c providers.Capabilities) bool { return routes(c) && slices.Contains(c.Filters, string(f)) }
}

func backendFilters(f gatewayv1.HTTPRouteFilterType) func(providers.Capabilities) bool {
	return func(c providers.Capabilities) bool {
		return routes(c) && slices.Contains(c.BackendFilters, string(f))
	}
}

func redirects(status int) func(providers.Capabilities) bool {
	return func(c providers.Capabilities) bool { return routes(c) && slices.Contains(c.RedirectStatus, status) }
}

func reserved(c providers.Capabilities, port uint16) bool {
	return slices.ContainsFunc(c.ReservedPorts, func(r providers.PortRange) bool { return r.From <= port && port <= r.To })
}
