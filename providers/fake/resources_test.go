package fake

import (
	"testing"

	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
)

func TestWhatTheGatewayAsksOfInfrastructureReachesTheCloud(t *testing.T) {
	p := New(cloud.New(), "h")
	ref := refOf(t, p, "web")
	lb := shop()
	lb.Labels = map[string]string{"team": "shop", owner.HubKey: "a lie"}
	lb.Addresses = []ir.Address{{Type: ir.NamedAddress, Value: "front-door"}}
	resources, _ := draw(ref, north, lb)
	for _, r := range resources {
		if r.Labels["team"] != "shop" || !owner.Owns(ref, r.Labels) {
			t.Errorf("%s %s has the labels %v", r.Kind, r.Name, r.Labels)
		}
		if b, ok := r.Spec.(cloud.Balancer); ok && b.Reserved != "front-door" {
			t.Errorf("the balancer is %+v; want the reserved address", b)
		}
	}
}
