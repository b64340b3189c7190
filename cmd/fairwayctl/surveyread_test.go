package main

import (
	"context"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/api/v1alpha1"
)

// tenant reads a hub with rights in one namespace only, and to list what is in
// none.
type tenant struct {
	client.Reader
	of string
}

func (r tenant) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	asked := (&client.ListOptions{}).ApplyOptions(opts)
	switch list.(type) {
	case *gatewayv1.GatewayClassList, *v1alpha1.MemberClusterList:
	default:
		if asked.Namespace != r.of {
			return apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "", nil)
		}
	}
	return r.Reader.List(ctx, list, opts...)
}

// abroadWorld is that of a team whose routes lead to a Gateway of another one's,
// and to a backend there.
const abroadWorld = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: fairway}
spec: {controllerName: fairway.dev/local}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec: {gatewayClassName: fairway, listeners: [{name: http, protocol: HTTP, port: 80}]}
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: out, namespace: shop}
spec:
  parentRefs: [{name: web}, {name: shared, namespace: infra}, {name: gone}]
  rules: [{backendRefs: [{name: cart, port: 80}, {name: keys, namespace: vault, port: 80}]}]
status:
  parents:
  - parentRef: {name: web}
    controllerName: fairway.dev/local
    conditions: [{type: Accepted, status: "True", reason: Accepted, message: "", lastTransitionTime: "2026-01-01T00:00:00Z"}]
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: in, namespace: front}
spec: {parentRefs: [{name: web, namespace: shop}]}
`

func TestStatusOfANamespaceNeedsRightsInItOnly(t *testing.T) {
	hub := world(t, []byte(abroadWorld))
	shop := client.ObjectKey{Namespace: "shop"}
	routes, pools := "HTTPRoutes of other namespaces than shop are left out", "pools of namespace vault are left out"
	for name, c := range map[string]struct {
		from           client.Reader
		only           client.ObjectKey
		routes, pools  int
		notes, orphans []string
	}{
		"namespace":         {tenant{hub, "shop"}, shop, 1, 1, []string{routes, "whether Gateways of namespace infra are there", pools}, []string{"Gateway shop/gone"}},
		"Gateway":           {tenant{hub, "shop"}, client.ObjectKey{Namespace: "shop", Name: "web"}, 1, 1, []string{routes, pools}, nil},
		"rights everywhere": {hub, shop, 2, 2, nil, []string{"Gateway infra/shared", "Gateway shop/gone"}},
	} {
		now, err := look(t.Context(), c.from, c.only)
		if err != nil || len(now.Gateways) != 1 {
			t.Errorf("%s: %+v, %v", name, now, err)
			continue
		}
		web := now.Gateways[0]
		if len(web.Routes) != c.routes || len(web.Pools) != c.pools {
			t.Errorf("%s: routes %v, pools %v", name, web.Routes, web.Pools)
		}
		var shown strings.Builder
		if err := tree(&shown, now); err != nil || strings.Count(shown.String(), "\nNote: ") != len(c.notes) {
			t.Errorf("%s: %v, it shows\n%s", name, err, shown.String())
		}
		var orphans []string
		for _, r := range now.RoutesWithoutGateway {
			for _, p := range r.Problems {
				orphans = append(orphans, p.Message)
			}
		}
		if !slices.EqualFunc(now.Notes, c.notes, strings.HasPrefix) || !slices.EqualFunc(orphans, c.orphans, strings.Contains) {
			t.Errorf("%s: notes %q, without a Gateway %q", name, now.Notes, orphans)
		}
	}
	for namespace, hint := range map[string]bool{"": true, "front": false} {
		_, err := look(t.Context(), tenant{hub, "shop"}, client.ObjectKey{Namespace: namespace})
		if !apierrors.IsForbidden(err) || strings.Contains(err.Error(), "--namespace") != hint {
			t.Errorf("of namespace %q: %v", namespace, err)
		}
	}
}

// TestSurveyOfANamespaceShowsTheSame as that of all of them, of what is in it.
func TestSurveyOfANamespaceShowsTheSame(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/status.txtar")
	if err != nil {
		t.Fatal(err)
	}
	hub := world(t, archive.Files[0].Data)
	var shown [2]strings.Builder
	for i, only := range []client.ObjectKey{{}, {Namespace: "shop"}} {
		now, err := look(t.Context(), hub, only)
		if err != nil {
			t.Fatal(err)
		}
		if err := tree(&shown[i], now); err != nil {
			t.Fatal(err)
		}
	}
	// All that the world has is in this namespace, or leads there.
	if shown[0].String() != shown[1].String() {
		t.Errorf("of all:\n%s\nof shop:\n%s", shown[0].String(), shown[1].String())
	}
}
