package multicluster

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// parameters are LocalGatewayParameters with the spec in YAML's flow style.
func parameters(name, spec string) string {
	return fmt.Sprintf(`
apiVersion: fairway.dev/v1alpha1
kind: LocalGatewayParameters
metadata: {name: %s}
spec: %s
`, name, spec)
}

// TestParametersThatMakeNoSense are refused by the API server itself.
func TestParametersThatMakeNoSense(t *testing.T) {
	r := newRoom(t)
	for _, spec := range []string{
		`{replicas: 0}`,
		`{replicas: 101}`,
		`{service: {type: ExternalName}}`,
		`{service: {type: ClusterIP, externalTrafficPolicy: Local}}`,
		`{service: {externalTrafficPolicy: Nearest}}`,
		`{service: {type: NodePort, loadBalancerClass: example.com/edge}}`,
		`{service: {loadBalancerClass: "a b"}}`,
		`{resources: {limits: {memory: much}}}`,
		`{pods: {tolerations: [{key: a, operator: Like}]}}`,
		`{pods: {tolerations: [{key: a, effect: Explode}]}}`,
		`{pods: {spread: {zones: Perhaps}}}`,
		`{traffic: {trustedProxies: [10.0.0.1]}}`,
		`{traffic: {timeouts: {drain: soon}}}`,
		`{traffic: {limits: {streams: 0}}}`,
		`{logs: {access: XML}}`,
		`{logs: {level: Loud}}`,
		`{logs: 3}`,
	} {
		object := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(parameters("bad", spec)), object); err != nil {
			t.Fatal(err)
		}
		object.SetNamespace(r.name)
		if err := stack.Hub.Client.Create(t.Context(), object); !apierrors.IsInvalid(err) {
			t.Errorf("%s: the API server says %v", spec, err)
			_ = stack.Hub.Client.Delete(t.Context(), object)
		}
	}
	r.create(stack.Hub, parameters("empty", `{}`), parameters("full", `
    {replicas: 3, resources: {requests: {cpu: 100m}, limits: {memory: 128Mi}}, service: {type: NodePort, externalTrafficPolicy: Local, annotations: {a: b}},
     pods: {annotations: {a: b}, nodeSelector: {a: b}, tolerations: [{operator: Exists}, {key: a, value: b, effect: NoExecute, tolerationSeconds: 3}],
     spread: {zones: Required, nodes: None}}, traffic: {trustedProxies: [10.0.0.0/8, "fd00::/8"], timeouts: {stall: 0s, drain: 2m}, limits: {bodyBytes: 10Mi}},
     logs: {access: "Off", level: Warn}}`))
}

