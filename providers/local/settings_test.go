package local

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// bad are parameters that are refused, and what is said of them.
var bad = map[string]string{
	`{"replica": 3}`:                            `spec: unknown field "replica"; mend or remove it`,
	`{"service": {"typ": "NodePort"}}`:          `spec: unknown field "service.typ"; mend or remove it`,
	`{"replicas": 3, "replicas": 4}`:            `spec: duplicate field "replicas"; mend or remove it`,
	`{"replicas": "three"}`:                     `spec.replicas: a value of type string does not fit here`,
	`[]`:                                        `spec: a value of type array does not fit here`,
	`{"replicas": 0}`:                           `spec.replicas: Invalid value: 0: use 1 to 100`,
	`{"replicas": 101, "logs": {"level": "x"}}`: `spec.logs.level: Unsupported value: "x": supported values: "Debug", "Info", "Warn", "Error"; spec.replicas: Invalid value: 101: use 1 to 100`,
	`{"service": {"type": "ExternalName"}}`:     `spec.service.type: Unsupported value: "ExternalName": supported values: "LoadBalancer", "NodePort", "ClusterIP"`,
	`{"service": {"annotations": {"a b": ""}}}`: `spec.service.annotations: Invalid value: "a b": name part must consist of`,
	`{"resources": {"requests": {"memory": "2Gi"}, "limits": {"memory": "1Gi"}}}`: `spec.resources.requests[memory]: Invalid value: "2Gi": use no more than the limit, which is 1Gi`,
	`{"resources": {"limits": {"cpu": "-1"}}}`:                                    `spec.resources.limits[cpu]: Invalid value: "-1": use an amount of 0 or more`,
	`{"pods": {"nodeSelector": {"a": "b c"}}}`:                                    `spec.pods.nodeSelector: Invalid value: "b c": a valid label must be`,
	`{"pods": {"tolerations": [{"value": "x"}]}}`:                                 `spec.pods.tolerations[0].key: Required value: name a taint's key, or set the operator Exists for all`,
	`{"pods": {"tolerations": [{"operator": "Exists", "value": "x"}]}}`:           `spec.pods.tolerations[0].value: Invalid value: "x": remove it: the operator Exists compares none`,
	`{"pods": {"spread": {"zones": "Perhaps"}}}`:                                  `spec.pods.spread.zones: Unsupported value: "Perhaps": supported values: "Preferred", "Required", "None"`,
	`{"service": {"loadBalancerClass": "a b"}}`:                                   `spec.service.loadBalancerClass: Invalid value: "a b": name part must consist of`,
	`{"traffic": {"trustedProxies": ["10.0.0.1"]}}`:                               `spec.traffic.trustedProxies[0]: Invalid value: "10.0.0.1": write a network as in 10.0.0.0/8 or fd00::/8`,
	`{"traffic": {"timeouts": {"header": "0s"}}}`:                                 `spec.traffic.timeouts.header: Invalid value: "0s": write a time of at least 1ms, as in 500ms, 10s or 1m30s`,
	`{"traffic": {"timeouts": {"drain": "2h"}}}`:                                  `spec.traffic.timeouts.drain: Invalid value: "2h": use at most 1h0m0s`,
	`{"traffic": {"limits": {"headerBytes": 0}}}`:                                 `spec.traffic.limits.headerBytes: Invalid value: "0": use at least 1`,
	`{"traffic": {"limits": {"streams": 0}}}`:                                     `spec.traffic.limits.streams: Invalid value: 0: use at least 1`,
	`{"logs": {"access": "XML"}}`:                                                 `spec.logs.access: Unsupported value: "XML": supported values: "JSON", "Text", "Off"`,
}

func TestBadParametersAreRefusedByName(t *testing.T) {
	w := newWorld(t)
	for raw, want := range bad {
		_, err := w.Locate(json.RawMessage(raw))
		if providers.KindOf(err) != providers.Invalid || !strings.HasPrefix(message(err), want) {
			t.Errorf("%s: got %q of kind %q, want %q", raw, message(err), providers.KindOf(err), want)
		}
		if p := w.Plan(web, json.RawMessage(raw), wishFor(80), providers.Observation{}); !p.Empty() || len(p.Verdicts) != 1 || !strings.HasPrefix(p.Verdicts[0].Message, want) {
			t.Errorf("%s: planned %+v", raw, p)
		}
	}
}

func message(err error) string {
	if e, ok := errors.AsType[*providers.Error](err); ok {
		return e.Message
	}
	return ""
}

func TestNothingSetIsGood(t *testing.T) {
	w := newWorld(t)
	for _, raw := range []string{"", "{}", "null", `{"service": {}, "pods": {"spread": {}}, "logs": {}, "resources": {}}`} {
		if at, err := w.Locate(json.RawMessage(raw)); err != nil || at != "" {
			t.Errorf("%q: got %q, %v", raw, at, err)
		}
		if s, err := decode(json.RawMessage(raw)); err != nil || s.replicas != 2 || s.serviceType != corev1.ServiceTypeLoadBalancer {
			t.Errorf("%q: got %+v, %v", raw, s, err)
		}
	}
}

func TestAddressesCanBeAskedForOfALoadBalancerOnly(t *testing.T) {
	w := newWorld(t)
	for raw, want := range map[string]int{`{}`: 1, `{"service":{"type":"NodePort"}}`: 0, `{"service":{"type":"ClusterIP"}}`: 0} {
		types := w.Capabilities(json.RawMessage(raw)).AddressTypes
		if len(types) != want || want == 1 && types[0] != ir.IPAddress {
			t.Errorf("%s: got %v", raw, types)
		}
	}
}

func TestTheExamplesAreGood(t *testing.T) {
	w := newWorld(t)
	files, err := filepath.Glob("../../examples/parameters/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for d := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); ; {
			var o unstructured.Unstructured
			if err := d.Decode(&o); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			if o.GetKind() != settingsKind.Kind {
				continue
			}
			found++
			raw, err := json.Marshal(o.Object["spec"])
			if err != nil {
				t.Fatal(err)
			}
			if _, err := w.Locate(raw); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d parameters in the examples", found)
	}
}
