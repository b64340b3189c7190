package export

import (
	"context"
	"fmt"
	"slices"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

var web = types.NamespacedName{Namespace: "shop", Name: "web"}

// fakeMembers are members whose readers are fake API servers; nil is one that
// cannot be read.
type fakeMembers struct {
	readers map[string]client.Client
	reports map[string]string
}

func (f *fakeMembers) Loaded() <-chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}

func (f *fakeMembers) Names(context.Context) ([]string, error) {
	var names []string
	for name := range f.readers {
		names = append(names, name)
	}
	slices.Sort(names)
	return names, nil
}

func (f *fakeMembers) Reader(cluster string) client.Reader {
	if c := f.readers[cluster]; c != nil {
		return c
	}
	return nil
}

func (f *fakeMembers) Report(cluster string, _ types.NamespacedName, conditions []metav1.Condition) {
	f.reports[cluster] = ""
	for _, c := range conditions {
		f.reports[cluster] += fmt.Sprintf("%s=%s(%s) ", c.Type, c.Status, c.Reason)
	}
}

func fakeCluster(t *testing.T, objects ...client.Object) client.Client {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, mcsv1beta1.Install} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(s).WithStatusSubresource(&mcsv1beta1.ServiceImport{}).WithObjects(objects...).Build()
}

func meta() metav1.ObjectMeta { return metav1.ObjectMeta{Namespace: web.Namespace, Name: web.Name} }

func anExport() client.Object { return &mcsv1beta1.ServiceExport{ObjectMeta: meta()} }

func aService(port int32) client.Object {
	return &corev1.Service{ObjectMeta: meta(), Spec: corev1.ServiceSpec{Ports: []corev1.ServicePort{{Name: "http", Port: port}}}}
}

func namespace() client.Object {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: web.Namespace}}
}

// present is what is on the hub, in short.
func present(t *testing.T, c client.Client) string {
	t.Helper()
	var si mcsv1beta1.ServiceImport
	if err := c.Get(t.Context(), web, &si); err != nil {
		return "none"
	}
	text := string(si.Spec.Type)
	for _, p := range si.Spec.Ports {
		text += " " + portString(p)
	}
	for _, cl := range si.Status.Clusters {
		text += " " + cl.Cluster
	}
	return text
}

const (
	good     = "Valid=True(Valid) Ready=True(Exported) Conflict=False(NoConflicts) "
	disputed = "Valid=True(Valid) Ready=True(Exported) Conflict=True(PortConflict) "
)

// member is what a member holds; nil for one that cannot be read.
type member []client.Object

// reconcileCase is a hub and its members, and what is to come of them.
type reconcileCase struct {
	hub     []client.Object
	members map[string]member
	want    string
	reports map[string]string
}

func (c reconcileCase) run(t *testing.T) {
	var objects []client.Object
	for _, o := range c.hub {
		objects = append(objects, o.DeepCopyObject().(client.Object))
	}
	members := &fakeMembers{readers: map[string]client.Client{}, reports: map[string]string{}}
	for name, content := range c.members {
		if content == nil {
			members.readers[name] = nil
			continue
		}
		members.readers[name] = fakeCluster(t, content...)
	}
	controller := &Controller{members: members, store: endpoints.NewStore(), hub: fakeCluster(t, objects...), hubID: "h"}
	for round := range 2 {
		if _, err := controller.Reconcile(t.Context(), request(web.Namespace, web.Name)); err != nil {
			t.Fatal(err)
		}
		if got := present(t, controller.hub); got != c.want {
			t.Errorf("round %d: the hub has %q, want %q", round, got, c.want)
		}
	}
	if fmt.Sprint(members.reports) != fmt.Sprint(c.reports) {
		t.Errorf("reports are\n%v, want\n%v", members.reports, c.reports)
	}
}

