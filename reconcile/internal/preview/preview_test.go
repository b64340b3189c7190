package preview

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
	"sigs.k8s.io/yaml"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/gateway"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/placement"
)

// paper is a provider whose load balancers are hashes: one step brings what is
// there to what is wished.
type paper struct{ providers.Provider }

func (paper) Name() string                         { return "paper" }
func (paper) SettingsKind() providers.SettingsKind { return providers.SettingsKind{} }
func (paper) Locate(providers.Settings) (providers.Location, error) {
	return "", nil
}
func (paper) Capabilities(providers.Settings) providers.Capabilities {
	return providers.Capabilities{Protocols: []ir.Protocol{ir.HTTP}, PathMatches: []ir.MatchKind{ir.Prefix}}
}
func (paper) Plan(ref providers.Ref, _ providers.Settings, wish *ir.LoadBalancer, seen providers.Observation) plan.Plan {
	if seen.State == ir.Hash(wish) {
		return plan.Plan{}
	}
	return plan.Plan{Steps: []plan.Step{{ID: "x", Op: plan.Update, Resource: ref.String() + " " + ref.UID, Why: "it differs"}}}
}

func newScheme(t *testing.T) *runtime.Scheme {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, gatewayv1.Install, mcsv1beta1.Install} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return s
}

func parse(t *testing.T, text string) []*unstructured.Unstructured {
	t.Helper()
	var all []*unstructured.Unstructured
	for _, document := range strings.Split(text, "---\n") {
		u := &unstructured.Unstructured{}
		if err := yaml.Unmarshal([]byte(document), &u.Object); err != nil {
			t.Fatal(err)
		}
		all = append(all, u)
	}
	return all
}

const class = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: paper}
spec: {controllerName: fairway.dev/paper}
---
apiVersion: v1
kind: Namespace
metadata: {name: shop}
---
apiVersion: v1
kind: Service
metadata: {name: cart, namespace: shop}
spec: {ports: [{port: 80}]}
`

const gatewayFile = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: shop}
spec:
  gatewayClassName: paper
  listeners: [{name: http, protocol: HTTP, port: 80}, {name: https, protocol: HTTPS, port: 443}]
`

const routeFile = `
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {name: cart, namespace: shop}
spec:
  parentRefs: [{name: web}]
  hostnames: [cart.example]
  rules: [{backendRefs: [{name: cart, port: 80}]}]
`

// live is a world in which all of the above is served, and what reads it.
func live(t *testing.T) (*World, client.Client) {
	t.Helper()
	scheme := newScheme(t)
	b := fake.NewClientBuilder().WithScheme(scheme)
	for _, o := range parse(t, class+"---\n"+gatewayFile+"---\n"+routeFile) {
		if o.GetKind() == "Gateway" {
			o.SetUID("1234")
			if err := placement.Set(o, []placement.Placement{{Provider: "paper"}}); err != nil {
				t.Fatal(err)
			}
		}
		b = b.WithObjects(o)
	}
	c := b.Build()
	w := &World{
		Live: c, Services: c, Parameters: c, Gather: gather.New(c), Scheme: scheme, Hub: "h",
		Providers: map[string]providers.Provider{"paper": paper{}},
	}
	served, err := w.with(laid{}).gateways(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	hash := ir.Hash(served[client.ObjectKey{Namespace: "shop", Name: "web"}].Served.LoadBalancer)
	w.Foresee = func(_ context.Context, gw *gatewayv1.Gateway, at placement.Placement, with providers.Settings, wish *ir.LoadBalancer) (plan.Plan, []plan.Step, error) {
		if at.Provider != "paper" {
			t.Errorf("Gateway %s is looked for at %v", gw.Name, at)
		}
		seen := providers.Observation{}
		if gw.UID != "" {
			seen = providers.Observation{Exists: true, State: hash}
		}
		p, held := gateway.Plan(w.Providers[at.Provider], gateway.Ref("h", gw, at), with, wish, seen, endpoints.Source{})
		return p, held, nil
	}
	return w, c
}

func TestPlanOverALiveWorld(t *testing.T) {
	w, c := live(t)
	for name, test := range map[string]struct {
		files   string
		pending bool
		steps   int
		says    string
	}{
		"what is there":   {files: gatewayFile + "---\n" + routeFile},
		"no word on it":   {files: class},
		"another route":   {files: strings.ReplaceAll(routeFile, "cart.example", "basket.example"), pending: true, steps: 1},
		"a lost backend":  {files: strings.ReplaceAll(routeFile, "[{name: cart, port", "[{name: none, port"), pending: true, steps: 1, says: "there is no Service shop/none"},
		"a closed kind":   {files: strings.ReplaceAll(routeFile, "{backendRefs", "{matches: [{method: GET}], backendRefs"), pending: true, steps: 1, says: "cannot match methods"},
		"a new Gateway":   {files: strings.ReplaceAll(gatewayFile, "web", "new"), pending: true, steps: 1},
		"a placed file":   {files: strings.ReplaceAll(gatewayFile, "{name: web,", `{name: web, uid: x, annotations: {fairway.dev/placements: '[{"provider":"other"}]'},`)},
		"another service": {files: "apiVersion: v1\nkind: Service\nmetadata: {name: cart, namespace: shop}\nspec: {ports: [{port: 81}]}", pending: true, steps: 1, says: "port"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := w.Plan(t.Context(), Files{Objects: parse(t, test.files)})
			if err != nil {
				t.Fatal(err)
			}
			steps, said := 0, ""
			for _, g := range p.Gateways {
				steps += len(g.Steps)
				for _, problem := range g.Problems {
					if problem.Object == "Gateway/shop/web/listener/https" != problem.Already && g.Name == "web" && problem.Object != "Gateway/shop/web" {
						t.Errorf("%+v", problem)
					}
					if !problem.Already {
						said += problem.Message
					}
				}
			}
			if (p.Changes() || p.Refuses()) != test.pending || steps != test.steps || !strings.Contains(said, test.says) {
				t.Errorf("pending %v, %d steps, new problems %q", (p.Changes() || p.Refuses()), steps, said)
			}
		})
	}
	routes := &gatewayv1.HTTPRouteList{}
	if err := c.List(t.Context(), routes); err != nil || len(routes.Items) != 1 || !slices.Contains(routes.Items[0].Spec.Hostnames, "cart.example") {
		t.Errorf("the world has changed: %v, %v", routes.Items, err)
	}
}

