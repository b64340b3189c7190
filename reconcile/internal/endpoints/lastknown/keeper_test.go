package lastknown

import (
	"context"
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"k8s.io/apimachinery/pkg/runtime"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

// hub is a fake API server that counts writes.
func hub(t *testing.T, writes *int, objects ...client.Object) client.Client {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, mcsv1beta1.Install} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(s).WithObjects(objects...).WithIndex(&discoveryv1.EndpointSlice{}, indexKey, keyValue).WithInterceptorFuncs(interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			*writes++
			return c.Create(ctx, o, opts...)
		},
		Update: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
			*writes++
			return c.Update(ctx, o, opts...)
		},
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			*writes++
			return c.Delete(ctx, o, opts...)
		},
	}).Build()
}

func shop() *corev1.Namespace { return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "shop"}} }

func pods(n int) endpoints.Ports {
	p := endpoints.Port{Name: "http"}
	for i := range n {
		p.Endpoints = append(p.Endpoints, ir.Endpoint{Address: fmt.Sprint("10.0.0.", i+1), Port: 3000, Serving: true})
	}
	return endpoints.Ports{80: p}
}

func TestKeeperWritesOnlyWhatDiffersAndAHubReadsItBack(t *testing.T) {
	var writes int
	c := hub(t, &writes, shop())
	store := endpoints.NewStore()
	store.Admit("east")
	k := &Keeper{store: store, stored: c, hub: c, hubID: "h"}
	step := func(what string, want int) {
		t.Helper()
		writes = 0
		if _, err := k.Reconcile(t.Context(), key{web, "east"}); err != nil {
			t.Fatal(err)
		}
		if writes != want {
			t.Errorf("%s: %d writes, want %d", what, writes, want)
		}
	}
	step("nothing known", 0)
	store.Set(web, "east", pods(2))
	step("two endpoints", 1)
	step("nothing new", 0)
	store.Set(web, "east", pods(3))
	step("a third endpoint", 1)

	restarted := endpoints.NewStore()
	if err := Load(t.Context(), c, c, "h", map[string]endpoints.Locality{"east": {}}, restarted); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(restarted.Endpoints("ServiceImport/shop/web/80")), fmt.Sprint(store.Endpoints("ServiceImport/shop/web/80")); got != want {
		t.Errorf("a restarted hub knows\n%s, want\n%s", got, want)
	}

	store.Withdraw(web, "east")
	step("withdrawn", 1)
	var left discoveryv1.EndpointSliceList
	if err := c.List(t.Context(), &left); err != nil || len(left.Items) != 0 {
		t.Errorf("left are %v (%v)", left.Items, err)
	}
}

func TestKeeperWaitsForTheNamespace(t *testing.T) {
	var writes int
	c := hub(t, &writes)
	store := endpoints.NewStore()
	store.Admit("east")
	store.Set(web, "east", pods(1))
	k := &Keeper{store: store, stored: c, hub: c, hubID: "h"}
	if _, err := k.Reconcile(t.Context(), key{web, "east"}); err != nil || writes != 0 {
		t.Errorf("%d writes into a namespace that is missing (%v)", writes, err)
	}
	if got := k.ofNamespace(t.Context(), shop()); len(got) != 1 || got[0] != (key{web, "east"}) {
		t.Errorf("the namespace brings back %v", got)
	}
}

func TestLoadTellsUnknownFromGone(t *testing.T) {
	var writes int
	stored, err := encode("h", web, "left", pods(1))
	if err != nil {
		t.Fatal(err)
	}
	imported := &mcsv1beta1.ServiceImport{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"},
		Status:     mcsv1beta1.ServiceImportStatus{Clusters: []mcsv1beta1.ClusterStatus{{Cluster: "east"}, {Cluster: "foreign"}}},
	}
	c := hub(t, &writes, &stored[0], imported)
	store := endpoints.NewStore()
	if err := Load(t.Context(), c, c, "h", map[string]endpoints.Locality{"east": {}, "new": {}}, store); err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprint(store.Endpoints("ServiceImport/shop/web/80")), "[{east false []} {left true []}]"; got != want {
		t.Errorf("known are %s, want %s", got, want)
	}
}