// TestParameters has a class with parameters, and a Gateway with its own beside labels and annotations
// for its infrastructure. They reach the proxies, and changes do.
func TestParameters(t *testing.T) {
	r := newRoom(t)
	r.create(stack.Hub, deployment("echo", "hub", 1), service("echo"),
		parameters("class", `{replicas: 3, pods: {annotations: {example.com/of: class}}, logs: {level: Debug}}`),
		parameters("own", `{replicas: 1, traffic: {timeouts: {drain: 20s}, limits: {streams: 64}}}`))
	class := &gatewayv1.GatewayClass{Spec: gatewayv1.GatewayClassSpec{
		ControllerName: "fairway.dev/local",
		ParametersRef: &gatewayv1.ParametersReference{
			Group: "fairway.dev", Kind: "LocalGatewayParameters", Name: "class", Namespace: (*gatewayv1.Namespace)(&r.name),
		},
	}}
	class.Name = r.name
	if err := stack.Hub.Client.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := stack.Hub.Client.Delete(context.Background(), class); err != nil {
			t.Error(err)
		}
	})
	r.create(stack.Hub, gateway("web", r.name), route("shop", "web", "shop.example", ownBackend("echo", 8080)))
	r.updateGateway("web", func(g *gatewayv1.GatewaySpec) {
		g.Infrastructure = &gatewayv1.GatewayInfrastructure{
			Labels:        map[gatewayv1.LabelKey]gatewayv1.LabelValue{"team": "shop"},
			Annotations:   map[gatewayv1.AnnotationKey]gatewayv1.AnnotationValue{"example.com/by": "gateway"},
			ParametersRef: &gatewayv1.LocalParametersReference{Group: "fairway.dev", Kind: "LocalGatewayParameters", Name: "own"},
		}
	})
	r.site(r.programmed("web"), 0).servedBy("shop.example", "/", "echo", stack.Hub)
	r.eventually("one proxy with labels and annotations", func(ctx context.Context) error {
		pods, err := stack.Proxies(ctx, r.key("web"))
		if err != nil {
			return err
		}
		if len(pods) != 1 {
			return fmt.Errorf("there are %d", len(pods))
		}
		a := pods[0].Annotations
		if pods[0].Labels["team"] != "shop" || a["example.com/by"] != "gateway" || a["example.com/of"] != "class" {
			return fmt.Errorf("it has labels %v and annotations %v", pods[0].Labels, a)
		}
		return nil
	})

	r.setOwnParameters(map[string]any{"replicas": int64(1), "service": map[string]any{"type": "ClusterIP"}})
	r.eventually("the Gateway has its Service's own address", func(ctx context.Context) error {
		var services corev1.ServiceList
		err := stack.Hub.Client.List(ctx, &services, client.InNamespace(r.name), client.MatchingLabels{gatewayv1.GatewayNameLabelKey: "web"})
		var g gatewayv1.Gateway
		if err = errors.Join(err, stack.Hub.Client.Get(ctx, r.key("web"), &g)); err != nil {
			return err
		}
		if len(services.Items) != 1 || len(g.Status.Addresses) != 1 || g.Status.Addresses[0].Value != services.Items[0].Spec.ClusterIP {
			return fmt.Errorf("%d Services, addresses %v", len(services.Items), g.Status.Addresses)
		}
		return nil
	})
	r.programmed("web")
}

// TestNobodyGivesAnAddress has a Gateway of a load-balancer class that nothing on the hub knows: the
// same as a hub without any implementation. The status names the ways out, and one is taken.
func TestNobodyGivesAnAddress(t *testing.T) {
	r := newRoom(t)
	r.create(stack.Hub, deployment("echo", "hub", 1), service("echo"), parameters("own", `{service: {loadBalancerClass: example.com/nobody}}`),
		withOwnParameters(gateway("web", "fairway")), route("shop", "web", "shop.example", ownBackend("echo", 8080)))
	r.eventually("the lack of an address is said", func(ctx context.Context) error {
		var g gatewayv1.Gateway
		if err := stack.Hub.Client.Get(ctx, r.key("web"), &g); err != nil {
			return err
		}
		if err := wrong(g.Status.Conditions, string(gatewayv1.GatewayConditionProgrammed), string(gatewayv1.GatewayReasonAddressNotAssigned), g.Generation); err != nil {
			return err
		}
		message := meta.FindStatusCondition(g.Status.Conditions, string(gatewayv1.GatewayConditionProgrammed)).Message
		for _, way := range []string{"install one such as MetalLB", "NodePort or ClusterIP", "infrastructure.parametersRef"} {
			if !strings.Contains(message, way) {
				return fmt.Errorf("the message does not name %q: %s", way, message)
			}
		}
		return nil
	})
	r.setOwnParameters(map[string]any{})
	r.site(r.programmed("web"), 0).servedBy("shop.example", "/", "echo", stack.Hub)
}

// withOwnParameters refers a Gateway to the LocalGatewayParameters "own".
func withOwnParameters(gateway string) string {
	return strings.Replace(gateway, "spec:", "spec:\n  infrastructure: {parametersRef: {group: fairway.dev, kind: LocalGatewayParameters, name: own}}", 1)
}