// A Gateway's proxy was deleted, or its namespace is: its provider has steps to go, with files or without.
func TestStepsThatAreNotTheFilesDoingAreLeftOut(t *testing.T) {
	w, _ := live(t)
	w.Foresee = func(context.Context, *gatewayv1.Gateway, placement.Placement, providers.Settings, *ir.LoadBalancer) (plan.Plan, []plan.Step, error) {
		return plan.Plan{Steps: []plan.Step{{ID: "1", Why: "it was deleted"}}}, nil, nil
	}
	for name, test := range map[string]struct {
		files string
		shown bool
	}{
		"another Gateway's":          {files: strings.ReplaceAll(class, "paper", "card")},
		"a route that is there":      {files: routeFile},
		"the Gateway itself":         {files: gatewayFile},
		"a route that would change":  {files: strings.ReplaceAll(routeFile, "cart.example", "basket.example"), shown: true},
		"other words in its problem": {files: strings.ReplaceAll(routeFile, "{name: cart, port", "{name: none, port"), shown: true},
	} {
		p, err := w.Plan(t.Context(), Files{Objects: parse(t, test.files)})
		if err != nil {
			t.Fatal(err)
		}
		if shown := slices.ContainsFunc(p.Gateways, func(g Gateway) bool { return g.Name == "web" && len(g.Steps) == 1 }); shown != test.shown {
			t.Errorf("%s: shown %v: %+v", name, shown, p.Gateways)
		}
	}
}

func TestVerdictsCountOnce(t *testing.T) {
	w, _ := live(t)
	refused := func(rule int) plan.Verdict {
		return plan.Verdict{Subject: plan.Rule("shop/cart", rule), Service: plan.Refused, Reason: "TooMany", Message: "one too many"}
	}
	changed := Files{Objects: parse(t, strings.ReplaceAll(routeFile, "cart.example", "basket.example"))}
	for name, test := range map[string]struct {
		before, after []plan.Verdict
		refuses       bool
	}{
		"a new one":        {nil, []plan.Verdict{refused(1)}, true},
		"one more":         {[]plan.Verdict{refused(0)}, []plan.Verdict{refused(0), refused(1)}, true},
		"as before":        {[]plan.Verdict{refused(0)}, []plan.Verdict{refused(0)}, false},
		"refused no more":  {[]plan.Verdict{refused(0)}, nil, false},
		"served otherwise": {nil, []plan.Verdict{{Subject: plan.Route("shop/cart"), Service: plan.Offloaded, Reason: "r", Message: "m"}}, false},
	} {
		w.Foresee = func(_ context.Context, _ *gatewayv1.Gateway, _ placement.Placement, _ providers.Settings, wish *ir.LoadBalancer) (plan.Plan, []plan.Step, error) {
			if wish.Routes[0].Attachments[0].Hostnames[0] == "basket.example" {
				return plan.Plan{Verdicts: test.after}, nil, nil
			}
			return plan.Plan{Verdicts: test.before}, nil, nil
		}
		p, err := w.Plan(t.Context(), changed)
		if err != nil || p.Changes() || p.Refuses() != test.refuses || len(p.Gateways) != 1 || len(p.Gateways[0].Verdicts) != len(test.after) {
			t.Errorf("%s: refuses %v, %+v, %v", name, p.Refuses(), p.Gateways, err)
		}
	}
}

