package gatewayclass

import (
	"slices"
	"strings"
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// able is a provider that can do all that the ir knows.
func able() providers.Capabilities {
	filters := []string{"RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"}
	return providers.Capabilities{
		Protocols: []ir.Protocol{ir.HTTP, ir.HTTPS}, KeyTypes: []ir.KeyType{ir.RSA2048},
		PathMatches:   []ir.MatchKind{ir.Exact, ir.Prefix, ir.Regex},
		HeaderMatches: []ir.MatchKind{ir.Exact}, QueryMatches: []ir.MatchKind{ir.Exact}, MethodMatches: true,
		Filters: filters, BackendFilters: filters, RedirectStatus: []int{301, 302, 303, 307, 308},
		AddressTypes: []ir.AddressType{ir.IPAddress}, Infrastructure: true,
		ApplicationProtocols: []string{"kubernetes.io/ws"}, MisdirectedRequests: true,
	}
}

func names(c providers.Capabilities) []string {
	var all []string
	for _, f := range Features(c) {
		all = append(all, string(f.Name))
	}
	return all
}

func TestFeaturesAreWhatProviderAndCoreBothDo(t *testing.T) {
	want := strings.Fields(`Gateway GatewayAddressEmpty GatewayHTTPListenerIsolation GatewayHTTPSListenerDetectMisdirectedRequests
		GatewayInfrastructure GatewayPort8080 GatewayStaticAddresses
		HTTPRoute HTTPRoute303RedirectStatusCode HTTPRoute307RedirectStatusCode HTTPRoute308RedirectStatusCode
		HTTPRouteBackendProtocolWebSocket HTTPRouteBackendRequestHeaderModification HTTPRouteBackendURLRewrite HTTPRouteHostRewrite HTTPRouteMethodMatching
		HTTPRouteNamedRouteRule HTTPRouteParentRefPort HTTPRoutePathRedirect HTTPRoutePathRewrite HTTPRoutePortRedirect
		HTTPRouteQueryParamMatching HTTPRouteResponseHeaderModification HTTPRouteSchemeRedirect ReferenceGrant`)
	got := names(able())
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if !slices.IsSorted(got) {
		t.Error("not sorted, as the API asks")
	}
}

func TestNothingIsClaimedThatAProviderCannotDo(t *testing.T) {
	for name, c := range map[string]struct {
		take func(*providers.Capabilities)
		gone []gatewayv1.FeatureName
	}{
		"methods":        {func(c *providers.Capabilities) { c.MethodMatches = false }, []gatewayv1.FeatureName{"HTTPRouteMethodMatching"}},
		"port 8080":      {func(c *providers.Capabilities) { c.ReservedPorts = []providers.PortRange{{From: 8000, To: 9000}} }, []gatewayv1.FeatureName{"GatewayPort8080"}},
		"rewrites":       {func(c *providers.Capabilities) { c.Filters = c.Filters[:3] }, []gatewayv1.FeatureName{"HTTPRouteHostRewrite", "HTTPRoutePathRewrite"}},
		"infrastructure": {func(c *providers.Capabilities) { c.Infrastructure = false }, []gatewayv1.FeatureName{"GatewayInfrastructure"}},
		"WebSocket":      {func(c *providers.Capabilities) { c.ApplicationProtocols = nil }, []gatewayv1.FeatureName{"HTTPRouteBackendProtocolWebSocket"}},
		"421":            {func(c *providers.Capabilities) { c.MisdirectedRequests = false }, []gatewayv1.FeatureName{"GatewayHTTPSListenerDetectMisdirectedRequests"}},
		"addresses":      {func(c *providers.Capabilities) { c.AddressTypes = nil }, []gatewayv1.FeatureName{"GatewayStaticAddresses", "GatewayAddressEmpty"}},
		"permanent redirects of the newer kind": {func(c *providers.Capabilities) { c.RedirectStatus = []int{301, 302} },
			[]gatewayv1.FeatureName{"HTTPRoute303RedirectStatusCode", "HTTPRoute307RedirectStatusCode", "HTTPRoute308RedirectStatusCode"}},
	} {
		less := able()
		c.take(&less)
		got, all := names(less), names(able())
		for _, f := range all {
			if slices.Contains(got, f) == slices.Contains(c.gone, gatewayv1.FeatureName(f)) {
				t.Errorf("without %s, %s is claimed: %v", name, f, slices.Contains(got, f))
			}
		}
	}
	none := able()
	none.Protocols = []ir.Protocol{ir.HTTP}
	if got := names(none); len(got) != 0 {
		t.Errorf("without HTTPS: %q", got)
	}
}
