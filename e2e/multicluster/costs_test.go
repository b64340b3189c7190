package multicluster

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/e2e/install"
)

// manyRoutes is how many routes the Gateway has while single changes are counted.
const manyRoutes = 1000

// manual is a service whose endpoints the test writes itself: one write is one change.
const manual = `
apiVersion: v1
kind: Service
metadata: {name: manual}
spec:
  ports: [{name: http, port: 8080, targetPort: 3000}]
`

// TestCostsOfChanges counts what single changes cost on a Gateway with many routes: each route of a
// host of its own, all to one service.
func TestCostsOfChanges(t *testing.T) {
	r := newRoom(t)
	r.alone()
	east := stack.Member("east")
	r.create(east, deployment("echo", "east", 2), manual, export("manual"))
	r.eventually("two pods are ready", func(ctx context.Context) error {
		pods, err := r.pods(ctx, east, "echo")
		if err == nil && len(pods) != 2 {
			err = fmt.Errorf("%d are", len(pods))
		}
		return err
	})
	pods, err := r.pods(t.Context(), east, "echo")
	if err != nil {
		t.Fatal(err)
	}
	first, second := pods[0], pods[1]
	r.createSlice(east, first.Status.PodIP)
	r.create(stack.Hub, gateway("web", "fairway"))
	web := r.site(r.programmed("web"), 0)
	r.createRoutes("web")
	web.servedByPods(hostOf(0), "/", names(first))
	web.servedByPods(hostOf(manyRoutes-1), "/", names(first))
	r.stored("manual", east, first.Status.PodIP)

	before := web.settled()

	r.updateRoute(routeName(7), func(spec *gatewayv1.HTTPRouteSpec) {
		spec.Rules[0].Matches[0].Path.Value = ptr.To("/moved")
	})
	web.servedByPods(hostOf(7), "/moved", names(first))
	web.answers(hostOf(7), "/", http.StatusNotFound)
	r.routed(routeName(7))
	after := web.settled()
	want := bill{"translated routes": 1, "request PUT httproutes/status": 1, "provider apply": 1}
	want.sends("Route", web.proxyCount())
	after.since(before).mustBe(t, "a route changes", want)

	before = after
	r.update(east, &discoveryv1.EndpointSlice{ObjectMeta: r.meta("manual")}, func(o client.Object) {
		slice := o.(*discoveryv1.EndpointSlice)
		slice.Endpoints = append(slice.Endpoints, discoveryv1.Endpoint{Addresses: []string{second.Status.PodIP}})
	})
	web.servedByPods(hostOf(0), "/", names(first, second))
	r.stored("manual", east, first.Status.PodIP, second.Status.PodIP)
	after = web.settled()
	want = bill{"request PUT endpointslices": 1, "provider sync_endpoints": 1}
	want.sends("Endpoints", web.proxyCount())
	after.since(before).mustBe(t, "an endpoint changes", want)

	before = after
	r.touchAll(east)
	after = web.settled()
	after.since(before).mustBe(t, "the hub looks again, and nothing has changed", bill{})

	// A Secret's values are in no cache, so that they must be read to know that they are as before.
	r.touch(stack.Hub, corev1.SchemeGroupVersion.WithKind("Secret"), client.ObjectKey{Namespace: install.Namespace, Name: install.MemberSecret("east")}, "member-clusters")
	web.settled().since(after).mustBe(t, "metadata of a member's Secret changes", bill{"request GET secrets": 1})
}

// touchAll has every controller of the hub look again, without news. Routes and MemberClusters are not
// looked at for their metadata: nothing that comes of them can be waited for.
func (r *room) touchAll(member *install.Cluster) {
	r.t.Helper()
	r.touch(stack.Hub, gatewayv1.SchemeGroupVersion.WithKind("HTTPRoute"), r.key(routeName(7)))
	for _, member := range stack.Members {
		r.touch(stack.Hub, install.MemberClusterKind, client.ObjectKey{Name: member.Name()})
	}
	r.touch(stack.Hub, gatewayv1.SchemeGroupVersion.WithKind("GatewayClass"), client.ObjectKey{Name: "fairway"}, "gatewayclass", "gateway")
	r.touch(member, mcsv1beta1.SchemeGroupVersion.WithKind("ServiceExport"), r.key("manual"), "service-exports")
}

