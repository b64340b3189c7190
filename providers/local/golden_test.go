package local

import (
	"flag"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

var update = flag.Bool("update", false, "write the golden files anew")

// shapes are load balancers whose objects are shown, by the name of their
// golden file.
var shapes = map[string]struct {
	ref providers.Ref
	// parameters are YAML of a LocalGatewayParameters's spec.
	parameters string
	wish       func(*ir.LoadBalancer)
	// kinds are the parts that are shown; all by default.
	kinds []string
}{
	"objects":   {ref: web},
	"long-name": {ref: providers.Ref{Hub: "hub-1", Namespace: "shop", Name: strings.Repeat("long-", 20) + "name", UID: "u-1"}},
	"parameters": {ref: web, kinds: []string{"Deployment", "Service", "PodDisruptionBudget"}, parameters: `
replicas: 9
resources: {requests: {cpu: 200m}, limits: {memory: 32Mi}}
service: {loadBalancerClass: example.com/edge, annotations: {example.com/pool: public, example.com/both: parameters}, externalTrafficPolicy: Local}
pods:
  annotations: {example.com/scrape: "true", example.com/both: parameters}
  nodeSelector: {example.com/edge: "true"}
  tolerations: [{key: edge, operator: Exists, effect: NoSchedule}, {key: drain, value: "no", effect: NoExecute, tolerationSeconds: 60}]
  spread: {zones: Required, nodes: None}
traffic:
  trustedProxies: [10.0.0.0/8, "fd00::/8"]
  timeouts: {stall: 0s, response: 1m30s, drain: 2m}
  limits: {bodyBytes: 10Mi, connections: 100}
logs: {access: "Off", level: Debug}
`, wish: func(lb *ir.LoadBalancer) {
		lb.Annotations = map[string]string{"example.com/both": "infrastructure", "fairway.dev/gateway-name": "forged", "fairway.dev/wish": "forged"}
	}},
	"infrastructure": {ref: web, wish: func(lb *ir.LoadBalancer) {
		lb.Labels = map[string]string{
			"team": "shop", "app.kubernetes.io/name": "mine", "fairway.dev/hub": "hub-2", "fairway.dev/gateway-cluster": "east",
			"gateway.networking.k8s.io/gateway-name": "other",
		}
		lb.Annotations = map[string]string{"example.com/owner": "shop"}
	}},
	"address": {ref: web, kinds: []string{"Service"}, wish: func(lb *ir.LoadBalancer) {
		lb.Addresses = []ir.Address{{Type: ir.IPAddress}, {Type: ir.IPAddress, Value: "192.0.2.7"}}
	}},
	"node-port": {ref: web, kinds: []string{"Service"}, parameters: `service: {type: NodePort, externalTrafficPolicy: Local}`,
		wish: func(lb *ir.LoadBalancer) { lb.Listeners[2].Port = 30080 }},
	"cluster-ip": {ref: web, kinds: []string{"Service"}, parameters: `service: {type: ClusterIP, externalTrafficPolicy: Local}`},
}

// TestObjects shows the objects of every shape as they are applied.
func TestObjects(t *testing.T) {
	for name, shape := range shapes {
		t.Run(name, func(t *testing.T) {
			b := blueprintOf(t, shape.ref, shape.parameters)
			if shape.wish != nil {
				shape.wish(b.wish)
			}
			golden(t, "testdata/"+name+".txtar", show(t, b, shape.kinds))
		})
	}
}

func blueprintOf(t *testing.T, ref providers.Ref, yaml string) blueprint {
	t.Helper()
	set, err := decode(parameters(t, yaml))
	if err != nil {
		t.Fatal(err)
	}
	return blueprint{
		ref: ref, settings: set, wish: wishFor(80, 80, 8080),
		options: Options{ProxyImage: "fairway-proxy:test", StreamAddress: "fairway-stream.fairway-system.svc:18000"},
	}
}

func show(t *testing.T, b blueprint, kinds []string) []byte {
	t.Helper()
	var got txtar.Archive
	for _, part := range parts {
		if len(kinds) > 0 && !slices.Contains(kinds, part.kind) {
			continue
		}
		text, err := yaml.Marshal(part.object(b).Object)
		if err != nil {
			t.Fatal(err)
		}
		got.Files = append(got.Files, txtar.File{Name: part.kind + ".yaml", Data: text})
	}
	return txtar.Format(&got)
}

func golden(t *testing.T, file string, got []byte) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Errorf("%s differs; go test -update writes it anew. Got:\n%s", file, got)
	}
}

// parameters are Settings from YAML.
func parameters(t *testing.T, text string) providers.Settings {
	t.Helper()
	if text == "" {
		return nil
	}
	raw, err := yaml.YAMLToJSON([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
