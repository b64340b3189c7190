package orphan

import (
	"context"
	"slices"
	"testing"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/placement"
	"fairway.dev/fairway/reconcile/internal/settings"
)

// cloud is a provider that has these load balancers.
type cloud struct {
	providers.Provider
	refs    []providers.Ref
	removed []string
}

func (*cloud) Name() string                                          { return "cloud" }
func (*cloud) SettingsKind() providers.SettingsKind                  { return providers.SettingsKind{} }
func (*cloud) Locate(providers.Settings) (providers.Location, error) { return "a", nil }

func (c *cloud) List(_ context.Context, at providers.Location) ([]providers.Ref, error) {
	var here []providers.Ref
	for _, r := range c.refs {
		if r.Location == at {
			here = append(here, r)
		}
	}
	return here, nil
}

func (c *cloud) Observe(context.Context, providers.Ref) (providers.Observation, error) {
	return providers.Observation{Exists: true}, nil
}

func (c *cloud) Plan(_ providers.Ref, _ providers.Settings, wish *ir.LoadBalancer, _ providers.Observation) plan.Plan {
	if !wish.Empty() {
		panic("something is wished for")
	}
	return plan.Plan{Steps: []plan.Step{{ID: "x"}}}
}

func (c *cloud) Apply(_ context.Context, ref providers.Ref, _ plan.Plan, _ providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	c.removed = append(c.removed, ref.Name+" "+ref.UID+" "+string(ref.Location))
	c.refs = slices.DeleteFunc(c.refs, func(r providers.Ref) bool { return r == ref })
	return providers.Observation{}, nil, nil
}

func TestOnlyWhatNoGatewayHasIsTakenDown(t *testing.T) {
	scheme := runtime.NewScheme()
	if err := gatewayv1.Install(scheme); err != nil {
		t.Fatal(err)
	}
	gateway := func(name string, places ...placement.Placement) *gatewayv1.Gateway {
		gw := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name, UID: "1"}}
		if err := placement.Set(gw, places); err != nil {
			t.Fatal(err)
		}
		return gw
	}
	class := &gatewayv1.GatewayClass{ObjectMeta: metav1.ObjectMeta{Name: "cloud"}, Spec: gatewayv1.GatewayClassSpec{ControllerName: "fairway.dev/cloud"}}
	api := fake.NewClientBuilder().WithScheme(scheme).WithObjects(class,
		gateway("bare"), gateway("web", placement.Placement{Provider: "cloud", Location: "b"}, placement.Placement{Provider: "moon"})).Build()
	ref := func(hub, cluster, name, uid, at string) providers.Ref {
		return providers.Ref{Hub: hub, Cluster: cluster, Namespace: "n", Name: name, UID: uid, Location: providers.Location(at)}
	}
	c := &cloud{refs: []providers.Ref{
		ref("h", "", "web", "1", "b"),
		ref("h", "", "web", "0", "b"),
		ref("h", "", "web", "1", "a"),
		ref("h", "", "gone", "1", "a"),
		ref("h", "", "bare", "1", "a"),
		ref("h", "", "bare", "0", "a"),
		ref("other", "", "gone", "1", "a"),
		ref("h", "east", "gone", "1", "a"),
		ref("h", "", "unseen", "1", "c"),
	}}
	s := &Sweeper{Client: api, Reader: api, Hub: "h", Providers: map[string]providers.Provider{"cloud": c}, Settings: settings.Reader{Cache: api}, Log: logr.Discard()}
	s.sweep(t.Context())
	if len(c.removed) != 0 {
		t.Errorf("at first sight: %q", c.removed)
	}
	s.sweep(t.Context())
	s.sweep(t.Context())
	slices.Sort(c.removed)
	if want := []string{"bare 0 a", "gone 1 a", "web 0 b", "web 1 a"}; !slices.Equal(c.removed, want) {
		t.Errorf("removed %q, want %q", c.removed, want)
	}
}
