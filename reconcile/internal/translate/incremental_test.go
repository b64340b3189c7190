package translate_test

import (
	"fmt"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/snapshot"
	"fairway.dev/fairway/reconcile/internal/translate"
)

func manyRoutes(n int) *snapshot.Gateway {
	s := &snapshot.Gateway{Gateway: &gatewayv1.Gateway{
		ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web", UID: "1", Generation: 1},
		Spec:       gatewayv1.GatewaySpec{Listeners: []gatewayv1.Listener{{Name: "http", Port: 80, Protocol: gatewayv1.HTTPProtocolType}}},
	}}
	for i := range n {
		s.Routes = append(s.Routes, oneRoute(fmt.Sprintf("r%05d", i), "/"))
	}
	return s
}

func oneRoute(name, path string) *snapshot.Route {
	group, kind, port := gatewayv1.Group(translate.ImportGroup), gatewayv1.Kind("ServiceImport"), gatewayv1.PortNumber(80)
	r := &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name, Generation: 1}}
	r.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: "web"}}
	r.Spec.Hostnames = []gatewayv1.Hostname{gatewayv1.Hostname(name + ".example.com")}
	rule := gatewayv1.HTTPRouteRule{Matches: []gatewayv1.HTTPRouteMatch{{Path: &gatewayv1.HTTPPathMatch{Value: &path}}}}
	rule.BackendRefs = []gatewayv1.HTTPBackendRef{{}}
	rule.BackendRefs[0].Group, rule.BackendRefs[0].Kind, rule.BackendRefs[0].Name, rule.BackendRefs[0].Port = &group, &kind, "echo", &port
	r.Spec.Rules = []gatewayv1.HTTPRouteRule{rule}
	key := types.NamespacedName{Namespace: "n", Name: "echo"}
	return &snapshot.Route{Key: types.NamespacedName{Namespace: "n", Name: name}, Route: r, Imports: map[types.NamespacedName]snapshot.Import{key: {Ports: []uint16{80}}}}
}

// Whatever is kept from the round before, the result is that of a translation
// from nothing; and only what changed is translated.
func TestUnchangedRoutesKeepTheirFragments(t *testing.T) {
	s := manyRoutes(1000)
	first := translate.Gateway(s, full, nil)
	if first.Translated != 1000 || len(first.LoadBalancer.Routes) != 1000 {
		t.Fatalf("translated %d, %d fragments", first.Translated, len(first.LoadBalancer.Routes))
	}
	steps := []struct {
		name   string
		change func()
		want   int
	}{
		{"nothing", func() {}, 0},
		{"one route", func() { s.Routes[500] = oneRoute("r00500", "/new") }, 1},
		{"one goes", func() { s.Routes = append(s.Routes[:3:3], s.Routes[4:]...) }, 0},
		{"one comes at the end", func() { s.Routes = append(s.Routes, oneRoute("zz", "/")) }, 1},
		{"the listeners", func() {
			gw := s.Gateway.DeepCopy()
			gw.Generation++
			gw.Spec.Listeners[0].Port = 8080
			s.Gateway = gw
		}, 1000},
		{"the import's port goes for one", func() {
			r := oneRoute("r00007", "/")
			r.Imports = nil
			s.Routes[6] = r
		}, 1},
	}
	previous := first
	for _, step := range steps {
		step.change()
		s = &snapshot.Gateway{Gateway: s.Gateway, Routes: append([]*snapshot.Route(nil), s.Routes...)}
		got := translate.Gateway(s, full, previous)
		if got.Translated != step.want {
			t.Errorf("%s: translated %d routes, want %d", step.name, got.Translated, step.want)
		}
		fresh := translate.Gateway(s, full, nil)
		if !ir.Equal(got.LoadBalancer, fresh.LoadBalancer) || !ir.Equal(got.Routes, fresh.Routes) || !ir.Equal(got.Listeners, fresh.Listeners) {
			t.Errorf("%s: differs from a translation from nothing", step.name)
		}
		previous = got
	}
}

func BenchmarkOneRouteOf5000(b *testing.B) {
	s := manyRoutes(5000)
	previous := translate.Gateway(s, full, nil)
	for b.Loop() {
		s.Routes[2500] = oneRoute("r02500", "/x")
		previous = translate.Gateway(s, full, previous)
	}
}
