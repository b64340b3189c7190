package multicluster

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// namedService is service with another port, and a name for it.
func namedService(name string, port int) string {
	return fmt.Sprintf(`
apiVersion: v1
kind: Service
metadata: {name: %[1]s}
spec:
  selector: {app: %[1]s}
  ports: [{name: http, port: %[2]d, targetPort: 3000}]
`, name, port)
}

// TestPortsOfOneNameAndTwoNumbers: members agree on a port's name and not on its number. The one whose
// export is the oldest, or of these the first by name, has its say.
func TestPortsOfOneNameAndTwoNumbers(t *testing.T) {
	r := newRoom(t)
	east, west := stack.Member("east"), stack.Member("west")
	r.create(east, deployment("echo", "east", 1), namedService("echo", 8080), export("echo"))
	r.create(west, deployment("echo", "west", 1), namedService("echo", 7070), export("echo"))
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	r.routed("shop")
	web.servedBy("shop.example", "/", "echo", east, west)

	r.update(east, &corev1.Service{ObjectMeta: r.meta("echo")}, func(o client.Object) {
		o.(*corev1.Service).Spec.Ports[0].Port = 9090
	})
	r.refused("shop", gatewayv1.RouteConditionResolvedRefs, gatewayv1.RouteReasonBackendNotFound)
	r.updateRoute("shop", func(s *gatewayv1.HTTPRouteSpec) {
		s.Rules[0].BackendRefs[0].Port = new(gatewayv1.PortNumber(9090))
	})
	r.routed("shop")
	web.servedBy("shop.example", "/", "echo", east, west)
}
