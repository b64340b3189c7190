package multicluster

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// ownBackend refers to a Service of the route's own cluster.
func ownBackend(service string, port int) string {
	return fmt.Sprintf("{name: %s, port: %d}", service, port)
}

// TestServicesOfTheHub sends requests to Services beside the routes, which no member exports and the hub
// is no member for.
func TestServicesOfTheHub(t *testing.T) {
	r := newRoom(t)
	r.alone()
	// A member has one of the same name: it is another one.
	r.serve("echo", stack.Member("east"))
	r.create(stack.Hub, deployment("echo", "hub", 1), service("echo"), gateway("web", "fairway"),
		route("shop", "web", "shop.example", ownBackend("echo", 8080)),
		route("manual", "web", "manual.example", ownBackend("manual", 8080)))
	web := r.site(r.programmed("web"), 0)
	r.routed("shop")
	web.servedBy("shop.example", "/", "echo", stack.Hub)
	before := web.settled()
	r.scale(stack.Hub, "echo", 2)
	web.servedBy("shop.example", "/", "echo", stack.Hub)
	if translated := web.settled().since(before)["translated routes"]; translated != 0 {
		t.Errorf("pods came and %v routes were translated", translated)
	}

	// Endpoints that no controller made, of a Service that comes after its route.
	r.refused("manual", gatewayv1.RouteConditionResolvedRefs, gatewayv1.RouteReasonBackendNotFound)
	web.answers("manual.example", "/", http.StatusInternalServerError)
	pods, err := r.pods(t.Context(), stack.Hub, "echo")
	if err != nil {
		t.Fatal(err)
	}
	r.create(stack.Hub, manual)
	r.routed("manual")
	web.answers("manual.example", "/", http.StatusServiceUnavailable)
	r.createSlice(stack.Hub, pods[0].Status.PodIP)
	web.servedByPods("manual.example", "/", func(context.Context) ([]string, error) { return []string{pods[0].Name}, nil })

	r.update(stack.Hub, &corev1.Service{ObjectMeta: r.meta("manual")}, func(o client.Object) {
		o.(*corev1.Service).Spec.Ports[0].Port = 9090
	})
	r.refused("manual", gatewayv1.RouteConditionResolvedRefs, gatewayv1.RouteReasonBackendNotFound)
	web.answers("manual.example", "/", http.StatusInternalServerError)
	web.servedBy("shop.example", "/", "echo", stack.Hub)
}
