package local

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/authority"
	"fairway.dev/fairway/providers/local/wire"
	"fairway.dev/fairway/providers/plan"
)

func TestAGatewayIsMadeProgrammedAndThenCostsNothing(t *testing.T) {
	w := newWorld(t)
	wish := wishFor(80, 8080)
	o, steps, err := w.reconcile(wish)
	if !slices.Equal(steps, all("Create")) || !o.Exists {
		t.Errorf("steps are %q", steps)
	}
	if providers.KindOf(err) != providers.Pending || err.Error() != "waiting for the first of 2 proxies to become ready" {
		t.Errorf("apply: %v", err)
	}

	address := w.serve()
	w.balance("pod-1", "pod-2")
	o = w.must(wish)
	if want := "listener a: 2 of 2 ready proxies are not connected to the hub"; o.Waiting != want {
		t.Errorf("waits for %q, want %q", o.Waiting, want)
	}
	w.proxy(address, "pod-1", nil)
	w.proxy(address, "pod-2", nil)
	o = w.until("both listeners", func(o providers.Observation) bool { return o.Waiting == "" })
	for i, l := range o.Listeners {
		if !l.Programmed || l.Hash != ir.Hash(wish.Listeners[i]) || l.Message != "" {
			t.Errorf("listener is %+v", l)
		}
	}
	if want := []ir.Address{{Type: ir.IPAddress, Value: "192.0.2.1"}}; !slices.Equal(o.Addresses, want) {
		t.Errorf("addresses are %v, want %v", o.Addresses, want)
	}

	before := w.calls.Load()
	for range 3 {
		w.must(wish)
		w.must(wishFor(80, 8080))
	}
	if n := w.calls.Load() - before; n != 0 {
		t.Errorf("an unchanged world cost %d calls", n)
	}
}

func TestPlanIsDeterministicAndReadsNothing(t *testing.T) {
	w := newWorld(t)
	o, err := w.Observe(t.Context(), web)
	if err != nil {
		t.Fatal(err)
	}
	before := w.calls.Load()
	if a, b := w.Plan(web, nil, wishFor(80), o), w.Plan(web, nil, wishFor(80), o); !reflect.DeepEqual(a, b) {
		t.Errorf("two plans differ: %v, %v", a, b)
	}
	if w.calls.Load() != before || o.Exists {
		t.Error("planning called the API, or what is not there exists")
	}
	for i, s := range w.Plan(web, nil, wishFor(80), o).Steps {
		if s.Why == "" || i > 0 && !slices.Contains(s.DependsOn, id("Stream", web)) {
			t.Errorf("step %s: why %q, depends on %v", s.ID, s.Why, s.DependsOn)
		}
	}
}

func TestAChangeTouchesOnlyWhatItConcerns(t *testing.T) {
	w := newWorld(t)
	wish := wishFor(80)
	w.must(wish, all("Create")...)
	var before, after appsv1.Deployment
	w.get(&before)

	changed := wishFor(80)
	changed.Routes = append(changed.Routes, &ir.Route{Name: "HTTPRoute/shop/b"})
	w.must(changed, "Update "+id("Stream", web))
	w.must(wishFor(8080), "Update "+id("Stream", web), "Update "+id("Service", web))
	w.must(wishFor(8080))
	w.get(&after)
	if before.ResourceVersion != after.ResourceVersion {
		t.Error("a change of listeners or routes wrote the Deployment")
	}
	var service corev1.Service
	w.get(&service)
	if len(service.Spec.Ports) != 1 || service.Spec.Ports[0].Port != 8080 {
		t.Errorf("the Service's ports are %v", service.Spec.Ports)
	}
}

func TestDriftIsRepairedAndWhatOthersAddStays(t *testing.T) {
	w := newWorld(t)
	wish := wishFor(80)
	w.must(wish, all("Create")...)
	var d appsv1.Deployment
	w.get(&d)
	none := int32(0)
	d.Spec.Replicas = &none
	d.Annotations["example.com/note"] = "mine"
	w.update(&d)
	var s corev1.Service
	w.get(&s)
	s.Spec.Ports = append(s.Spec.Ports, corev1.ServicePort{Name: "mine", Port: 9999, Protocol: corev1.ProtocolTCP})
	w.update(&s)

	w.must(wish, "Update "+id("Deployment", web))
	w.must(wish)
	w.get(&d)
	if *d.Spec.Replicas != 2 || d.Annotations["example.com/note"] != "mine" {
		t.Errorf("the Deployment has %d replicas and annotations %v", *d.Spec.Replicas, d.Annotations)
	}
}