// alone waits until nothing of other tests is left, which would be counted here.
func (r *room) alone() {
	r.t.Helper()
	r.eventually("other tests' namespaces are gone", func(ctx context.Context) error {
		for _, cluster := range stack.Clusters() {
			var namespaces corev1.NamespaceList
			if err := cluster.Client.List(ctx, &namespaces, client.HasLabels{roomLabel}); err != nil {
				return err
			}
			if len(namespaces.Items) != 1 {
				return fmt.Errorf("%s has %d", cluster.Name(), len(namespaces.Items))
			}
		}
		return nil
	})
}

// createSlice gives the manual service one endpoint.
func (r *room) createSlice(cluster *install.Cluster, address string) {
	r.t.Helper()
	slice := &discoveryv1.EndpointSlice{
		ObjectMeta: r.meta("manual"), AddressType: discoveryv1.AddressTypeIPv4,
		Ports:     []discoveryv1.EndpointPort{{Name: ptr.To("http"), Port: ptr.To[int32](3000), Protocol: ptr.To(corev1.ProtocolTCP)}},
		Endpoints: []discoveryv1.Endpoint{{Addresses: []string{address}}},
	}
	slice.Labels = map[string]string{discoveryv1.LabelServiceName: "manual", discoveryv1.LabelManagedBy: "e2e.fairway.dev"}
	if err := cluster.Client.Create(r.t.Context(), slice); err != nil {
		r.t.Fatal(err)
	}
}

// createRoutes creates the many routes and waits until all are accepted.
func (r *room) createRoutes(gateway string) {
	r.t.Helper()
	creating, ctx := errgroup.WithContext(r.t.Context())
	creating.SetLimit(8)
	for i := range manyRoutes {
		creating.Go(func() error { return stack.Hub.Client.Create(ctx, r.newRoute(i, gateway)) })
	}
	if err := creating.Wait(); err != nil {
		r.t.Fatal(err)
	}
	r.attached(gateway, map[string]int32{"http": manyRoutes})
	r.eventually("all routes are accepted", func(ctx context.Context) error {
		var routes gatewayv1.HTTPRouteList
		if err := stack.Hub.Client.List(ctx, &routes, client.InNamespace(r.name)); err != nil {
			return err
		}
		for _, route := range routes.Items {
			if len(route.Status.Parents) != 1 {
				return fmt.Errorf("%s has no status", route.Name)
			}
			if err := install.Met(route.Status.Parents[0].Conditions, "ResolvedRefs", metav1.ConditionTrue, route.Generation); err != nil {
				return fmt.Errorf("%s: %w", route.Name, err)
			}
		}
		return nil
	})
}

func (r *room) newRoute(i int, gateway string) *gatewayv1.HTTPRoute {
	return &gatewayv1.HTTPRoute{ObjectMeta: r.meta(routeName(i)), Spec: gatewayv1.HTTPRouteSpec{
		CommonRouteSpec: gatewayv1.CommonRouteSpec{ParentRefs: []gatewayv1.ParentReference{{Name: gatewayv1.ObjectName(gateway)}}},
		Hostnames:       []gatewayv1.Hostname{gatewayv1.Hostname(hostOf(i))},
		Rules: []gatewayv1.HTTPRouteRule{{
			BackendRefs: []gatewayv1.HTTPBackendRef{{BackendRef: gatewayv1.BackendRef{
				BackendObjectReference: gatewayv1.BackendObjectReference{
					Group: ptr.To[gatewayv1.Group]("multicluster.x-k8s.io"), Kind: ptr.To[gatewayv1.Kind]("ServiceImport"),
					Name: "manual", Port: ptr.To[gatewayv1.PortNumber](8080),
				},
			}}},
		}},
	}}
}

func routeName(i int) string { return fmt.Sprintf("route-%04d", i) }

func hostOf(i int) string { return fmt.Sprintf("host-%04d.example", i) }

func names(pods ...corev1.Pod) func(context.Context) ([]string, error) {
	return func(context.Context) ([]string, error) {
		var names []string
		for _, pod := range pods {
			names = append(names, pod.Name)
		}
		return names, nil
	}
}
