package endpoints_test

import (
	"reflect"
	"testing"

	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

func port(name, address string) endpoints.Port {
	return endpoints.Port{Name: name, Endpoints: []ir.Endpoint{{Address: address, Port: 3000, Serving: true}}}
}

func imported(number int32, name string) mcsv1beta1.ServicePort {
	return mcsv1beta1.ServicePort{Name: name, Port: number, Protocol: corev1.ProtocolTCP}
}

func TestClustersAreJoinedByTheNamesOfPorts(t *testing.T) {
	for name, test := range map[string]struct {
		imports []mcsv1beta1.ServicePort
		cluster endpoints.Ports
		pool    uint16
		want    string
	}{
		"the same name and number":            {[]mcsv1beta1.ServicePort{imported(80, "http")}, endpoints.Ports{80: port("http", "a")}, 80, "a"},
		"the same name, another number":       {[]mcsv1beta1.ServicePort{imported(80, "http")}, endpoints.Ports{8080: port("http", "a")}, 80, "a"},
		"the name before the number":          {[]mcsv1beta1.ServicePort{imported(80, "http")}, endpoints.Ports{8080: port("http", "a"), 80: port("web", "b")}, 80, "a"},
		"no name, another number":             {[]mcsv1beta1.ServicePort{imported(80, "")}, endpoints.Ports{8080: port("", "a")}, 80, "a"},
		"the same number under its own name":  {[]mcsv1beta1.ServicePort{imported(80, "http")}, endpoints.Ports{80: port("web", "a")}, 80, "a"},
		"the number, but the name of another": {[]mcsv1beta1.ServicePort{imported(80, "http"), imported(81, "web")}, endpoints.Ports{80: port("web", "a")}, 80, ""},
		"that other one":                      {[]mcsv1beta1.ServicePort{imported(80, "http"), imported(81, "web")}, endpoints.Ports{80: port("web", "a")}, 81, "a"},
		"neither":                             {[]mcsv1beta1.ServicePort{imported(80, "http")}, endpoints.Ports{81: port("web", "a")}, 80, ""},
		"a port over UDP of the same number": {[]mcsv1beta1.ServicePort{{Name: "dns", Port: 53, Protocol: corev1.ProtocolUDP}, imported(53, "dns-tcp")},
			endpoints.Ports{5353: port("dns-tcp", "a")}, 53, "a"},
		"no ServiceImport": {nil, endpoints.Ports{80: port("http", "a")}, 80, "a"},
	} {
		t.Run(name, func(t *testing.T) {
			s := endpoints.NewStore()
			s.Admit("east")
			s.Set(web, "east", test.cluster)
			s.Import(web, test.imports)
			got := ""
			for _, e := range s.Endpoints(ir.PoolName(web, test.pool))[0].Endpoints {
				got += e.Address
			}
			if got != test.want {
				t.Errorf("endpoints are %q, want %q", got, test.want)
			}
		})
	}
}

func TestOtherNamesOfPortsAreNewsOfEveryCluster(t *testing.T) {
	s := endpoints.NewStore()
	told := map[string]int{}
	s.Admit("east")
	s.Admit("west")
	s.Set(web, "east", endpoints.Ports{8080: port("http", "a")})
	s.Set(web, "west", endpoints.Ports{80: port("http", "b")})
	s.OnChange(func(_ ir.Service, cluster string) {
		told[cluster]++
		_ = s.Endpoints(ir.PoolName(web, 80))
	})
	s.Import(web, []mcsv1beta1.ServicePort{imported(80, "http")})
	s.Import(web, []mcsv1beta1.ServicePort{imported(80, "http")})
	s.Import(endpoints.Service("shop", "other"), []mcsv1beta1.ServicePort{imported(80, "http")})
	if want := map[string]int{"east": 1, "west": 1}; !reflect.DeepEqual(told, want) {
		t.Errorf("told of %v, want %v", told, want)
	}
	s.Import(web, nil)
	if got := s.Endpoints(ir.PoolName(web, 80)); len(got[0].Endpoints) != 0 || len(got[1].Endpoints) != 1 {
		t.Errorf("without a ServiceImport endpoints are %v", got)
	}
}