// moving is a world in which a route changes after it was first read.
type moving struct{ client.Client }

func (m moving) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if err := m.Client.List(ctx, list, opts...); err != nil {
		return err
	}
	routes := &gatewayv1.HTTPRouteList{}
	if err := m.Client.List(ctx, routes); err != nil {
		return err
	}
	for i := range routes.Items {
		routes.Items[i].Spec.Hostnames = append(routes.Items[i].Spec.Hostnames, gatewayv1.Hostname(fmt.Sprintf("h%d.example", len(routes.Items[i].Spec.Hostnames))))
		if err := m.Update(ctx, &routes.Items[i]); err != nil {
			return err
		}
	}
	return nil
}

func TestWhatOthersChangeMeanwhileIsNotTheFilesDoing(t *testing.T) {
	w, c := live(t)
	w.Live = moving{c}
	p, err := w.Plan(t.Context(), Files{Objects: parse(t, class)})
	if err != nil || len(p.Gateways) != 0 {
		t.Errorf("%+v, %v", p, err)
	}
	routes := &gatewayv1.HTTPRouteList{}
	if err := c.List(t.Context(), routes); err != nil || len(routes.Items[0].Spec.Hostnames) < 2 {
		t.Errorf("nothing changed meanwhile: %v, %v", routes.Items, err)
	}
}

func TestOverlayHidesWhatItReplaces(t *testing.T) {
	scheme := newScheme(t)
	service := parse(t, "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: shop}\nspec: {clusterIP: None}")[0]
	below := fake.NewClientBuilder().WithScheme(scheme).WithObjects(parse(t, gatewayFile)[0], parse(t, strings.ReplaceAll(gatewayFile, "web", "other"))[0]).Build()
	over := parse(t, strings.ReplaceAll(gatewayFile, "http,", "plain,"))[0]
	o := newOverlay(files{keyOf(service): lay(service, nil), keyOf(over): lay(over, nil)}, below, scheme)

	held := &corev1.Service{}
	if err := o.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "a"}, held); err != nil || held.Spec.ClusterIP != "None" || held.ResourceVersion == "" {
		t.Errorf("got %v, %v", held, err)
	}
	for namespace, want := range map[string]int{"": 2, "shop": 2, "away": 0} {
		var all gatewayv1.GatewayList
		if err := o.List(t.Context(), &all, client.InNamespace(namespace)); err != nil || len(all.Items) != want {
			t.Errorf("namespace %q: %v, %v", namespace, all.Items, err)
		}
		for _, gw := range all.Items {
			if gw.Name == "web" && gw.Spec.Listeners[0].Name != "plain" {
				t.Errorf("listed as it was below: %v", gw.Spec)
			}
		}
	}
	empty := newOverlay(nil, nil, scheme)
	if err := empty.Get(t.Context(), client.ObjectKey{Name: "a"}, &corev1.Namespace{}); client.IgnoreNotFound(err) != nil || err == nil {
		t.Errorf("an empty world holds a namespace: %v", err)
	}
}

func TestAPlanEndsWithItsContext(t *testing.T) {
	w, _ := live(t)
	var text []string
	for _, name := range []string{"one", "two", "three"} {
		text = append(text, strings.ReplaceAll(gatewayFile, "web", name))
	}
	files := Files{Objects: parse(t, strings.Join(text, "---\n"))}
	gone, leave := context.WithCancel(t.Context())
	leave()
	offline := &World{Scheme: w.Scheme, Gather: gather.New(nil), Providers: w.Providers}
	if _, err := offline.Plan(gone, files); !errors.Is(err, context.Canceled) {
		t.Errorf("before it began: %v", err)
	}
	going, leave := context.WithCancel(t.Context())
	asked := 0
	w.Foresee = func(context.Context, *gatewayv1.Gateway, placement.Placement, providers.Settings, *ir.LoadBalancer) (plan.Plan, []plan.Step, error) {
		asked++
		leave()
		return plan.Plan{}, nil, nil
	}
	if _, err := w.Plan(going, files); !errors.Is(err, context.Canceled) || asked != 1 {
		t.Errorf("after %d Gateways: %v", asked, err)
	}
}