func TestReconcile(t *testing.T) {
	old := &mcsv1beta1.ServiceImport{
		ObjectMeta: metav1.ObjectMeta{Namespace: web.Namespace, Name: web.Name, Labels: map[string]string{owner.ManagedByKey: owner.ManagedBy, owner.HubKey: "h"}},
		Spec: mcsv1beta1.ServiceImportSpec{Type: mcsv1beta1.ClusterSetIP, SessionAffinity: corev1.ServiceAffinityNone,
			Ports: []mcsv1beta1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}}},
		Status: mcsv1beta1.ServiceImportStatus{Clusters: []mcsv1beta1.ClusterStatus{{Cluster: "east"}, {Cluster: "west"}}},
	}
	foreign := old.DeepCopy()
	foreign.Labels = nil
	another := old.DeepCopy()
	another.Labels[owner.HubKey] = "another"
	var dead member
	for name, test := range map[string]reconcileCase{
		"two clusters export": {
			hub:     []client.Object{namespace()},
			members: map[string]member{"west": {anExport(), aService(80)}, "east": {anExport(), aService(80)}, "other": {aService(80)}},
			want:    "ClusterSetIP http 80/TCP east west",
			reports: map[string]string{"east": good, "west": good},
		},
		"conflict": {
			hub:     []client.Object{namespace()},
			members: map[string]member{"west": {anExport(), aService(81)}, "east": {anExport(), aService(80)}},
			want:    "ClusterSetIP http 80/TCP east west",
			reports: map[string]string{"east": disputed, "west": disputed},
		},
		"no namespace on the hub": {
			members: map[string]member{"east": {anExport(), aService(80)}},
			want:    "none",
			reports: map[string]string{"east": "Valid=False(NoNamespaceOnHub) Ready=False(Failed) "},
		},
		"no Service, and one of the wrong type": {
			hub: []client.Object{namespace()},
			members: map[string]member{"east": {anExport()}, "west": {anExport(), &corev1.Service{ObjectMeta: meta(), Spec: corev1.ServiceSpec{
				Type: corev1.ServiceTypeExternalName}}}},
			want: "none",
			reports: map[string]string{
				"east": "Valid=False(NoService) Ready=False(Failed) ",
				"west": "Valid=False(InvalidServiceType) Ready=False(Failed) ",
			},
		},
		"unexported by all": {
			hub:     []client.Object{namespace(), old},
			members: map[string]member{"east": {aService(80)}, "west": {}},
			want:    "none",
			reports: map[string]string{},
		},
		"a member left": {
			hub:     []client.Object{namespace(), old},
			members: map[string]member{"east": {anExport(), aService(80)}},
			want:    "ClusterSetIP http 80/TCP east",
			reports: map[string]string{"east": good},
		},
		"a member that cannot be read still exports": {
			hub:     []client.Object{namespace(), old},
			members: map[string]member{"east": {}, "west": dead, "new": dead},
			want:    "ClusterSetIP http 80/TCP west",
			reports: map[string]string{},
		},
		"a foreign ServiceImport stays as it is": {
			hub:     []client.Object{namespace(), foreign},
			members: map[string]member{"east": {anExport(), aService(99)}},
			want:    "ClusterSetIP http 80/TCP east west",
			reports: map[string]string{},
		},
		"another hub's ServiceImport stays as it is": {
			hub:     []client.Object{namespace(), another},
			members: map[string]member{"east": {anExport(), aService(99)}},
			want:    "ClusterSetIP http 80/TCP east west",
			reports: map[string]string{},
		},
		"another hub's ServiceImport is not deleted": {
			hub:     []client.Object{namespace(), another},
			members: map[string]member{"east": {}},
			want:    "ClusterSetIP http 80/TCP east west",
			reports: map[string]string{},
		},
	} {
		t.Run(name, test.run)
	}
}

func TestWhatTheCacheLeavesOutOfAServiceImportStays(t *testing.T) {
	old := &mcsv1beta1.ServiceImport{ObjectMeta: meta()}
	old.Labels = map[string]string{owner.ManagedByKey: owner.ManagedBy, owner.HubKey: "h"}
	old.Annotations = map[string]string{corev1.LastAppliedConfigAnnotation: "{}"}
	live := fakeCluster(t, namespace(), old)
	cached := interceptor.NewClient(live.(client.WithWatch), interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			err := c.Get(ctx, key, o, opts...)
			o.SetAnnotations(nil)
			return err
		},
	})
	members := &fakeMembers{readers: map[string]client.Client{"east": fakeCluster(t, anExport(), aService(80))}, reports: map[string]string{}}
	controller := &Controller{members: members, store: endpoints.NewStore(), hub: cached, hubID: "h"}
	if _, err := controller.Reconcile(t.Context(), request(web.Namespace, web.Name)); err != nil {
		t.Fatal(err)
	}
	var now mcsv1beta1.ServiceImport
	if err := live.Get(t.Context(), web, &now); err != nil {
		t.Fatal(err)
	}
	if len(now.Spec.Ports) != 1 || now.Annotations[corev1.LastAppliedConfigAnnotation] != "{}" {
		t.Errorf("it became %+v", now)
	}
}

func TestClustersAreJoinedByTheNamesOfTheServiceImportsPorts(t *testing.T) {
	foreign := &mcsv1beta1.ServiceImport{ObjectMeta: meta(), Spec: mcsv1beta1.ServiceImportSpec{
		Ports: []mcsv1beta1.ServicePort{{Name: "http", Protocol: corev1.ProtocolTCP, Port: 80}}}}
	for name, hub := range map[string][]client.Object{"our own": {namespace()}, "a foreign one": {namespace(), foreign}} {
		t.Run(name, func(t *testing.T) {
			store := endpoints.NewStore()
			members := &fakeMembers{readers: map[string]client.Client{
				"east": fakeCluster(t, anExport(), aService(80)), "west": fakeCluster(t, anExport(), aService(8080)),
			}, reports: map[string]string{}}
			for cluster, number := range map[string]uint16{"east": 80, "west": 8080} {
				store.Admit(cluster)
				store.Set(endpoints.Service(web.Namespace, web.Name), cluster, endpoints.Ports{number: {Name: "http", Endpoints: []ir.Endpoint{{Address: "10.0.0.1"}}}})
			}
			controller := &Controller{members: members, store: store, hub: fakeCluster(t, hub...), hubID: "h"}
			if _, err := controller.Reconcile(t.Context(), request(web.Namespace, web.Name)); err != nil {
				t.Fatal(err)
			}
			for _, e := range store.Endpoints("ServiceImport/shop/web/80") {
				if len(e.Endpoints) != 1 {
					t.Errorf("of %s port 80 has %v", e.Cluster, e.Endpoints)
				}
			}
		})
	}
}
