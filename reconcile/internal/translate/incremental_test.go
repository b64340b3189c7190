package translate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"
	"time"

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
	echo := ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "echo"}
	return &snapshot.Route{Key: types.NamespacedName{Namespace: "n", Name: name}, Route: r, Backends: map[ir.Service]snapshot.Backend{echo: {Ports: []snapshot.Port{{Number: 80}}}}}
}

// TestRandomChangesLeaveNothingBehind compares what is kept from round to round with a translation
// from nothing, while routes, the pools that they share, and their backends come and go at random.
func TestRandomChangesLeaveNothingBehind(t *testing.T) {
	const names, services, rounds = 6, 4, 2000
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	s := manyRoutes(0)
	var kept *translate.Result
	for round := range rounds {
		// Each name is the same route still, another one, or none.
		before := map[string]*snapshot.Route{}
		for _, r := range s.Routes {
			before[r.Key.Name] = r
		}
		s = &snapshot.Gateway{Gateway: s.Gateway}
		for i := range names {
			name := string(rune('a' + i))
			switch r := before[name]; {
			case r != nil && random.IntN(3) > 0:
				s.Routes = append(s.Routes, r)
			case random.IntN(2) == 0:
				s.Routes = append(s.Routes, randomRoute(random, name, services))
			}
		}
		last := ir.Hash(results(kept))
		now := translate.Gateway(s, full, kept)
		if ir.Hash(results(kept)) != last {
			t.Fatalf("seed %d, round %d: the previous result was changed", seed, round)
		}
		if fresh := translate.Gateway(s, full, nil); !ir.Equal(results(now), results(fresh)) {
			t.Fatalf("seed %d, round %d: kept\n%+v\nfrom nothing\n%+v", seed, round, now.LoadBalancer.Pools, fresh.LoadBalancer.Pools)
		}
		kept = now
	}
}

// results are all that others see of a Result.
func results(r *translate.Result) []any {
	if r == nil {
		return nil
	}
	return []any{r.LoadBalancer, r.Gateway, r.Listeners, r.Routes}
}

