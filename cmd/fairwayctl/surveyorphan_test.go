package main

import (
	"strings"
	"testing"

	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// TestParentsWithoutGroupOrKind: no API server has filled them in.
func TestParentsWithoutGroupOrKind(t *testing.T) {
	gateways, mesh := ptr.To[gatewayv1.Group](gatewayv1.GroupName), ptr.To[gatewayv1.Group]("")
	gateway, set := ptr.To[gatewayv1.Kind]("Gateway"), ptr.To[gatewayv1.Kind]("ListenerSet")
	for name, c := range map[string]struct {
		group *gatewayv1.Group
		kind  *gatewayv1.Kind
		says  string
	}{
		"neither":             {nil, nil, "there is no Gateway shop/web"},
		"group":               {gateways, nil, "there is no Gateway shop/web"},
		"kind":                {nil, gateway, "there is no Gateway shop/web"},
		"other kind":          {nil, set, "Fairway serves no ListenerSet"},
		"group, other kind":   {gateways, set, "Fairway serves no ListenerSet"},
		"other group":         {mesh, nil, ""},
		"other group, a kind": {mesh, gateway, ""},
	} {
		r := &gatewayv1.HTTPRoute{}
		r.Namespace, r.Spec.ParentRefs = "shop", []gatewayv1.ParentReference{{Group: c.group, Kind: c.kind, Name: "web"}}
		got, is := orphan(r, &readable{}, nil, "")
		if is != (c.says != "") || !strings.Contains(texts(got.Problems), c.says) {
			t.Errorf("%s: %t, %v", name, is, got.Problems)
		}
	}
}
