package gather_test

import (
	"context"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

func TestOverBeginsWithWhatIsHeldAndChangesNothing(t *testing.T) {
	chain, key := pair(t, "shop.example")
	good := secretOf("n", "tls", chain, key)
	v := newVault(t, []gatewayv1.SecretObjectReference{{Name: "tls"}}, good)
	was, _ := v.held(t, "n", "tls")
	spoilt := good.DeepCopy()
	spoilt.Data["tls.key"] = []byte("rubbish")
	v.put(t, spoilt)
	now, _ := v.held(t, "n", "tls")
	read := len(v.values)

	at := gather.Key{Namespace: "n", Name: "tls"}
	renewed, renewedKey := pair(t, "cart.example")
	for name, c := range map[string]struct {
		laid   map[gather.Key]snapshot.Certificate
		host   string
		spoilt bool
	}{
		"nothing laid over it": {nil, "shop.example", true},
		"spoilt once more":     {map[gather.Key]snapshot.Certificate{at: gather.Content(secretOf("n", "tls", nil, nil))}, "shop.example", true},
		"mended":               {map[gather.Key]snapshot.Certificate{at: gather.Content(secretOf("n", "tls", renewed, renewedKey))}, "cart.example", false},
	} {
		s, err := v.g.Over(v.world, c.laid).Snapshot(t.Context(), v.gw)
		if err != nil {
			t.Fatal(err)
		}
		got := s.Certificates[at]
		if !got.Usable || got.Certificate.Hostnames[0] != c.host || (got.Problem != "") != c.spoilt {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if after, _ := v.held(t, "n", "tls"); after.Problem != now.Problem || after.Certificate.Chain != was.Certificate.Chain || len(v.values) != read {
		t.Errorf("what is held has changed, or was read again: %+v", after)
	}
}

// lister counts what is listed.
type lister struct {
	client.Reader
	lists int
}

func (l *lister) List(ctx context.Context, into client.ObjectList, opts ...client.ListOption) error {
	if _, is := into.(*gatewayv1.HTTPRouteList); is {
		l.lists++
	}
	return l.Reader.List(ctx, into, opts...)
}

func TestOverListsRoutesOnceForAllGateways(t *testing.T) {
	route := &gatewayv1.HTTPRoute{ObjectMeta: meta("r")}
	route.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: "web"}, {Name: "other"}}
	v := newVault(t, nil, route)
	counted := &lister{Reader: v.world}
	over := v.g.Over(counted, nil)
	for name, routes := range map[string]int{v.gw.Name: 1, "other": 1, "none": 0} {
		gw := v.gw.DeepCopy()
		gw.Name = name
		s, err := over.Snapshot(t.Context(), gw)
		if err != nil || len(s.Routes) != routes {
			t.Errorf("Gateway %s has routes %v, %v", name, s, err)
		}
	}
	if counted.lists != 1 {
		t.Errorf("routes were listed %d times", counted.lists)
	}
}