// randomRoute sends requests to two services that may be the same, may exist, and are other routes' too.
func randomRoute(random *rand.Rand, name string, services int) *snapshot.Route {
	r := oneRoute(name, "/"+strconv.Itoa(random.IntN(9)))
	r.Backends = map[ir.Service]snapshot.Backend{}
	rule := &r.Route.Spec.Rules[0]
	rule.BackendRefs = append(rule.BackendRefs, rule.BackendRefs[0])
	for i := range rule.BackendRefs {
		service := "echo" + strconv.Itoa(random.IntN(services))
		rule.BackendRefs[i].Name = gatewayv1.ObjectName(service)
		if random.IntN(3) > 0 {
			r.Backends[ir.Service{Kind: "ServiceImport", Namespace: "n", Name: service}] = snapshot.Backend{Ports: []snapshot.Port{{Number: 80}}}
		}
	}
	if random.IntN(5) == 0 {
		r.Route.Spec.ParentRefs[0].SectionName = new(gatewayv1.SectionName("other"))
	}
	return r
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
		{"what no route sees", func() {
			gw := s.Gateway.DeepCopy()
			gw.Generation++
			gw.Spec.Addresses = []gatewayv1.GatewaySpecAddress{{Value: "192.0.2.1"}}
			s.Gateway = gw
		}, 0},
		{"the import's port goes for one", func() {
			r := oneRoute("r00007", "/")
			r.Backends = nil
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

func withCertificate(s *snapshot.Gateway, end time.Time) *snapshot.Gateway {
	gw := s.Gateway.DeepCopy()
	gw.Spec.Listeners[0].Protocol = gatewayv1.HTTPSProtocolType
	gw.Spec.Listeners[0].TLS = &gatewayv1.ListenerTLSConfig{CertificateRefs: []gatewayv1.SecretObjectReference{{Name: "tls"}}}
	c := ir.Certificate{Name: "n/tls", KeyType: ir.ECDSAP256, NotAfter: end.Unix(), Key: ir.NewSecret([]byte(end.String()))}
	return &snapshot.Gateway{
		Gateway: gw, Routes: s.Routes, At: noon,
		Certificates: map[types.NamespacedName]snapshot.Certificate{{Namespace: "n", Name: "tls"}: {Usable: true, Certificate: c}},
	}
}

// A renewed certificate reaches the load balancer and costs no route; and the
// result says when a certificate's end will change it.
func TestARenewedCertificateTranslatesNoRoute(t *testing.T) {
	s := manyRoutes(10)
	first := translate.Gateway(withCertificate(s, noon.Add(time.Hour)), full, nil)
	renewed := translate.Gateway(withCertificate(s, noon.Add(2*time.Hour)), full, first)
	if renewed.Translated != 0 || ir.Equal(first.LoadBalancer.Certificates, renewed.LoadBalancer.Certificates) {
		t.Errorf("translated %d routes; certificates %v", renewed.Translated, renewed.LoadBalancer.Certificates)
	}
	if !ir.Equal(first.LoadBalancer.Routes, renewed.LoadBalancer.Routes) || first.LoadBalancer.Routes[3] != renewed.LoadBalancer.Routes[3] {
		t.Error("a fragment did not keep its identity")
	}
	if !first.Until.Equal(noon.Add(time.Hour)) {
		t.Errorf("until %v", first.Until)
	}
	if ended := translate.Gateway(withCertificate(s, noon.Add(-time.Hour)), full, renewed); !ended.Until.IsZero() || len(ended.LoadBalancer.Certificates) != 1 {
		t.Errorf("a certificate that ended: until %v, %v", ended.Until, ended.LoadBalancer.Certificates)
	}
}

func TestOtherCapabilitiesTranslateAnew(t *testing.T) {
	s := manyRoutes(10)
	if got := translate.Gateway(s, poor, translate.Gateway(s, full, nil)); got.Translated != 10 {
		t.Errorf("translated %d routes", got.Translated)
	}
}

// One bad route among 10,000 is refused, and everything else is as it is
// without it.
func TestOneBadRouteOfManyStopsNobody(t *testing.T) {
	s := manyRoutes(10000)
	good := translate.Gateway(s, full, nil)
	bad := oneRoute("r05000", "/")
	bad.Route.Spec.Rules[0].Matches[0].Path.Type = new(gatewayv1.PathMatchRegularExpression)
	bad.Route.Spec.Rules[0].Matches[0].Path.Value = new("/(")
	s.Routes[5000] = bad
	got := translate.Gateway(s, full, good)
	if got.Translated != 1 || len(got.LoadBalancer.Routes) != 9999 || got.Listeners[0].AttachedRoutes != 9999 {
		t.Errorf("translated %d, %d fragments, %d attached", got.Translated, len(got.LoadBalancer.Routes), got.Listeners[0].AttachedRoutes)
	}
	if c := got.Routes[5000].Parents[0].Conditions[0]; c.Status != metav1.ConditionFalse || c.Reason != string(gatewayv1.RouteReasonUnsupportedValue) {
		t.Errorf("the bad route: %+v", c)
	}
	for i, r := range good.Routes {
		if i != 5000 && got.Routes[i] != r {
			t.Fatalf("the report of %s changed", r.Key)
		}
	}
}

// BenchmarkOneRoute shows what a route that changes, and one that comes and goes with a pool of its
// own, cost among few and many.
func BenchmarkOneRoute(b *testing.B) {
	for _, n := range []int{100, 5000} {
		s := manyRoutes(n)
		for i := range s.Routes {
			s.Routes[i] = routeTo(s.Routes[i].Key.Name, "echo"+strconv.Itoa(i))
		}
		previous := translate.Gateway(s, full, nil)
		b.Run(fmt.Sprintf("changes/%d", n), func(b *testing.B) {
			for b.Loop() {
				s.Routes[n/2] = routeTo(s.Routes[n/2].Key.Name, "echo"+strconv.Itoa(n/2))
				previous = translate.Gateway(s, full, previous)
			}
		})
		more := *s
		more.Routes = append(slices.Clone(s.Routes), routeTo("z", "other"))
		b.Run(fmt.Sprintf("comes-and-goes/%d", n), func(b *testing.B) {
			for b.Loop() {
				previous = translate.Gateway(&more, full, previous)
				previous = translate.Gateway(s, full, previous)
			}
		})
	}
}

// routeTo is a route to a service that exists.
func routeTo(name, service string) *snapshot.Route {
	r := oneRoute(name, "/")
	r.Route.Spec.Rules[0].BackendRefs[0].Name = gatewayv1.ObjectName(service)
	r.Backends = map[ir.Service]snapshot.Backend{{Kind: "ServiceImport", Namespace: "n", Name: service}: {Ports: []snapshot.Port{{Number: 80}}}}
	return r
}
