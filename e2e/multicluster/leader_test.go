package multicluster

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	coordinationv1 "k8s.io/api/coordination/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// TestAKilledLeaderIsReplaced kills the leader of two hubs without warning. Traffic goes on, and the
// other one serves the next change.
func TestAKilledLeaderIsReplaced(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Members...)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", stack.Members...)
	r.hubs(2)
	t.Cleanup(func() { r.hubs(1) })
	load := web.load("shop.example", "/")

	leader := r.leader()
	killed := time.Now()
	r.kill(leader)
	var next string
	r.eventually("the other hub leads", func(context.Context) error {
		if next = r.leader(); next == "" || next == leader {
			return fmt.Errorf("leader is %q", next)
		}
		return nil
	})
	t.Logf("Another hub led %s after the kill", time.Since(killed).Round(time.Millisecond))

	r.updateRoute("shop", func(spec *gatewayv1.HTTPRouteSpec) { spec.Hostnames = append(spec.Hostnames, "new.example") })
	web.servedBy("new.example", "/", "echo", stack.Members...)
	t.Logf("It had served a change %s after the kill", time.Since(killed).Round(time.Millisecond))
	load.end()
}

// TestAPauseOfTheAPIServerCostsNoStream freezes the hub's API server for longer than a lease lasts.
// The leader stays, and no proxy has to connect anew.
func TestAPauseOfTheAPIServerCostsNoStream(t *testing.T) {
	r := newRoom(t)
	r.serve("echo", stack.Members...)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", stack.Members...)
	r.hubs(2)
	t.Cleanup(func() { r.hubs(1) })
	load := web.load("shop.example", "/")

	leader, streams := r.leader(), r.streams("web")
	if err := stack.Hub.Freeze(t.Context()); err != nil {
		t.Fatal(err)
	}
	frozen := time.Now()
	for time.Since(frozen) < 6*time.Second {
		load.goesOn()
	}
	if err := stack.Hub.Thaw(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.updateRoute("shop", func(spec *gatewayv1.HTTPRouteSpec) { spec.Hostnames = append(spec.Hostnames, "new.example") })
	web.servedBy("new.example", "/", "echo", stack.Members...)
	for time.Since(frozen) < 12*time.Second {
		load.goesOn()
	}
	if now := r.leader(); now != leader {
		t.Errorf("%q led, and %q leads after a pause", leader, now)
	}
	if now := r.streams("web"); !maps.Equal(now, streams) {
		t.Errorf("streams that the proxies opened: %v before the pause, %v after it", streams, now)
	}
	load.end()
}

// streams is how many streams to a hub each proxy of a Gateway has opened.
func (r *room) streams(gateway string) map[string]float64 {
	r.t.Helper()
	proxies, err := stack.ProxyMetrics(r.t.Context(), r.key(gateway))
	if err != nil {
		r.t.Fatal(err)
	}
	opened := map[string]float64{}
	for name, metrics := range proxies {
		if opened[name] = metrics.Sum("fairway_proxy_config_connections_total"); opened[name] == 0 || metrics.Sum("fairway_proxy_config_connected") != 1 {
			r.t.Errorf("proxy %s has opened %v streams and has none now", name, opened[name])
		}
	}
	return opened
}

// hubs sets the number of replicas of the hub, and waits until as many are ready and one leads.
func (r *room) hubs(replicas int32) {
	r.t.Helper()
	ctx := context.Background()
	var all appsv1.DeploymentList
	if err := stack.Hub.Client.List(ctx, &all, client.InNamespace(install.Namespace)); err != nil || len(all.Items) != 1 {
		r.t.Fatalf("the hub's Deployment: %d, %v", len(all.Items), err)
	}
	hub := &all.Items[0]
	before := hub.DeepCopy()
	hub.Spec.Replicas = &replicas
	if err := stack.Hub.Client.Patch(ctx, hub, client.MergeFrom(before)); err != nil {
		r.t.Fatal(err)
	}
	if err := install.Wait(ctx, fmt.Sprintf("%d hubs are ready", replicas), patience, func(ctx context.Context) error {
		pods, err := stack.HubPods(ctx)
		if err != nil {
			return err
		}
		leads := false
		for i := range pods {
			if !podReady(&pods[i]) {
				return fmt.Errorf("%s is not ready", pods[i].Name)
			}
			leads = leads || pods[i].Name == r.leader()
		}
		if len(pods) != int(replicas) || !leads {
			return fmt.Errorf("there are %d; one of them leads: %v", len(pods), leads)
		}
		return nil
	}); err != nil {
		r.fatal(err)
	}
}

// leader is the name of the pod that holds the hub's lease, or empty.
func (r *room) leader() string {
	r.t.Helper()
	var lease coordinationv1.Lease
	err := stack.Hub.Client.Get(context.Background(), client.ObjectKey{Namespace: install.Namespace, Name: "fairway-hub"}, &lease)
	if err != nil {
		r.t.Fatal(err)
	}
	if lease.Spec.HolderIdentity == nil {
		return ""
	}
	pod, _, _ := strings.Cut(*lease.Spec.HolderIdentity, "_")
	return pod
}

// kill ends a hub's pod without warning.
func (r *room) kill(pod string) {
	r.t.Helper()
	object := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: install.Namespace, Name: pod}}
	if err := stack.Hub.Client.Delete(r.t.Context(), object, client.GracePeriodSeconds(0)); err != nil {
		r.t.Fatal(err)
	}
}
