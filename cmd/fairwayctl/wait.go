package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"

	"fairway.dev/fairway/api/v1alpha1"
)

// createOrChange makes an object, or changes the one that is there.
func createOrChange(ctx context.Context, c client.Client, o client.Object, change func()) error {
	_, err := controllerutil.CreateOrUpdate(ctx, c, o, func() error { change(); return nil })
	return err
}

// wait waits until the hub has read the member, and says what it says
// meanwhile. What it said before, of a member that joins again, is no news.
func (j *join) wait(ctx context.Context, hub client.Client, before string) error {
	said := before
	member := &v1alpha1.MemberCluster{}
	err := wait.PollUntilContextTimeout(ctx, 250*time.Millisecond, j.timeout, true, func(ctx context.Context) (bool, error) {
		if err := hub.Get(ctx, client.ObjectKey{Name: j.name}, member); err != nil {
			if within, ends := ctx.Deadline(); ends && time.Until(within) < time.Second {
				// What fails because the time is nearly up says nothing.
				return false, nil
			}
			return false, err
		}
		now, done := progress(member)
		if now != said || done {
			said = now
			j.say("%s", now)
		}
		return done, nil
	})
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !wait.Interrupted(err):
		return fmt.Errorf("wait for MemberCluster %s: %w", j.name, err)
	}
	return fmt.Errorf("the hub has not read %s within %s: %w", j.name, j.timeout, errors.New(j.remedy(hub, member)))
}

// progress is what the hub says of a member, and whether it has read it.
func progress(m *v1alpha1.MemberCluster) (string, bool) {
	for _, kind := range []string{v1alpha1.ConditionReachable, v1alpha1.ConditionSynced} {
		c := meta.FindStatusCondition(m.Status.Conditions, kind)
		switch {
		case c == nil:
			return "Waiting for the hub to say whether it is " + kind + ".", false
		case c.Status != metav1.ConditionTrue:
			return fmt.Sprintf("%s: %s: %s", kind, c.Reason, c.Message), false
		}
	}
	return fmt.Sprintf("The hub reaches %s, Kubernetes %s, and has read it.", m.Name, m.Status.KubernetesVersion), true
}