func TestKeeperTriesAgainWhenTheNamespaceCannotBeRead(t *testing.T) {
	var writes int
	c := hub(t, &writes)
	store := endpoints.NewStore()
	store.Admit("east")
	store.Set(web, "east", pods(1))
	broken := interceptor.NewClient(c.(client.WithWatch), interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return errors.New("etcd is gone")
		},
	})
	k := &Keeper{store: store, stored: c, hub: broken, hubID: "h"}
	if _, err := k.Reconcile(t.Context(), key{web, "east"}); err == nil {
		t.Error("no error, so nothing brings the key back")
	}
}

func TestLoadTakesNoHalfOfAService(t *testing.T) {
	var writes int
	both := pods(1)
	both[81] = endpoints.Port{Name: "other"}
	stored, err := encode("h", web, "east", both)
	if err != nil {
		t.Fatal(err)
	}
	stored[1].Annotations[annotationServicePort] = "?"
	c := hub(t, &writes, &stored[0], &stored[1])
	store := endpoints.NewStore()
	if err := Load(t.Context(), c, c, "h", map[string]endpoints.Locality{"east": {}}, store); err != nil {
		t.Fatal(err)
	}
	if e, ok := store.Entry(web, "east"); !ok || !e.Exported || e.Known {
		t.Errorf("the service is %+v (%t), want exported and not known", e, ok)
	}
}

// Another hub's slices and ServiceImports are in the same namespaces.
func TestAnotherHubsSlicesStayAsTheyAre(t *testing.T) {
	var writes int
	foreign, err := encode("another", web, "east", pods(5))
	if err != nil {
		t.Fatal(err)
	}
	theirs := &mcsv1beta1.ServiceImport{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", Labels: map[string]string{owner.ManagedByKey: owner.ManagedBy, owner.HubKey: "another"}},
		Status:     mcsv1beta1.ServiceImportStatus{Clusters: []mcsv1beta1.ClusterStatus{{Cluster: "theirs"}}},
	}
	c := hub(t, &writes, shop(), theirs, &foreign[0])
	store := endpoints.NewStore()
	if err := Load(t.Context(), c, c, "h", map[string]endpoints.Locality{"east": {}}, store); err != nil {
		t.Fatal(err)
	}
	if got := store.Endpoints("ServiceImport/shop/web/80"); len(got) != 0 {
		t.Errorf("of the other hub's was read %v", got)
	}
	k := &Keeper{store: store, stored: c, hub: c, hubID: "h"}
	store.Set(web, "east", pods(1))
	for _, change := range []func(){func() {}, func() { store.Withdraw(web, "east") }} {
		change()
		if _, err := k.Reconcile(t.Context(), key{web, "east"}); err != nil {
			t.Fatal(err)
		}
	}
	var left discoveryv1.EndpointSliceList
	if err := c.List(t.Context(), &left); err != nil || len(left.Items) != 1 || len(left.Items[0].Endpoints) != 5 || writes != 2 {
		t.Errorf("%d writes left %v (%v)", writes, left.Items, err)
	}
}

func TestARestartedHubJoinsClustersByTheNamesOfPorts(t *testing.T) {
	var writes int
	stored, err := encode("h", web, "east", endpoints.Ports{8080: pods(1)[80]})
	if err != nil {
		t.Fatal(err)
	}
	imported := &mcsv1beta1.ServiceImport{
		ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web"},
		Spec:       mcsv1beta1.ServiceImportSpec{Ports: []mcsv1beta1.ServicePort{{Name: "http", Port: 80}}},
	}
	c := hub(t, &writes, &stored[0], imported)
	store := endpoints.NewStore()
	if err := Load(t.Context(), c, c, "h", map[string]endpoints.Locality{"east": {}}, store); err != nil {
		t.Fatal(err)
	}
	if got := store.Endpoints("ServiceImport/shop/web/80"); len(got) != 1 || len(got[0].Endpoints) != 1 {
		t.Errorf("endpoints are %v", got)
	}
}
