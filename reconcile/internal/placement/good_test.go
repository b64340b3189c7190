package placement

import (
	"testing"

	"k8s.io/apimachinery/pkg/api/equality"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
)

func TestTheLastGoodIsKeptOnTheGateway(t *testing.T) {
	gw := &gatewayv1.Gateway{}
	if g, err := ReadGood(gw); g != nil || err != nil {
		t.Fatalf("a new Gateway: %v, %v", g, err)
	}
	gw.Spec.Addresses = []gatewayv1.GatewaySpecAddress{{Value: "192.0.2.1"}}
	gw.Spec.Infrastructure = &gatewayv1.GatewayInfrastructure{Labels: map[gatewayv1.LabelKey]gatewayv1.LabelValue{"a": "b"}}
	accepted := gw.Spec.DeepCopy()
	if err := WriteGood(gw, GoodOf(gw, providers.Settings(`{"n":12345678901234567890,"a":null}`))); err != nil {
		t.Fatal(err)
	}
	text := gw.Annotations[GoodAnnotation]
	if err := WriteGood(gw, GoodOf(gw, providers.Settings(`{"a":null, "n":12345678901234567890}`))); err != nil || gw.Annotations[GoodAnnotation] != text {
		t.Errorf("the order of fields matters: %s, %s, %v", text, gw.Annotations[GoodAnnotation], err)
	}
	gw.Spec.Addresses, gw.Spec.Infrastructure.Labels = nil, nil
	gw.Spec.TLS = &gatewayv1.GatewayTLSConfig{Backend: &gatewayv1.GatewayBackendTLS{}}
	g, err := ReadGood(gw)
	if err != nil || string(g.Settings) != `{"a":null,"n":12345678901234567890}` {
		t.Fatalf("read back %+v, %v", g, err)
	}
	accepted.TLS = &gatewayv1.GatewayTLSConfig{}
	if over := g.Over(gw); !equality.Semantic.DeepEqual(over.Spec, *accepted) {
		t.Errorf("over it: %+v, want %+v", over.Spec, *accepted)
	}
	if err := WriteGood(gw, nil); err != nil || gw.Annotations[GoodAnnotation] != "" {
		t.Error("it is left behind")
	}
	gw.Annotations[GoodAnnotation] = "{"
	if _, err := ReadGood(gw); err == nil {
		t.Error("a malformed one is no error")
	}
}
