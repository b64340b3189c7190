package multicluster

import (
	"context"
	"fmt"
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// TestKilledHubConverges kills the hub with SIGKILL while it makes, changes and removes what a Gateway
// needs, each time after another number of objects. Nothing is left behind and nothing made twice.
func TestKilledHubConverges(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Members...)
	for _, after := range []int{1, 3} {
		name := fmt.Sprintf("web%d", after)
		r.create(stack.Hub, gateway(name, "fairway"), route("shop"+name, name, "shop.example", backend("echo", 1)))
		r.parts(name, func(n int) bool { return n >= after })
		r.killHub()
		web := r.site(r.programmed(name), 0)
		web.servedBy("shop.example", "/", "echo", stack.Members...)

		r.updateGateway(name, func(spec *gatewayv1.GatewaySpec) {
			spec.Listeners = append(spec.Listeners, gatewayv1.Listener{Name: "extra", Protocol: gatewayv1.HTTPProtocolType, Port: 8080})
		})
		r.killHub()
		r.site(r.programmed(name), 1).servedBy("shop.example", "/", "echo", stack.Members...)
		r.once(name)

		whole := r.parts(name, func(int) bool { return true })
		r.remove(stack.Hub, &gatewayv1.Gateway{ObjectMeta: r.meta(name)})
		r.parts(name, func(n int) bool { return n <= whole-after })
		r.killHub()
		r.gone(stack.Hub, &gatewayv1.Gateway{ObjectMeta: r.meta(name)})
		r.parts(name, func(n int) bool { return n == 0 })
	}
}

// single are the kinds of which a Gateway has one object.
var single = []string{"Deployment", "Service", "Secret", "ServiceAccount", "PodDisruptionBudget"}

// parts waits until the number of a Gateway's objects is as wished, and returns it.
func (r *room) parts(gateway string, wished func(int) bool) int {
	r.t.Helper()
	total := 0
	r.eventually("the Gateway has so many objects", func(ctx context.Context) error {
		total = 0
		for _, kind := range single {
			n, err := r.count(ctx, kind, gateway)
			if err != nil {
				return err
			}
			total += n
		}
		if !wished(total) {
			return fmt.Errorf("there are %d", total)
		}
		return nil
	})
	return total
}

// once fails the test if a Gateway has more or fewer than one object of a kind.
func (r *room) once(gateway string) {
	r.t.Helper()
	for _, kind := range single {
		if n, err := r.count(r.t.Context(), kind, gateway); err != nil || n != 1 {
			r.t.Errorf("there are %d objects of kind %s, %v", n, kind, err)
		}
	}
}
