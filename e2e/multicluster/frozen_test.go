package multicluster

import (
	"context"
	"net/http"
	"slices"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// TestHubRestartsWhileAMemberIsFrozen: what the hub last knew of the member holds, for proxies that
// are there and for new ones; the other member and the routes go on as ever.
func TestHubRestartsWhileAMemberIsFrozen(t *testing.T) {
	r := newRoom(t)
	east := stack.Member("east")
	r.serve("echo", stack.Members...)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", stack.Members...)
	// Asked for now: the API server will not answer while it is frozen.
	var names []string
	for _, member := range stack.Members {
		pods, err := r.pods(t.Context(), member, "echo")
		if err != nil {
			t.Fatal(err)
		}
		var addresses []string
		for _, pod := range pods {
			names, addresses = append(names, pod.Name), append(addresses, pod.Status.PodIP)
		}
		r.stored("echo", member, addresses...)
	}
	same := func(context.Context) ([]string, error) { return slices.Clone(names), nil }

	load := web.load("shop.example", "/")
	if err := east.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := east.Thaw(context.Background()); err != nil {
			t.Error(err)
		}
	})
	r.killHub()
	load.goesOn()
	web.servedByPods("shop.example", "/", same)

	r.updateRoute("shop", func(spec *gatewayv1.HTTPRouteSpec) {
		spec.Hostnames = append(spec.Hostnames, "new.example")
	})
	web.servedByPods("new.example", "/", same)
	r.memberIs(east, metav1.ConditionFalse)

	// A proxy that starts now has only the restarted hub to learn from.
	r.replaceProxy("web")
	web.servedByPods("new.example", "/", same)

	if err := east.Thaw(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.memberIs(east, metav1.ConditionTrue)
	r.scale(east, "echo", 2)
	web.servedBy("shop.example", "/", "echo", stack.Members...)
	web.answers("other.example", "/", http.StatusNotFound)
	load.end()
}