func TestWhatTheCacheDoesNotShowYetIsNotWrittenTwice(t *testing.T) {
	w := newWorld(t)
	w.must(wishFor(80), all("Create")...)
	var service corev1.Service
	w.get(&service)
	w.written.wrote(id("Service", web), service.ResourceVersion+"0", false)
	w.must(wishFor(81), "Update "+id("Stream", web))
	w.written.wrote(id("Service", web), service.ResourceVersion, false)
	w.must(wishFor(81), "Update "+id("Service", web))
	w.must(wishFor(81))
}

func TestAForeignObjectIsReportedAndNeverTouched(t *testing.T) {
	foreign := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: objectName(web), Labels: map[string]string{"a": "b"}}}
	w := newWorld(t, foreign)
	var before, after corev1.Service
	w.get(&before)
	_, _, err := w.reconcile(wishFor(80))
	if providers.KindOf(err) != providers.Conflict || !strings.Contains(err.Error(), id("Service", web)) {
		t.Errorf("apply: %v", err)
	}
	var d appsv1.Deployment
	w.get(&d)
	// One that the cache does not show is noticed as well.
	step := plan.Step{Payload: write{kind: "Service", wish: partOf("Service").object(blueprint{ref: web, settings: resolve(v1alpha1.LocalGatewayParametersSpec{}), wish: wishFor(80)})}}
	if err := w.carryOut(t.Context(), web, step, onePod{}); providers.KindOf(err) != providers.Conflict {
		t.Errorf("write: %v", err)
	}

	w.must(nil, "Delete "+id("Deployment", web), "Delete "+id("PodDisruptionBudget", web),
		"Delete "+id("Secret", web), "Delete "+id("ServiceAccount", web))
	if o := w.must(nil, "Delete "+id("Stream", web)); o.Exists {
		t.Error("a foreign object counts as ours")
	}
	w.get(&after)
	if before.ResourceVersion != after.ResourceVersion {
		t.Error("the foreign Service was written")
	}
}

func TestRemovalLeavesNothing(t *testing.T) {
	w := newWorld(t)
	w.must(wishFor(80), all("Create")...)
	w.balance("pod-1")
	if refs, err := w.List(t.Context(), ""); err != nil || !slices.Equal(refs, []providers.Ref{web}) {
		t.Errorf("listed %v (%v)", refs, err)
	}
	o := w.must(&ir.LoadBalancer{}, "Delete "+id("Service", web), "Delete "+id("Deployment", web),
		"Delete "+id("PodDisruptionBudget", web), "Delete "+id("Secret", web), "Delete "+id("ServiceAccount", web))
	if !o.Exists {
		t.Error("gone before the stream's configuration is")
	}
	o = w.must(&ir.LoadBalancer{}, "Delete "+id("Stream", web))
	if !o.Exists || o.Waiting != "waiting for the endpoints of "+id("Service", web)+" to be gone" {
		t.Errorf("while EndpointSlices are left: %+v", o)
	}
	if err := w.client.DeleteAllOf(t.Context(), &discoveryv1.EndpointSlice{}); err != nil {
		t.Fatal(err)
	}
	if o := w.must(&ir.LoadBalancer{}); o.Exists || o.Waiting != "" {
		t.Errorf("not gone: %+v", o)
	}
	if refs, err := w.List(t.Context(), ""); err != nil || len(refs) != 0 {
		t.Errorf("listed %v (%v)", refs, err)
	}
}

func TestRemovalWaitsForWhatTheCacheDoesNotShowYet(t *testing.T) {
	w := newWorld(t)
	w.must(wishFor(80), all("Create")...)
	err := w.carryOut(t.Context(), web, plan.Step{Payload: unpublish{}}, onePod{})
	if providers.KindOf(err) != providers.Pending || w.index.Published(web) == nil {
		t.Errorf("unpublish: %v", err)
	}
}

func TestAfterARestartOnlyTheStreamIsFilled(t *testing.T) {
	w := newWorld(t)
	w.must(wishFor(80), all("Create")...)
	w.Provider = w.provider()
	if _, err := w.SyncEndpoints(t.Context(), web, providers.PoolObservation{Name: "p"}, nil); providers.KindOf(err) != providers.Stale {
		t.Errorf("sync before the configuration is published: %v", err)
	}
	w.must(wishFor(80), "Create "+id("Stream", web))
	if _, err := w.SyncEndpoints(t.Context(), web, providers.PoolObservation{Name: "p"}, onePod{}.Endpoints("p")); err != nil {
		t.Errorf("sync: %v", err)
	}
}

