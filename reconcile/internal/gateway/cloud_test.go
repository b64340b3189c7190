package gateway

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/instrument"
)

// sky is a room whose Gateway is served by the fake cloud, through all the
// layers that a hub has.
type sky struct {
	*room
	cloud *cloud.Cloud
	wakes <-chan providers.Ref
	// calls are those of the cloud's API since they were last taken; changes
	// begin with "!". Several are made at once.
	noting sync.Mutex
	calls  []string
	source endpointMap
}

func newSky(t *testing.T) *sky {
	t.Helper()
	s := &sky{room: newRoom(t), cloud: cloud.New(), source: endpointMap{}}
	s.cloud.Intercept(func(ctx context.Context, call string, mutates bool, do func(context.Context) error) error {
		if mutates {
			call = "!" + call
		}
		s.noting.Lock()
		s.calls = append(s.calls, call)
		s.noting.Unlock()
		return do(ctx)
	})
	s.Endpoints = s.source
	s.restart()
	class := &gatewayv1.GatewayClass{}
	if err := s.client.Get(t.Context(), gather.Key{Name: "fairway"}, class); err != nil {
		t.Fatal(err)
	}
	class.Spec.ControllerName = "fairway.dev/fake"
	if err := s.client.Update(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	s.locate("north")
	s.edit(func(gw *gatewayv1.Gateway) {
		gw.Spec.Infrastructure = &gatewayv1.GatewayInfrastructure{ParametersRef: &gatewayv1.LocalParametersReference{Group: "fake.fairway.dev", Kind: "FakeParameters", Name: "x"}}
	})
	return s
}

// restart forgets all that a hub keeps in memory.
func (s *sky) restart() {
	p := fake.New(s.cloud, "h")
	s.wakes = p.Wake()
	s.Providers = map[string]providers.Provider{"fake": instrument.Provider(p, prometheus.NewRegistry())}
	s.gateways = map[gather.Key]*state{}
	s.Gather = gather.New(s.client)
}

// locate sets the region that the Gateway's parameters name.
func (s *sky) locate(region string) {
	s.t.Helper()
	o := &unstructured.Unstructured{Object: map[string]any{"apiVersion": "fake.fairway.dev/v1", "kind": "FakeParameters", "spec": map[string]any{"region": region}}}
	o.SetNamespace("n")
	o.SetName("x")
	if err := s.client.Delete(s.t.Context(), o.DeepCopy()); client.IgnoreNotFound(err) != nil {
		s.t.Fatal(err)
	}
	if err := s.client.Create(s.t.Context(), o); err != nil {
		s.t.Fatal(err)
	}
}

// settle makes rounds, as the queue would and as time goes by, until nothing is
// asked for any more.
func (s *sky) settle() {
	s.t.Helper()
	for range 100 {
		result, err := s.Reconcile(s.t.Context(), ctrl.Request{NamespacedName: webKey})
		if err != nil {
			s.t.Logf("round: %v", err)
		}
		if err == nil && result.RequeueAfter == 0 {
			return
		}
		s.pass(max(result.RequeueAfter, 10*time.Second))
	}
	s.t.Fatal("it goes on for ever")
}

// pass lets time go by in the cloud.
func (s *sky) pass(d time.Duration) {
	s.cloud.Advance(d)
	for {
		select {
		case ref := <-s.wakes:
			s.forgetSeen(ref)
		default:
			return
		}
	}
}

// take gives the calls since the last time.
func (s *sky) take() []string {
	s.noting.Lock()
	defer s.noting.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

// groups are the zones of a region's groups, with what they hold.
func (s *sky) groups(region string) string {
	var all []string
	for _, r := range s.cloud.All(region) {
		if g, is := r.Spec.(cloud.Group); is {
			all = append(all, g.Zone+"="+strings.Join(r.Endpoints, ","))
		}
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}

// pods sets the endpoints of a member.
func (s *sky) pods(cluster string, known bool, pods ...ir.Endpoint) {
	list := slices.DeleteFunc(slices.Clone(s.source[pool]), func(c ir.ClusterEndpoints) bool { return c.Cluster == cluster })
	list = append(list, ir.ClusterEndpoints{Cluster: cluster, Known: known, Endpoints: pods})
	slices.SortFunc(list, func(a, b ir.ClusterEndpoints) int { return strings.Compare(a.Cluster, b.Cluster) })
	s.source[pool] = list
}

// feedAll brings a member's endpoints to all that use them.
func (s *sky) feedAll(cluster string) {
	s.t.Helper()
	for _, u := range s.users(ir.Service{Kind: "ServiceImport", Namespace: "n", Name: "echo"}) {
		if err := s.feed(s.t.Context(), u, cluster); err != nil {
			s.t.Fatal(err)
		}
	}
}

func pod(address, zone string) ir.Endpoint {
	return ir.Endpoint{Address: address, Port: 80, Zone: zone, Serving: true}
}

func TestAGatewayInTheCloud(t *testing.T) {
	s := newSky(t)
	s.pods("east", true, pod("10.0.0.1", "e1"))
	s.settle()
	s.says("Programmed", "True", "Programmed", "the load balancer serves this generation")
	if got, want := s.groups("north"), "e1=10.0.0.1:80"; got != want {
		t.Fatalf("groups %q, want %q", got, want)
	}

	s.take()
	for range 3 {
		s.settle()
	}
	if calls := s.take(); len(calls) != 0 {
		t.Errorf("a steady state costs %q", calls)
	}

	s.pods("east", true, pod("10.0.0.1", "e1"), pod("10.0.0.2", "e1"))
	s.feedAll("east")
	if calls := s.take(); len(calls) != 1 || !strings.HasPrefix(calls[0], "!Attach") {
		t.Errorf("one more pod costs %q", calls)
	}
	s.settle()
	if calls := s.take(); len(calls) != 0 {
		t.Errorf("a round after that costs %q", calls)
	}

	s.pods("west", true, pod("10.1.0.1", "w1"))
	s.feedAll("west")
	if len(s.wake) == 0 {
		t.Error("a new zone has nothing done")
	}
	s.settle()
	if got, want := s.groups("north"), "e1=10.0.0.1:80,10.0.0.2:80 w1=10.1.0.1:80"; got != want {
		t.Errorf("groups %q, want %q", got, want)
	}
}

func TestAHubThatIsStartedAnewCatchesUpAndLeavesASilentMemberAlone(t *testing.T) {
	s := newSky(t)
	s.pods("east", true, pod("10.0.0.1", "e1"))
	s.pods("west", true, pod("10.1.0.1", "w1"))
	s.settle()
	s.take()
	s.restart()
	s.pods("east", true, pod("10.0.0.2", "e1"))
	s.pods("west", false)
	s.settle()
	if got, want := s.groups("north"), "e1=10.0.0.2:80 w1=10.1.0.1:80"; got != want {
		t.Errorf("groups %q, want %q", got, want)
	}
	for _, call := range s.take() {
		if strings.HasPrefix(call, "!") && !strings.HasPrefix(call, "!Attach") && !strings.HasPrefix(call, "!Detach") {
			t.Errorf("it did %q", call)
		}
	}
}

func TestAGatewayMovesInTheCloudAndGoes(t *testing.T) {
	s := newSky(t)
	s.pods("east", true, pod("10.0.0.1", "e1"))
	s.settle()
	s.locate("south")
	served := func(region string) bool {
		return slices.ContainsFunc(s.cloud.All(region), func(r cloud.Resource) bool { return r.Kind == cloud.KindRule })
	}
	for range 100 {
		if _, err := s.try(); err != nil {
			t.Fatal(err)
		}
		if !served("north") && !served("south") {
			t.Fatal("it is served nowhere")
		}
		if len(s.cloud.All("north")) == 0 {
			break
		}
		s.pass(10 * time.Second)
	}
	s.settle()
	if north := s.cloud.All("north"); len(north) != 0 || !served("south") {
		t.Fatalf("left in north: %v", north)
	}
	s.says("Programmed", "True", "Programmed", "the load balancer serves this generation")

	s.restart()
	gw := s.gateway()
	if err := s.client.Delete(t.Context(), gw); err != nil {
		t.Fatal(err)
	}
	s.settle()
	if south := s.cloud.All("south"); len(south) != 0 {
		t.Errorf("left in south: %v", south)
	}
}

func TestARuleThatFailsInTheCloudIsSaidOfItsRouteAlone(t *testing.T) {
	s := newSky(t)
	s.pods("east", true, pod("10.0.0.1", "e1"))
	s.cloud.Limits.RulesPerListener = 1
	older := &gatewayv1.HTTPRoute{}
	if err := s.client.Get(t.Context(), gather.Key{Namespace: "n", Name: "r"}, older); err != nil {
		t.Fatal(err)
	}
	other := &gatewayv1.HTTPRoute{Spec: *older.Spec.DeepCopy()}
	other.Namespace, other.Name = "n", "other"
	other.Spec.Rules[0].Matches = []gatewayv1.HTTPRouteMatch{{Method: new(gatewayv1.HTTPMethodGet)}}
	if err := s.client.Create(t.Context(), other); err != nil {
		t.Fatal(err)
	}
	for !slices.ContainsFunc(s.take(), func(call string) bool { return strings.HasPrefix(call, "!Insert rule") }) {
		if _, err := s.try(); err != nil {
			t.Fatal(err)
		}
		s.pass(10 * time.Second)
	}
	// The cloud has room for one of the two, whichever comes first.
	s.wait(func() string {
		var said []string
		for _, route := range []*gatewayv1.HTTPRoute{older, other} {
			if err := s.client.Get(t.Context(), client.ObjectKeyFromObject(route), route); err != nil {
				return err.Error()
			}
			if len(route.Status.Parents) != 1 {
				return "a route has no status"
			}
			_, words, _ := strings.Cut(meta.FindStatusCondition(route.Status.Parents[0].Conditions, "Accepted").Message, "is reached")
			said = append(said, words)
		}
		slices.Sort(said)
		if !slices.Equal(said, []string{"", ": raise it, or remove something"}) {
			return fmt.Sprintf("the routes say %q", said)
		}
		return ""
	})
}

// cut has one change fail: the n-th from now on, before it is made or after.
func (s *sky) cut(n int, after bool) {
	var made atomic.Int64
	s.cloud.Intercept(func(ctx context.Context, _ string, mutates bool, do func(context.Context) error) error {
		if !mutates || made.Add(1) != int64(n) {
			return do(ctx)
		}
		if after {
			if err := do(ctx); err != nil {
				return err
			}
		}
		return errors.New("the connection broke")
	})
}

func TestACutAtAnyChangeConverges(t *testing.T) {
	kinds := func(s *sky) string {
		var all []string
		for _, r := range s.cloud.All("north") {
			all = append(all, string(r.Kind))
		}
		return strings.Join(all, " ") + " " + s.groups("north")
	}
	whole := newSky(t)
	whole.pods("east", true, pod("10.0.0.1", "e1"))
	whole.settle()
	changes := 0
	for _, call := range whole.take() {
		if strings.HasPrefix(call, "!") {
			changes++
		}
	}
	for n := 1; n <= changes; n++ {
		for _, after := range []bool{false, true} {
			s := newSky(t)
			s.pods("east", true, pod("10.0.0.1", "e1"))
			s.cut(n, after)
			s.settle()
			if got, want := kinds(s), kinds(whole); got != want {
				t.Errorf("made with a cut at change %d: %q, want %q", n, got, want)
			}
			s.cut(n, after)
			if err := s.client.Delete(t.Context(), s.gateway()); err != nil {
				t.Fatal(err)
			}
			s.settle()
			if left := s.cloud.All("north"); len(left) != 0 {
				t.Errorf("removed with a cut at change %d: left is %v", n, left)
			}
		}
	}
}

func TestEndpointsThatTheCloudDoesNotTakeAreSaidInTheStatus(t *testing.T) {
	s := newSky(t)
	s.pods("east", true, pod("10.0.0.1", "e1"))
	s.settle()
	s.says("Programmed", "True", "Programmed", "the load balancer serves this generation")
	s.cloud.Intercept(func(ctx context.Context, _ string, mutates bool, do func(context.Context) error) error {
		if mutates {
			return errors.New("the connection broke")
		}
		return do(ctx)
	})
	s.pods("east", true, pod("10.0.0.1", "e1"), pod("10.0.0.2", "e1"))
	if err := s.feed(t.Context(), s.users(echo)[0], "east"); err == nil {
		t.Fatal("no error")
	}
	if _, err := s.try(); err == nil {
		t.Error("the round is not tried again")
	}
	s.wait(func() string {
		c := meta.FindStatusCondition(s.gateway().Status.Conditions, "Programmed")
		if c.Status != "True" || !strings.Contains(c.Message, "; but: could not add endpoints to group/") {
			return fmt.Sprintf("%+v", c)
		}
		return ""
	})
}
