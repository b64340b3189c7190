package placement

import (
	"bytes"
	"encoding/json"
	"fmt"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
)

// GoodAnnotation holds what a Gateway was last accepted with, as JSON.
const GoodAnnotation = "fairway.dev/last-good"

// Good is what a Gateway was last accepted with, of all that can be refused
// while its listeners and routes are in order. It holds no secrets, and
// settings bounds its size.
type Good struct {
	Settings    providers.Settings                                    `json:"settings,omitempty"`
	Addresses   []gatewayv1.GatewaySpecAddress                        `json:"addresses,omitempty"`
	Labels      map[gatewayv1.LabelKey]gatewayv1.LabelValue           `json:"labels,omitempty"`
	Annotations map[gatewayv1.AnnotationKey]gatewayv1.AnnotationValue `json:"annotations,omitempty"`
}

// GoodOf is what an accepted Gateway is served with.
func GoodOf(gw *gatewayv1.Gateway, settings providers.Settings) *Good {
	g := &Good{Settings: settings, Addresses: gw.Spec.Addresses}
	if i := gw.Spec.Infrastructure; i != nil {
		g.Labels, g.Annotations = i.Labels, i.Annotations
	}
	return g
}

// Over is the Gateway, with all of it as it was when it was last accepted.
func (g *Good) Over(gw *gatewayv1.Gateway) *gatewayv1.Gateway {
	out := gw.DeepCopy()
	out.Spec.Addresses = g.Addresses
	if len(g.Labels) > 0 || len(g.Annotations) > 0 || out.Spec.Infrastructure != nil {
		if out.Spec.Infrastructure == nil {
			out.Spec.Infrastructure = &gatewayv1.GatewayInfrastructure{}
		}
		out.Spec.Infrastructure.Labels, out.Spec.Infrastructure.Annotations = g.Labels, g.Annotations
	}
	if out.Spec.TLS != nil {
		// No class serves it: it was not there.
		out.Spec.TLS.Backend = nil
	}
	return out
}

// ReadGood reads what a Gateway was last accepted with, nil if it never was.
func ReadGood(gateway client.Object) (*Good, error) {
	text := gateway.GetAnnotations()[GoodAnnotation]
	if text == "" {
		return nil, nil
	}
	g := &Good{}
	if err := json.Unmarshal([]byte(text), g); err != nil {
		return nil, fmt.Errorf("annotation %s: %w", GoodAnnotation, err)
	}
	return g, nil
}

// WriteGood writes it into the Gateway's annotations; nil takes it away.
func WriteGood(gateway client.Object, g *Good) error {
	annotations := gateway.GetAnnotations()
	if g == nil {
		delete(annotations, GoodAnnotation)
		gateway.SetAnnotations(annotations)
		return nil
	}
	text, err := canonical(g)
	if err != nil {
		return fmt.Errorf("annotation %s: %w", GoodAnnotation, err)
	}
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[GoodAnnotation] = text
	gateway.SetAnnotations(annotations)
	return nil
}

// canonical writes equal things alike, so that a Gateway is not written for the
// order of its parameters' fields.
func canonical(g *Good) (string, error) {
	text, err := json.Marshal(g)
	if err != nil {
		return "", err
	}
	numbers := json.NewDecoder(bytes.NewReader(text))
	numbers.UseNumber()
	var plain any
	if err := numbers.Decode(&plain); err != nil {
		return "", err
	}
	text, err = json.Marshal(plain)
	return string(text), err
}
