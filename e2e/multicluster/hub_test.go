package multicluster

import (
	"context"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
)

// killHub kills the hub's pod without warning and waits until another one is ready.
func (r *room) killHub() {
	r.t.Helper()
	before, err := stack.HubPods(r.t.Context())
	if err != nil || len(before) != 1 {
		r.t.Fatalf("hub pods: %d, %v", len(before), err)
	}
	if err := stack.Hub.Client.Delete(r.t.Context(), &before[0], client.GracePeriodSeconds(0)); err != nil {
		r.t.Fatal(err)
	}
	r.eventually("another hub pod is ready", func(ctx context.Context) error {
		now, err := stack.HubPods(ctx)
		if err != nil {
			return err
		}
		if len(now) != 1 || now[0].UID == before[0].UID || !podReady(&now[0]) {
			return fmt.Errorf("there are %d pods, or the one is not ready", len(now))
		}
		return nil
	})
}

// replaceProxy deletes one proxy of a Gateway and waits until its successor is ready.
func (r *room) replaceProxy(gateway string) {
	r.t.Helper()
	before, err := stack.Proxies(r.t.Context(), r.key(gateway))
	if err != nil || len(before) == 0 {
		r.t.Fatalf("proxies: %d, %v", len(before), err)
	}
	r.remove(stack.Hub, &before[0])
	r.eventually("another proxy is ready", func(ctx context.Context) error {
		now, err := stack.Proxies(ctx, r.key(gateway))
		if err != nil {
			return err
		}
		if len(now) != len(before) {
			return fmt.Errorf("there are %d proxies", len(now))
		}
		for _, pod := range now {
			if pod.Name == before[0].Name || !podReady(&pod) {
				return fmt.Errorf("proxy %s is old or not ready", pod.Name)
			}
		}
		return nil
	})
}

// memberIs waits until the hub says whether it reaches a member.
func (r *room) memberIs(member *install.Cluster, status metav1.ConditionStatus) {
	r.t.Helper()
	r.eventually("the hub says whether it reaches "+member.Name(), func(ctx context.Context) error {
		conditions, err := stack.MemberConditions(ctx, member.Name())
		if err != nil {
			return err
		}
		return install.Met(conditions, "Reachable", status, 0)
	})
}
