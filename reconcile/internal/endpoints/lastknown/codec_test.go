package lastknown

import (
	"fmt"
	"reflect"
	"testing"

	discoveryv1 "k8s.io/api/discovery/v1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

var web = endpoints.Service("shop", "web")

func decodeAll(t *testing.T, all []discoveryv1.EndpointSlice, at endpoints.Locality) endpoints.Ports {
	t.Helper()
	ports := endpoints.Ports{}
	for i := range all {
		if err := decode(&all[i], at, ports); err != nil {
			t.Fatal(err)
		}
	}
	return ports
}

func TestWhatIsStoredIsReadBack(t *testing.T) {
	at := endpoints.Locality{Region: "r0", Network: "net"}
	many := endpoints.Port{Name: "many"}
	for i := range 2*MaxEndpoints + 1 {
		many.Endpoints = append(many.Endpoints, ir.Endpoint{
			Address: fmt.Sprintf("10.0.%d.%d", i/250, i%250), Port: 8080, Region: "r0", Network: "net", Serving: true})
	}
	many.Endpoints = endpoints.Normalize(many.Endpoints)
	ports := endpoints.Ports{
		80: {Name: "http", Endpoints: []ir.Endpoint{
			{Address: "10.0.0.1", Port: 3000, Zone: "z1", Region: "r1", Network: "net", Node: "n1", NodeIP: "192.0.2.1", ProviderID: "cloud://1", Serving: true},
			{Address: "10.0.0.2", Port: 3001, Region: "r0", Network: "net", Node: "n2", Serving: true, Terminating: true},
			{Address: "fd00::1", Port: 3000, Region: "r0", Network: "net"},
		}},
		81: {Name: "none"},
		82: many,
	}
	all, err := encode("h", web, "east", ports)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 3+1+3 {
		t.Errorf("there are %d slices, want 7", len(all))
	}
	again, err := encode("h", web, "east", ports)
	if err != nil || !reflect.DeepEqual(all, again) {
		t.Errorf("the same content gives other slices (%v)", err)
	}
	if got := decodeAll(t, all, at); !reflect.DeepEqual(got, ports) {
		t.Errorf("read back\n%+v, want\n%+v", got, ports)
	}
}

func TestSlicesOfTwoPlacesHaveTwoNames(t *testing.T) {
	names := map[string]bool{}
	for _, service := range []ir.Service{web, endpoints.Service("shop", "web-east")} {
		for _, place := range [][2]string{{"h", "east"}, {"h", "east-east"}, {"another", "east"}} {
			hub, cluster := place[0], place[1]
			all, err := encode(hub, service, cluster, endpoints.Ports{80: {}, 81: {}})
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range all {
				names[s.Name] = true
			}
		}
	}
	if len(names) != 12 {
		t.Errorf("%d names, want 12: %v", len(names), names)
	}
}

func TestForeignSliceIsRefused(t *testing.T) {
	s := discoveryv1.EndpointSlice{}
	s.Annotations = map[string]string{annotationServicePort: "http"}
	if err := decode(&s, endpoints.Locality{}, endpoints.Ports{}); err == nil {
		t.Error("a slice without a port number was read")
	}
}
