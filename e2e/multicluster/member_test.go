package multicluster

import (
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
)

// TestMemberLeavesAndJoins removes a member from the ClusterSet, which its exports do not know of,
// and takes it in again, while requests go on.
func TestMemberLeavesAndJoins(t *testing.T) {
	r := newRoom(t)
	east, west := stack.Member("east"), stack.Member("west")
	r.serve("echo", east, west)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", east, west)

	load := web.load("shop.example", "/")
	member := &unstructured.Unstructured{}
	member.SetGroupVersionKind(install.MemberClusterKind)
	if err := stack.Hub.Client.Get(t.Context(), client.ObjectKey{Name: east.Name()}, member); err != nil {
		t.Fatal(err)
	}
	r.remove(stack.Hub, member)
	web.servedBy("shop.example", "/", "echo", west)
	r.stored("echo", east)

	member.SetResourceVersion("")
	if err := stack.Hub.Client.Create(t.Context(), member); err != nil {
		t.Fatal(err)
	}
	r.memberIs(east, metav1.ConditionTrue)
	web.servedBy("shop.example", "/", "echo", east, west)
	load.end()
}
