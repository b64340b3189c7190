package export

import (
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

func from(cluster string, age int, ports ...string) Export {
	e := Export{Cluster: cluster, Created: time.Unix(int64(1000-age), 0), Type: mcsv1beta1.ClusterSetIP, Affinity: corev1.ServiceAffinityNone}
	for _, p := range ports {
		name, number, _ := strings.Cut(p, ":")
		port := mcsv1beta1.ServicePort{Name: name, Protocol: corev1.ProtocolTCP}
		if _, err := fmt.Sscan(number, &port.Port); err != nil {
			panic(err)
		}
		e.Ports = append(e.Ports, port)
	}
	return e
}

func headless(e Export) Export {
	e.Type = mcsv1beta1.Headless
	return e
}

func sticky(e Export) Export {
	e.Affinity = corev1.ServiceAffinityClientIP
	return e
}

func TestMerge(t *testing.T) {
	for name, test := range map[string]struct {
		exports   []Export
		ports     []string
		headless  bool
		sticky    bool
		conflicts []string
	}{
		"one": {
			exports: []Export{from("east", 1, "http:80")},
			ports:   []string{"http 80/TCP"},
		},
		"the same": {
			exports: []Export{from("east", 1, "http:80"), from("west", 2, "http:80")},
			ports:   []string{"http 80/TCP"},
		},
		"union": {
			exports: []Export{from("east", 1, "http:80", "admin:81"), from("west", 2, "http:80", "grpc:82")},
			ports:   []string{"http 80/TCP", "grpc 82/TCP", "admin 81/TCP"},
		},
		"another number under the name": {
			exports:   []Export{from("east", 1, "http:8080"), from("west", 2, "http:80")},
			ports:     []string{"http 80/TCP"},
			conflicts: []string{"PortConflict: port http 80/TCP of west is used; http 8080/TCP in east differs"},
		},
		"another name for the number": {
			exports:   []Export{from("east", 2, "http:80"), from("west", 1, "web:80")},
			ports:     []string{"http 80/TCP"},
			conflicts: []string{"PortConflict: port http 80/TCP of east is used; web 80/TCP in west differs"},
		},
		"without names": {
			exports:   []Export{from("east", 2, ":80"), from("west", 1, ":81")},
			ports:     []string{"80/TCP"},
			conflicts: []string{"PortConflict: port 80/TCP of east is used; 81/TCP in west differs"},
		},
		"type and affinity": {
			exports:  []Export{from("east", 1, "http:80"), headless(sticky(from("west", 2, "http:80")))},
			ports:    []string{"http 80/TCP"},
			headless: true, sticky: true,
			conflicts: []string{
				"TypeConflict: type Headless of the oldest export (west) is used; east differs",
				"SessionAffinityConflict: sessionAffinity ClientIP of the oldest export (west) is used; east differs",
			},
		},
		"the same age": {
			exports:   []Export{from("west", 1, "http:81"), from("east", 1, "http:80")},
			ports:     []string{"http 80/TCP"},
			conflicts: []string{"PortConflict: port http 80/TCP of east is used; http 81/TCP in west differs"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			spec, conflicts := Merge(test.exports)
			var ports, said []string
			for _, p := range spec.Ports {
				ports = append(ports, portString(p))
			}
			for _, c := range conflicts {
				said = append(said, string(c.Reason)+": "+c.Message)
			}
			if !reflect.DeepEqual(ports, test.ports) {
				t.Errorf("ports are %q, want %q", ports, test.ports)
			}
			if !reflect.DeepEqual(said, test.conflicts) {
				t.Errorf("conflicts are\n%q, want\n%q", said, test.conflicts)
			}
			if got := spec.Type == mcsv1beta1.Headless; got != test.headless {
				t.Errorf("type is %s", spec.Type)
			}
			if got := spec.SessionAffinity == corev1.ServiceAffinityClientIP; got != test.sticky {
				t.Errorf("affinity is %s", spec.SessionAffinity)
			}
		})
	}
}

func TestNoPortsAreAnEmptyListForTheAPI(t *testing.T) {
	if spec, _ := Merge([]Export{from("east", 1)}); spec.Ports == nil {
		t.Error("ports are null, which the API server refuses")
	}
}