// setOwnParameters gives them another spec.
func (r *room) setOwnParameters(spec map[string]any) {
	r.t.Helper()
	own := &unstructured.Unstructured{}
	own.SetAPIVersion("fairway.dev/v1alpha1")
	own.SetKind("LocalGatewayParameters")
	own.SetNamespace(r.name)
	own.SetName("own")
	r.update(stack.Hub, own, func(client.Object) { own.Object["spec"] = spec })
}

// TestAskedAddress asks for an address that nobody can give, and then for one that is free.
func TestAskedAddress(t *testing.T) {
	r := newRoom(t)
	asking := func(address string) string {
		return strings.Replace(gateway("web", "fairway"), "spec:", "spec:\n  addresses: [{type: IPAddress, value: "+address+"}]", 1)
	}
	web := &gatewayv1.Gateway{ObjectMeta: r.meta("web")}
	r.create(stack.Hub, gateway("web", "fairway"))
	free := r.programmed("web").Status.Addresses[0].Value
	r.remove(stack.Hub, web)
	r.gone(stack.Hub, web)

	r.create(stack.Hub, asking("203.0.113.1"))
	r.eventually("the address is said not to be usable", func(ctx context.Context) error {
		var g gatewayv1.Gateway
		if err := stack.Hub.Client.Get(ctx, r.key("web"), &g); err != nil {
			return err
		}
		return wrong(g.Status.Conditions, string(gatewayv1.GatewayConditionProgrammed), string(gatewayv1.GatewayReasonAddressNotUsable), g.Generation)
	})
	kind := gatewayv1.IPAddressType
	r.updateGateway("web", func(g *gatewayv1.GatewaySpec) {
		g.Addresses = []gatewayv1.GatewaySpecAddress{{Type: &kind, Value: free}}
	})
	if got := r.programmed("web").Status.Addresses; len(got) != 1 || got[0].Value != free {
		t.Errorf("the addresses are %v, asked for was %s", got, free)
	}
}

// TestTheStreamsAuthorityIsMadeKnown asks for a rotation of the certificate authority between hub and
// proxies. Its other steps come a day apart each.
func TestTheStreamsAuthorityIsMadeKnown(t *testing.T) {
	r := newRoom(t)
	r.create(stack.Hub, deployment("echo", "hub", 1), service("echo"), gateway("web", "fairway"), route("shop", "web", "shop.example", ownBackend("echo", 8080)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", stack.Hub)
	authority := &corev1.Secret{}
	authority.Namespace, authority.Name = install.Namespace, "fairway-stream-ca"
	r.update(stack.Hub, authority, func(o client.Object) { o.SetAnnotations(map[string]string{"fairway.dev/rotate": ""}) })
	r.eventually("the proxies are given both authorities", func(ctx context.Context) error {
		var secrets corev1.SecretList
		err := stack.Hub.Client.List(ctx, &secrets, client.InNamespace(r.name), client.MatchingLabels{gatewayv1.GatewayNameLabelKey: "web"})
		if err != nil {
			return err
		}
		if len(secrets.Items) != 1 {
			return fmt.Errorf("there are %d Secrets", len(secrets.Items))
		}
		rest, known := secrets.Items[0].Data["ca.crt"], 0
		for block, after := pem.Decode(bytes.Clone(rest)); block != nil; block, after = pem.Decode(after) {
			known++
		}
		if known != 2 {
			return fmt.Errorf("they are given %d", known)
		}
		return nil
	})
	// The proxies hear of a change over the streams that they have.
	r.create(stack.Hub, route("late", "web", "late.example", ownBackend("echo", 8080)))
	web.servedBy("late.example", "/", "echo", stack.Hub)
	r.replaceProxy("web")
	r.create(stack.Hub, route("later", "web", "later.example", ownBackend("echo", 8080)))
	web.servedBy("later.example", "/", "echo", stack.Hub)
}
