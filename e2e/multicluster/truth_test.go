package multicluster

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// TestProgrammedOnlyOnceTrafficWorks asks each of a Gateway's proxies once, at the moment at which the
// Gateway first says that it is programmed; nothing is asked twice. What is between its address and the
// proxies is the cluster's own: it follows the Service and its EndpointSlices, which have the listener by
// then, and tells nobody when it has done so.
func TestProgrammedOnlyOnceTrafficWorks(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Members...)
	for i := range 3 {
		name := fmt.Sprintf("web%d", i)
		r.create(stack.Hub, route("shop"+name, name, "shop.example", backend("echo", 1)), gateway(name, "fairway"))
		r.askOnce(name, 0)

		r.updateGateway(name, func(spec *gatewayv1.GatewaySpec) {
			spec.Listeners = append(spec.Listeners, gatewayv1.Listener{Name: "extra", Protocol: gatewayv1.HTTPProtocolType, Port: 8080})
		})
		r.askOnce(name, 1)
	}
}

// askOnce waits until a Gateway is programmed in its present generation and sends one request to each
// address of a listener.
func (r *room) askOnce(name string, listener int) {
	r.t.Helper()
	site := r.site(r.programmed(name), listener)
	addresses, err := site.addresses(r.t.Context())
	if err != nil {
		r.fatal(err)
	}
	for _, address := range addresses {
		if address == site.address {
			continue
		}
		answer, err := install.Ask(r.t.Context(), stack.HTTP, address, "shop.example", "/")
		if err != nil || answer.Status != http.StatusOK {
			r.t.Errorf("Gateway %s says that it is programmed; %s answers %d %s, %v", name, address, answer.Status, answer.Text, err)
		}
	}
	site.answers("shop.example", "/", http.StatusOK)
}

// TestProgrammedTurnsFalseWhenTrafficStops takes a Gateway's proxies away and lets none begin.
func TestProgrammedTurnsFalseWhenTrafficStops(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Members...)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", stack.Members...)

	cordon(t, true)
	t.Cleanup(func() { cordon(t, false) })
	proxies, err := stack.Proxies(t.Context(), r.key("web"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range proxies {
		r.remove(stack.Hub, &proxies[i])
	}
	r.eventually("nobody answers", func(ctx context.Context) error {
		if answer, err := install.Ask(ctx, stack.HTTP, web.address, "shop.example", "/"); err == nil {
			return fmt.Errorf("an answer came: %+v", answer)
		}
		return nil
	})
	r.eventually("the Gateway and its listener say that they are not programmed", func(ctx context.Context) error {
		var gateway gatewayv1.Gateway
		if err := stack.Hub.Client.Get(ctx, r.key("web"), &gateway); err != nil {
			return err
		}
		if err := falseWithMessage(gateway.Status.Conditions, string(gatewayv1.GatewayConditionProgrammed)); err != nil {
			return err
		}
		return falseWithMessage(gateway.Status.Listeners[0].Conditions, string(gatewayv1.ListenerConditionProgrammed))
	})

	cordon(t, false)
	r.programmed("web")
	web.servedBy("shop.example", "/", "echo", stack.Members...)
}

func falseWithMessage(conditions []metav1.Condition, kind string) error {
	c := meta.FindStatusCondition(conditions, kind)
	if c == nil || c.Status != metav1.ConditionFalse || c.Message == "" {
		return fmt.Errorf("%s is %+v", kind, c)
	}
	return nil
}

// cordon lets no new pod begin on the hub's nodes, or lets them again.
func cordon(t *testing.T, closed bool) {
	t.Helper()
	ctx := context.Background()
	var nodes corev1.NodeList
	if err := stack.Hub.Client.List(ctx, &nodes); err != nil {
		t.Fatal(err)
	}
	for i := range nodes.Items {
		before := nodes.Items[i].DeepCopy()
		nodes.Items[i].Spec.Unschedulable = closed
		if err := stack.Hub.Client.Patch(ctx, &nodes.Items[i], client.MergeFrom(before)); err != nil {
			t.Error(err)
		}
	}
}
