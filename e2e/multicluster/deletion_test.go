package multicluster

import (
	"context"
	"fmt"
	"net/http"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	policyv1 "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/e2e/install"
)

// partsOfGateway are the kinds of what a Gateway needs, and of what those make in turn.
var partsOfGateway = map[string]func() client.ObjectList{
	"Deployment":          func() client.ObjectList { return new(appsv1.DeploymentList) },
	"ReplicaSet":          func() client.ObjectList { return new(appsv1.ReplicaSetList) },
	"Pod":                 func() client.ObjectList { return new(corev1.PodList) },
	"Service":             func() client.ObjectList { return new(corev1.ServiceList) },
	"EndpointSlice":       func() client.ObjectList { return new(discoveryv1.EndpointSliceList) },
	"Secret":              func() client.ObjectList { return new(corev1.SecretList) },
	"ServiceAccount":      func() client.ObjectList { return new(corev1.ServiceAccountList) },
	"PodDisruptionBudget": func() client.ObjectList { return new(policyv1.PodDisruptionBudgetList) },
}

func TestDeletedGatewayLeavesNothing(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Members...)
	class := &gatewayv1.GatewayClass{}
	class.Name = "deletion"
	class.Spec.ControllerName = "fairway.dev/local"
	if err := stack.Hub.Client.Create(t.Context(), class); err != nil {
		t.Fatal(err)
	}
	r.create(stack.Hub, gateway("web", class.Name), gateway("other", class.Name),
		route("shop", "web", "shop.example", backend("echo", 1)), route("rest", "other", "shop.example", backend("echo", 1)))
	r.site(r.programmed("web"), 0).answers("shop.example", "/", http.StatusOK)
	other := r.site(r.programmed("other"), 0)
	for kind := range partsOfGateway {
		if count, err := r.count(t.Context(), kind, "web"); err != nil || count == 0 {
			t.Errorf("while the Gateway is there: %d of kind %s, %v", count, kind, err)
		}
	}
	r.remove(stack.Hub, class)

	r.remove(stack.Hub, &gatewayv1.Gateway{ObjectMeta: r.meta("web")})
	r.gone(stack.Hub, &gatewayv1.Gateway{ObjectMeta: r.meta("web")})
	for kind := range partsOfGateway {
		r.eventually("no "+kind+" is left", func(ctx context.Context) error {
			count, err := r.count(ctx, kind, "web")
			if err == nil && count != 0 {
				err = fmt.Errorf("%d are", count)
			}
			return err
		})
	}
	other.servedBy("shop.example", "/", "echo", stack.Members...)

	// The class was deleted long ago, but was in use until now.
	if err := stack.Hub.Client.Get(t.Context(), client.ObjectKeyFromObject(class), class); err != nil {
		t.Errorf("the class, while a Gateway uses it: %v", err)
	}
	r.remove(stack.Hub, &gatewayv1.Gateway{ObjectMeta: r.meta("other")})
	r.gone(stack.Hub, &gatewayv1.Gateway{ObjectMeta: r.meta("other")})
	r.gone(stack.Hub, class)
}

// TestUnexportedServiceLeavesNothing takes a service's exports back, one member after the other.
func TestUnexportedServiceLeavesNothing(t *testing.T) {
	r := newRoom(t)
	east, west := stack.Members[0], stack.Members[1]
	r.serve("echo", east, west)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", east, west)

	r.remove(east, &mcsv1beta1.ServiceExport{ObjectMeta: r.meta("echo")})
	web.servedBy("shop.example", "/", "echo", west)
	r.stored("echo", east)

	r.remove(west, &mcsv1beta1.ServiceExport{ObjectMeta: r.meta("echo")})
	r.gone(stack.Hub, &mcsv1beta1.ServiceImport{ObjectMeta: r.meta("echo")})
	r.stored("echo", west)
	web.answers("shop.example", "/", http.StatusInternalServerError)

	r.create(east, export("echo"))
	web.servedBy("shop.example", "/", "echo", east)
}

// count is the number of objects of a kind that are marked as a Gateway's.
func (r *room) count(ctx context.Context, kind, gateway string) (int, error) {
	list := partsOfGateway[kind]()
	err := stack.Hub.Client.List(ctx, list, client.InNamespace(r.name),
		client.MatchingLabels{gatewayv1.GatewayNameLabelKey: gateway})
	return meta.LenList(list), err
}

// gone waits until an object does not exist.
func (r *room) gone(cluster *install.Cluster, object client.Object) {
	r.t.Helper()
	r.eventually(fmt.Sprintf("%T %s is gone", object, object.GetName()), func(ctx context.Context) error {
		err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(object), object)
		if err == nil {
			return fmt.Errorf("it is there, with finalizers %v", object.GetFinalizers())
		}
		return client.IgnoreNotFound(err)
	})
}
