package main

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/providers/owner"
)

// memberOf is a MemberCluster as join makes it.
func memberOf(name, uid string) *v1alpha1.MemberCluster {
	m := &v1alpha1.MemberCluster{}
	m.Name, m.Spec.KubeconfigSecretRef.Name, m.Status.ClusterUID = name, secretName(name), uid
	return m
}

// secretOf is the Secret of such a member.
func secretOf(name string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "fairway-system", Name: secretName(name),
		Labels: map[string]string{v1alpha1.RenewTokenLabel: "true"}}}
}

// memberCluster is a cluster with the hub's account in it.
func memberCluster(uid string) *fake.ClientBuilder {

	system := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "kube-system", UID: types.UID(uid)}}
	return fake.NewClientBuilder().WithScheme(scheme()).WithObjects(account(), system)
}

func hubOf(objects ...client.Object) *fake.ClientBuilder {
	return fake.NewClientBuilder().WithScheme(scheme()).WithObjects(objects...)
}

func removal(name string, said *bytes.Buffer) *remove {
	return &remove{globals: &globals{streams: streams{in: strings.NewReader(""), out: said, err: said}, namespace: "fairway-system", program: "fairwayctl"},
		name: name, yes: true, timeout: 300 * time.Millisecond}
}

// has reports whether an object is there.
func has(t *testing.T, c client.Client, o client.Object) bool {
	t.Helper()
	err := c.Get(t.Context(), client.ObjectKeyFromObject(o), o)
	if client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	return err == nil
}

func account() *corev1.ServiceAccount {
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: accountNamespace, Name: accountName}}
}

func TestRemoveLeavesTheAccountToATwin(t *testing.T) {
	hub := hubOf(memberOf("east", "1"), memberOf("orient", "1"), secretOf("east"), secretOf("orient")).Build()
	cluster := memberCluster("1").Build()
	var said bytes.Buffer
	if err := removal("east", &said).part(t.Context(), hub, cluster); err != nil {
		t.Fatal(err)
	}
	if !has(t, cluster, account()) || !strings.Contains(said.String(), "member orient is the same cluster") {
		t.Errorf("the account that orient needs is gone, or nothing says that it stays: %s", said.String())
	}
	if has(t, hub, secretOf("east")) || !has(t, hub, secretOf("orient")) {
		t.Error("want east's Secret gone, and orient's there")
	}
	if err := removal("orient", &said).part(t.Context(), hub, cluster); err != nil || has(t, cluster, account()) {
		t.Errorf("the account is left by the last one: %v", err)
	}
}

// TestRemoveCanBeRepeated: a first run that waited in vain leaves the Secret,
// by which a second one knows what is left to do.
func TestRemoveCanBeRepeated(t *testing.T) {
	slice := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "cart",
		Labels: map[string]string{mcsv1beta1.LabelSourceCluster: "east", owner.HubKey: "main"}}}
	hub, cluster := hubOf(memberOf("east", "1"), secretOf("east"), slice).Build(), memberCluster("1").Build()
	var said bytes.Buffer
	err := removal("east", &said).part(t.Context(), hub, cluster)
	if err == nil || !strings.Contains(err.Error(), "still keeps 1 EndpointSlices") || !has(t, hub, secretOf("east")) || !has(t, cluster, account()) {
		t.Fatalf("got %v; want Secret and account left while the hub has not forgotten the member", err)
	}
	if err := hub.Delete(t.Context(), slice); err != nil {
		t.Fatal(err)
	}
	if err := removal("east", &said).part(t.Context(), hub, cluster); err != nil {
		t.Fatal(err)
	}
	if has(t, hub, secretOf("east")) || has(t, cluster, account()) {
		t.Error("the second run leaves the Secret or the account")
	}
	if err := removal("east", &said).part(t.Context(), hub, cluster); err == nil || !strings.Contains(err.Error(), "there is no member east") {
		t.Errorf("the third run: %v", err)
	}
}

// TestRemoveDeletesTheSecretLast: the hub, told of it first, would take the
// member for one with a bad kubeconfig, and not say goodbye.
func TestRemoveDeletesTheSecretLast(t *testing.T) {
	var order []string
	hub := hubOf(memberOf("east", "1"), secretOf("east")).WithInterceptorFuncs(interceptor.Funcs{
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			order = append(order, o.GetName())
			return c.Delete(ctx, o, opts...)
		},
		List: func(ctx context.Context, c client.WithWatch, l client.ObjectList, opts ...client.ListOption) error {
			if _, is := l.(*discoveryv1.EndpointSliceList); is {
				order = append(order, "forgotten?")
			}
			return c.List(ctx, l, opts...)
		},
	}).Build()
	cluster := memberCluster("1").WithInterceptorFuncs(interceptor.Funcs{
		Delete: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.DeleteOption) error {
			err := c.Delete(ctx, o, opts...)
			if err == nil || !apierrors.IsNotFound(err) {
				order = append(order, o.GetName())
			}
			return err
		},
	}).Build()
	var said bytes.Buffer
	if err := removal("east", &said).part(t.Context(), hub, cluster); err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(order, " "); got != "east forgotten? fairway-hub member-east" {
		t.Errorf("deleted in the order %s", got)
	}
}

// TestRemoveSaysThatASecretOfAnotherNameStays: one that was made by hand may
// serve something else.
func TestRemoveSaysThatASecretOfAnotherNameStays(t *testing.T) {
	byHand, secret := memberOf("east", "1"), secretOf("east")
	byHand.Spec.KubeconfigSecretRef.Name, secret.Name = "east", "east"
	hub := hubOf(byHand, secret).Build()
	var said bytes.Buffer
	if err := removal("east", &said).part(t.Context(), hub, nil); err != nil {
		t.Fatal(err)
	}
	if want := "\nSecret fairway-system/east on the hub stays, since join did not make it; delete it if nothing else needs it.\n"; !has(t, hub, secret) || !strings.Contains(said.String(), want) {
		t.Errorf("the Secret is gone, or nothing says that it stays: %s", said.String())
	}
	said.Reset()
	if err := removal("west", &said).part(t.Context(), hubOf(memberOf("west", "1"), secretOf("west")).Build(), nil); err != nil || strings.Contains(said.String(), "Secret") {
		t.Errorf("of a Secret that goes it says %s (%v)", said.String(), err)
	}
}
