package multicluster

import (
	"context"
	"fmt"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// TestAGatewayThatBrokeServesOnAfterARestart takes a served Gateway's parameters away, and then has it
// ask for an address of a kind that nobody has. Each time the hub is killed: proxies that start
// afterwards serve, routes are followed, and the status says what is wrong.
func TestAGatewayThatBrokeServesOnAfterARestart(t *testing.T) {
	r := newRoom(t)
	own := parameters("own", `{replicas: 1, pods: {annotations: {example.com/of: own}}}`)
	r.create(stack.Hub, deployment("echo", "hub", 1), service("echo"), own, withOwnParameters(gateway("web", "fairway")),
		route("shop", "web", "shop.example", ownBackend("echo", 8080)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", stack.Hub)

	object := &unstructured.Unstructured{}
	object.SetAPIVersion("fairway.dev/v1alpha1")
	object.SetKind("LocalGatewayParameters")
	object.SetNamespace(r.name)
	object.SetName("own")
	r.remove(stack.Hub, object)
	r.restarted("web", gatewayv1.GatewayReasonInvalidParameters)
	r.updateRoute("shop", func(spec *gatewayv1.HTTPRouteSpec) { spec.Hostnames = append(spec.Hostnames, "one.example") })
	web.servedBy("one.example", "/", "echo", stack.Hub)
	pods, err := stack.Proxies(t.Context(), r.key("web"))
	if err != nil || len(pods) != 1 || pods[0].Annotations["example.com/of"] != "own" {
		t.Errorf("%d proxies, %v: the last good parameters are not in force", len(pods), err)
	}

	r.create(stack.Hub, own)
	r.programmed("web")
	kind := gatewayv1.HostnameAddressType
	r.updateGateway("web", func(g *gatewayv1.GatewaySpec) {
		g.Addresses = []gatewayv1.GatewaySpecAddress{{Type: &kind, Value: "shop.example"}}
	})
	r.restarted("web", gatewayv1.GatewayReasonUnsupportedAddress)
	r.updateRoute("shop", func(spec *gatewayv1.HTTPRouteSpec) { spec.Hostnames = append(spec.Hostnames, "two.example") })
	web.servedBy("two.example", "/", "echo", stack.Hub)

	r.updateGateway("web", func(g *gatewayv1.GatewaySpec) { g.Addresses = nil })
	r.programmed("web")
}

// restarted waits until a Gateway is not accepted, and then has another hub and another proxy.
func (r *room) restarted(gateway string, reason gatewayv1.GatewayConditionReason) {
	r.t.Helper()
	refused := func(ctx context.Context) error {
		var g gatewayv1.Gateway
		if err := stack.Hub.Client.Get(ctx, r.key(gateway), &g); err != nil {
			return err
		}
		return wrong(g.Status.Conditions, string(gatewayv1.GatewayConditionAccepted), string(reason), g.Generation)
	}
	r.eventually("the Gateway is not accepted", refused)
	r.killHub()
	r.replaceProxy(gateway)
	r.eventually("the Gateway is still not accepted", refused)
	var g gatewayv1.Gateway
	if err := stack.Hub.Client.Get(r.t.Context(), r.key(gateway), &g); err != nil {
		r.t.Fatal(err)
	}
	for _, l := range g.Status.Listeners {
		if err := install.Met(l.Conditions, string(gatewayv1.ListenerConditionProgrammed), metav1.ConditionFalse, 0); err != nil {
			r.t.Errorf("listener %s: %v", l.Name, err)
		}
	}
}

// TestOnlyFairwayWritesItsRecord tries to send Fairway somewhere by the annotations that it keeps on a
// Gateway. They can be taken away, and are written anew.
func TestOnlyFairwayWritesItsRecord(t *testing.T) {
	r := newRoom(t)
	r.create(stack.Hub, gateway("web", "fairway"))
	web := r.programmed("web")
	for _, key := range []string{"fairway.dev/placements", "fairway.dev/last-good"} {
		before := web.Annotations[key]
		if before == "" {
			t.Fatalf("the Gateway has no annotation %s", key)
		}
		set := func(value string) error {
			patch := fmt.Sprintf(`{"metadata": {"annotations": {%q: %s}}}`, key, value)
			return stack.Hub.Client.Patch(t.Context(), web, client.RawPatch(types.MergePatchType, []byte(patch)))
		}
		if err := set(`"[]"`); !apierrors.IsForbidden(err) {
			t.Errorf("a forged %s: %v", key, err)
		}
		if err := set("null"); err != nil {
			t.Errorf("%s cannot be taken away: %v", key, err)
		}
		r.eventually("it is written anew", func(ctx context.Context) error {
			if err := stack.Hub.Client.Get(ctx, r.key("web"), web); err != nil {
				return err
			}
			if web.Annotations[key] != before {
				return fmt.Errorf("%s is %q, not %q", key, web.Annotations[key], before)
			}
			return nil
		})
	}
	forged := &gatewayv1.Gateway{ObjectMeta: r.meta("forged"), Spec: web.Spec}
	forged.Annotations = map[string]string{"fairway.dev/placements": `[{"provider":"local"}]`}
	if err := stack.Hub.Client.Create(t.Context(), forged); !apierrors.IsForbidden(err) {
		t.Errorf("a new Gateway with a record: %v", err)
	}
}
