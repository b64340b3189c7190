package multicluster

import (
	"context"
	"errors"
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/e2e/install"
)

// TestMemberLeavesAndJoins removes a member from the ClusterSet and takes it in again, while requests
// go on. Its exports say that they are imported for as long as they are.
func TestMemberLeavesAndJoins(t *testing.T) {
	r := newRoom(t)
	east, west := stack.Member("east"), stack.Member("west")
	r.serve("echo", east, west)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", east, west)
	r.exported(east, "echo", true)

	load := web.load("shop.example", "/")
	member := &unstructured.Unstructured{}
	member.SetGroupVersionKind(install.MemberClusterKind)
	if err := stack.Hub.Client.Get(t.Context(), client.ObjectKey{Name: east.Name()}, member); err != nil {
		t.Fatal(err)
	}
	r.remove(stack.Hub, member)
	web.servedBy("shop.example", "/", "echo", west)
	r.stored("echo", east)
	r.exported(east, "echo", false)
	r.exported(west, "echo", true)

	member.SetResourceVersion("")
	if err := stack.Hub.Client.Create(t.Context(), member); err != nil {
		t.Fatal(err)
	}
	r.memberIs(east, metav1.ConditionTrue)
	web.servedBy("shop.example", "/", "echo", east, west)
	r.exported(east, "echo", true)
	load.end()
}

// exported waits until a ServiceExport says that it is imported, or says nothing any more.
func (r *room) exported(member *install.Cluster, name string, want bool) {
	r.t.Helper()
	r.eventually(fmt.Sprintf("export %s in %s being imported is said: %v", name, member.Name(), want), func(ctx context.Context) error {
		var export mcsv1beta1.ServiceExport
		if err := member.Client.Get(ctx, r.key(name), &export); err != nil {
			return err
		}
		all := export.Status.Conditions
		if !want && len(all) > 0 || want && !meta.IsStatusConditionTrue(all, string(mcsv1beta1.ServiceExportConditionReady)) {
			return fmt.Errorf("its conditions are %+v", all)
		}
		return nil
	})
}

// TestMemberStatus: what the hub says of a member is so, and stays so while the member is joined a
// second time and while its kubeconfig is replaced by one that does not work.
func TestMemberStatus(t *testing.T) {
	r := newRoom(t)
	east := stack.Member("east")
	r.serve("echo", east)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", east)
	var system corev1.Namespace
	if err := east.Client.Get(t.Context(), client.ObjectKey{Name: metav1.NamespaceSystem}, &system); err != nil {
		t.Fatal(err)
	}
	r.eventually("the hub says what it knows of east", func(ctx context.Context) error {
		status, err := r.member(ctx, east.Name())
		if err != nil {
			return err
		}
		services, _ := status["services"].(int64)
		endpoints, _ := status["endpoints"].(int64)
		if status["clusterUID"] != string(system.UID) || status["kubernetesVersion"] == nil || services < 1 || endpoints < 1 {
			return fmt.Errorf("it says %v", status)
		}
		return nil
	})

	twice := r.register("twin", east.InsideKubeconfig())
	r.duplicate(east.Name(), true)
	r.duplicate("twin", true)
	r.noticed("", "twin", corev1.EventTypeWarning, "SameCluster", `"`+east.Name()+`"`, "delete all but one")
	twice()
	r.duplicate(east.Name(), false)
	web.servedBy("shop.example", "/", "echo", east)

	load := web.load("shop.example", "/")
	secret := &corev1.Secret{}
	if err := stack.Hub.Client.Get(t.Context(), client.ObjectKey{Namespace: install.Namespace, Name: install.MemberSecret(east.Name())}, secret); err != nil {
		t.Fatal(err)
	}
	good := secret.Data["kubeconfig"]
	rotate := func(kubeconfig []byte) {
		t.Helper()
		secret.Data["kubeconfig"] = kubeconfig
		if err := stack.Hub.Client.Update(t.Context(), secret); err != nil {
			t.Fatal(err)
		}
	}
	t.Cleanup(func() {
		secret.Data["kubeconfig"], secret.ResourceVersion = good, ""
		if err := stack.Hub.Client.Update(context.Background(), secret); err != nil {
			t.Error(err)
		}
	})
	rotate([]byte("this is no kubeconfig"))
	r.unusable(east.Name(), "InvalidKubeconfig")
	r.scale(east, "echo", 2) // is still seen, over the connection that is there
	web.servedBy("shop.example", "/", "echo", east)
	rotate(east.InsideKubeconfig())
	r.memberIs(east, metav1.ConditionTrue)
	load.end()
}

// member is a MemberCluster's status.
func (r *room) member(ctx context.Context, name string) (map[string]any, error) {
	member := &unstructured.Unstructured{}
	member.SetGroupVersionKind(install.MemberClusterKind)
	if err := stack.Hub.Client.Get(ctx, client.ObjectKey{Name: name}, member); err != nil {
		return nil, err
	}
	status, found, err := unstructured.NestedMap(member.Object, "status")
	if err == nil && !found {
		err = errors.New("it has no status yet")
	}
	return status, err
}

// duplicate waits until the hub says, or no longer says, that a member's cluster has joined twice.
func (r *room) duplicate(name string, want bool) {
	r.t.Helper()
	r.eventually(fmt.Sprintf("member %s being a duplicate is %v", name, want), func(ctx context.Context) error {
		conditions, err := stack.MemberConditions(ctx, name)
		if err == nil && meta.IsStatusConditionTrue(conditions, "Duplicate") != want {
			err = fmt.Errorf("the conditions are %v", conditions)
		}
		return err
	})
}
