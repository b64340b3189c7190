package multicluster

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// patience is how long a test waits for anything.
const patience = time.Minute

// room is a namespace of one test, on the hub and in every member.
type room struct {
	t    *testing.T
	name string
}

// newRoom makes the namespaces. They are deleted after the test, but not waited for.
func newRoom(t *testing.T) *room {
	t.Helper()
	r := &room{t: t, name: strings.ToLower(t.Name())}
	for _, cluster := range stack.Clusters() {
		namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: r.name, Labels: map[string]string{roomLabel: ""}}}
		if err := cluster.Client.Create(t.Context(), namespace); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := cluster.Client.Delete(context.Background(), namespace); err != nil {
				t.Error(err)
			}
		})
	}
	return r
}

// roomLabel marks the namespaces of tests.
const roomLabel = "e2e.fairway.dev/room"

// key names an object in the room.
func (r *room) key(name string) client.ObjectKey {
	return client.ObjectKey{Namespace: r.name, Name: name}
}

// fatal ends the test and tells all that the hub knows.
func (r *room) fatal(err error) {
	r.t.Helper()
	r.t.Fatalf("%v\n%s", err, stack.Explain(context.Background(), r.name))
}

// eventually ends the test unless the condition holds in time.
func (r *room) eventually(what string, condition func(context.Context) error) {
	r.t.Helper()
	if err := install.Wait(r.t.Context(), what, patience, condition); err != nil {
		r.fatal(err)
	}
}

// create writes the objects of a YAML stream into the room's namespace of a cluster.
func (r *room) create(cluster *install.Cluster, manifests ...string) {
	r.t.Helper()
	for decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(strings.Join(manifests, "\n---\n")), 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			r.t.Fatal(err)
		}
		object.SetNamespace(r.name)
		if err := cluster.Client.Create(r.t.Context(), object); err != nil {
			r.t.Fatal(err)
		}
	}
}

// serve runs an exported echo server with one pod in each of the given members.
func (r *room) serve(name string, members ...*install.Cluster) {
	r.t.Helper()
	for _, member := range members {
		r.create(member, deployment(name, member.Name(), 1), service(name), export(name))
	}
}

// scale changes the number of pods of an echo server and waits until that many are ready and no other
// is left.
func (r *room) scale(member *install.Cluster, name string, replicas int32) {
	r.t.Helper()
	r.update(member, &appsv1.Deployment{ObjectMeta: r.meta(name)}, func(o client.Object) {
		o.(*appsv1.Deployment).Spec.Replicas = &replicas
	})
	r.eventually(fmt.Sprintf("%s has %d pods of %s", member.Name(), replicas, name), func(ctx context.Context) error {
		var all corev1.PodList
		err := member.Client.List(ctx, &all, client.InNamespace(r.name), client.MatchingLabels{"app": name})
		if err != nil {
			return err
		}
		ready, err := r.pods(ctx, member, name)
		if err == nil && (len(ready) != int(replicas) || len(all.Items) != int(replicas)) {
			err = fmt.Errorf("%d are ready, and there are %d", len(ready), len(all.Items))
		}
		return err
	})
}

// pods are the ready pods of an echo server in one member that are to stay.
func (r *room) pods(ctx context.Context, member *install.Cluster, name string) ([]corev1.Pod, error) {
	var list corev1.PodList
	err := member.Client.List(ctx, &list, client.InNamespace(r.name), client.MatchingLabels{"app": name})
	return slices.DeleteFunc(list.Items, func(pod corev1.Pod) bool {
		return pod.DeletionTimestamp != nil || !podReady(&pod)
	}), err
}

func podReady(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.Conditions, func(c corev1.PodCondition) bool {
		return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
	})
}

func (r *room) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: r.name, Name: name}
}

// update reads an object, changes it and writes the difference.
func (r *room) update(cluster *install.Cluster, object client.Object, change func(client.Object)) {
	r.t.Helper()
	if err := cluster.Client.Get(r.t.Context(), client.ObjectKeyFromObject(object), object); err != nil {
		r.t.Fatal(err)
	}
	before := object.DeepCopyObject().(client.Object)
	change(object)
	if err := cluster.Client.Patch(r.t.Context(), object, client.MergeFrom(before)); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) updateRoute(name string, change func(*gatewayv1.HTTPRouteSpec)) {
	r.t.Helper()
	r.update(stack.Hub, &gatewayv1.HTTPRoute{ObjectMeta: r.meta(name)}, func(o client.Object) {
		change(&o.(*gatewayv1.HTTPRoute).Spec)
	})
}

func (r *room) remove(cluster *install.Cluster, object client.Object) {
	r.t.Helper()
	if err := cluster.Client.Delete(r.t.Context(), object); err != nil {
		r.t.Fatal(err)
	}
}

func (r *room) programmed(name string) *gatewayv1.Gateway {
	r.t.Helper()
	gateway, err := stack.Programmed(r.t.Context(), r.key(name))
	if err != nil {
		r.fatal(err)
	}
	return gateway
}

func (r *room) routed(name string) *gatewayv1.HTTPRoute {
	r.t.Helper()
	route, err := stack.Routed(r.t.Context(), r.key(name))
	if err != nil {
		r.fatal(err)
	}
	return route
}