func TestCertificatesAreRenewedInTime(t *testing.T) {
	w := newWorld(t)
	wish := wishFor(80)
	w.must(wish, all("Create")...)
	var before, after corev1.Secret
	w.get(&before)
	if !certificateEnd(&before).Equal(start.Add(authority.LeafLifetime)) {
		t.Errorf("the certificate ends at %v", certificateEnd(&before))
	}
	w.must(wish)
	woken := make(chan providers.Ref)
	go func() {
		ref, _ := w.due.Get()
		woken <- ref
	}()
	// The queue notes the wish to be woken in a goroutine of its own.
	deadline := time.After(patience)
	for woke := false; !woke; {
		w.clock.SetTime(start.Add(authority.LeafLifetime / 3 * 2))
		select {
		case ref := <-woken:
			woke = ref == web
		case <-time.After(5 * time.Millisecond):
		case <-deadline:
			t.Fatal("nobody was woken")
		}
	}
	w.must(wish, "Update "+id("Secret", web))
	w.must(wish)
	w.get(&after)
	if string(before.Data[wire.CertFile]) == string(after.Data[wire.CertFile]) || string(before.Data[wire.CAFile]) != string(after.Data[wire.CAFile]) {
		t.Error("want another certificate of the same authority")
	}
}

func TestWhatCannotBeServedIsRefusedAlone(t *testing.T) {
	w := newWorld(t)
	wish := wishFor(80, 64600, 81)
	wish.Listeners[2].Protocol = "TLS"
	o, err := w.Observe(t.Context(), web)
	if err != nil {
		t.Fatal(err)
	}
	p := w.Plan(web, nil, wish, o)
	var subjects []string
	for _, v := range p.Verdicts {
		subjects = append(subjects, string(v.Subject)+" "+v.Reason)
	}
	if !slices.Equal(subjects, []string{"listener/b PortUnavailable", "listener/c UnsupportedProtocol"}) {
		t.Errorf("verdicts are %q", subjects)
	}
	w.must(wish, all("Create")...)
	var service corev1.Service
	w.get(&service)
	if len(service.Spec.Ports) != 1 || len(w.index.Published(web).Listeners) != 1 {
		t.Errorf("the Service's ports are %v", service.Spec.Ports)
	}
	w.must(wish)
}

func TestRefusalsOfProxiesAreTold(t *testing.T) {
	w := newWorld(t)
	wish := wishFor(80)
	wish.Listeners[0].Protocol, wish.Listeners[0].Certificates = ir.HTTPS, []string{"shop/tls"}
	wish.Certificates = []ir.Certificate{{Name: "shop/tls", Chain: "chain", Key: ir.NewSecret([]byte("key"))}}
	w.must(wish, all("Create")...)
	address := w.serve()
	w.balance("pod-1")
	w.proxy(address, "pod-1", map[string]string{
		wire.RouteType: "unknown field", wire.ListenerType: "port 64592 is taken", wire.CertificateType: "the key does not fit the certificate",
	})
	o := w.until("the refusal", func(o providers.Observation) bool {
		return o.Listeners[0].Message == "1 of 1 ready proxies refuses it: port 64592 is taken"
	})
	p := w.Plan(web, nil, wish, o)
	want := []plan.Verdict{
		{Subject: "certificate/shop/tls", Service: plan.Refused, Reason: "RefusedByProxy",
			Message: "a proxy refuses the certificate and serves what it had of it before: the key does not fit the certificate"},
		{Subject: "route/HTTPRoute/shop/a", Service: plan.Refused, Reason: "RefusedByProxy",
			Message: "a proxy refuses the route and serves what it had of it before: unknown field"},
	}
	if !slices.Equal(p.Verdicts, want) || !p.Empty() {
		t.Errorf("plan is %+v", p)
	}
}

func TestAnotherLoadBalancerClassTakesAnotherService(t *testing.T) {
	w := newWorld(t)
	const edge = `{"service": {"loadBalancerClass": "example.com/edge"}}`
	step := func(parameters string) []string {
		t.Helper()
		o, err := w.Observe(t.Context(), web)
		if err != nil {
			t.Fatal(err)
		}
		var steps []string
		p := w.Plan(web, json.RawMessage(parameters), wishFor(80), o)
		for _, s := range p.Steps {
			steps = append(steps, string(s.Op)+" "+s.Resource)
		}
		if _, _, err := w.Apply(t.Context(), web, p, onePod{}); err != nil && providers.KindOf(err) != providers.Pending {
			t.Fatal(err)
		}
		return steps
	}
	w.must(wishFor(80), all("Create")...)
	// Somebody else chose a class for a Service that asks for none.
	var service corev1.Service
	w.get(&service)
	service.Spec.LoadBalancerClass = new("example.com/default")
	w.update(&service)
	for _, c := range []struct{ parameters, want string }{
		{"{}", ""},
		{edge, "Delete " + id("Service", web)},
		{edge, "Create " + id("Service", web)},
		{edge, ""},
		{`{"service": {"type": "ClusterIP"}}`, "Update " + id("Service", web)},
		{edge, "Update " + id("Service", web)},
		{"{}", "Delete " + id("Service", web)},
		{"{}", "Create " + id("Service", web)},
	} {
		if got := strings.Join(step(c.parameters), ", "); got != c.want {
			t.Errorf("with %s the steps are %q, want %q", c.parameters, got, c.want)
		}
	}
}
