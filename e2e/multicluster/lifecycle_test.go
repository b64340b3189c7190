package multicluster

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

func TestCreateChangeDelete(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Members...)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "one.example", backend("echo", 1)))

	web := r.site(r.programmed("web"), 0)
	r.statusOfRoute(r.routed("shop"))
	r.attached("web", map[string]int32{"http": 1})
	web.servedBy("one.example", "/", "echo", stack.Members...)
	web.answers("other.example", "/", http.StatusNotFound)

	r.updateRoute("shop", func(spec *gatewayv1.HTTPRouteSpec) {
		spec.Rules[0].Matches[0].Path.Value = ptr.To("/new")
	})
	web.answers("one.example", "/", http.StatusNotFound)
	web.answers("one.example", "/new/page", http.StatusOK)
	web.answers("one.example", "/newer", http.StatusNotFound)

	r.updateRoute("shop", func(spec *gatewayv1.HTTPRouteSpec) {
		spec.Hostnames = []gatewayv1.Hostname{"two.example"}
	})
	web.answers("one.example", "/new", http.StatusNotFound)
	web.answers("two.example", "/new", http.StatusOK)
	r.statusOfRoute(r.routed("shop"))

	r.remove(stack.Hub, &gatewayv1.HTTPRoute{ObjectMeta: r.meta("shop")})
	web.answers("two.example", "/new", http.StatusNotFound)
	r.attached("web", map[string]int32{"http": 0})
}

func TestWeights(t *testing.T) {
	r := newRoom(t)
	east := stack.Member("east")
	r.serve("echo", stack.Members...)
	r.serve("canary", east)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1), backend("canary", 0)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", stack.Members...)

	load := web.load("shop.example", "/")
	weigh := func(echo, canary int32) {
		r.updateRoute("shop", func(spec *gatewayv1.HTTPRouteSpec) {
			spec.Rules[0].BackendRefs[0].Weight, spec.Rules[0].BackendRefs[1].Weight = &echo, &canary
		})
	}
	weigh(0, 1)
	web.servedBy("shop.example", "/", "canary", east)

	weigh(1, 1)
	web.servedByPods("shop.example", "/", func(ctx context.Context) ([]string, error) {
		echo, err := r.podNames(ctx, "echo", stack.Members...)
		if err != nil {
			return nil, err
		}
		canary, err := r.podNames(ctx, "canary", east)
		return append(echo, canary...), err
	})
	load.end()
}

func TestListenerComesAndGoes(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Members...)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.answers("shop.example", "/", http.StatusOK)
	proxies := r.proxyNames("web")
	load := web.load("shop.example", "/")

	r.updateGateway("web", func(spec *gatewayv1.GatewaySpec) {
		spec.Listeners = append(spec.Listeners, gatewayv1.Listener{Name: "extra", Protocol: gatewayv1.HTTPProtocolType, Port: 8080})
	})
	extra := r.site(r.programmed("web"), 1)
	extra.servedBy("shop.example", "/", "echo", stack.Members...)
	web.answers("shop.example", "/", http.StatusOK)
	r.attached("web", map[string]int32{"http": 1, "extra": 1})

	r.updateGateway("web", func(spec *gatewayv1.GatewaySpec) { spec.Listeners = spec.Listeners[:1] })
	r.programmed("web")
	r.attached("web", map[string]int32{"http": 1})
	r.eventually("nobody answers on the old port", func(ctx context.Context) error {
		if answer, err := install.Ask(ctx, stack.HTTP, extra.address, "shop.example", "/"); err == nil {
			return fmt.Errorf("an answer came: %+v", answer)
		}
		return nil
	})
	load.end()
	if now := r.proxyNames("web"); !slices.Equal(now, proxies) {
		t.Errorf("the proxies were replaced: %v, then %v", proxies, now)
	}
}

func (r *room) updateGateway(name string, change func(*gatewayv1.GatewaySpec)) {
	r.t.Helper()
	r.update(stack.Hub, &gatewayv1.Gateway{ObjectMeta: r.meta(name)}, func(o client.Object) {
		change(&o.(*gatewayv1.Gateway).Spec)
	})
}

// statusOfRoute checks what Routed does not: whose answer the status is, and to what.
func (r *room) statusOfRoute(route *gatewayv1.HTTPRoute) {
	r.t.Helper()
	parent := route.Status.Parents[0]
	if parent.ControllerName != "fairway.dev/local" {
		r.t.Errorf("the status is of controller %q", parent.ControllerName)
	}
	if !reflect.DeepEqual(parent.ParentRef, route.Spec.ParentRefs[0]) {
		r.t.Errorf("the status is for parent %+v, the route's is %+v", parent.ParentRef, route.Spec.ParentRefs[0])
	}
}

// attached waits until the listeners of a Gateway have these numbers of routes, and are as good as
// the Gateway.
func (r *room) attached(name string, want map[string]int32) {
	r.t.Helper()
	r.eventually("the listeners have their routes", func(ctx context.Context) error {
		var gateway gatewayv1.Gateway
		if err := stack.Hub.Client.Get(ctx, r.key(name), &gateway); err != nil {
			return err
		}
		got := map[string]int32{}
		for _, listener := range gateway.Status.Listeners {
			got[string(listener.Name)] = listener.AttachedRoutes
			for _, kind := range []gatewayv1.ListenerConditionType{
				gatewayv1.ListenerConditionAccepted, gatewayv1.ListenerConditionProgrammed, gatewayv1.ListenerConditionResolvedRefs,
			} {
				if err := install.Met(listener.Conditions, string(kind), metav1.ConditionTrue, gateway.Generation); err != nil {
					return fmt.Errorf("listener %s: %w", listener.Name, err)
				}
			}
		}
		if !reflect.DeepEqual(got, want) {
			return fmt.Errorf("attached are %v, not %v", got, want)
		}
		return nil
	})
}

// proxyNames are the names of a Gateway's proxies, sorted.
func (r *room) proxyNames(gateway string) []string {
	r.t.Helper()
	pods, err := stack.Proxies(r.t.Context(), r.key(gateway))
	if err != nil {
		r.t.Fatal(err)
	}
	var names []string
	for _, pod := range pods {
		names = append(names, pod.Name)
	}
	slices.Sort(names)
	return names
}
