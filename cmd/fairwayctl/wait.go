package main

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/resourceversion"
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

// attempt is what the hub is to try.
type attempt struct {
	// before is what the hub said of a member that joins again, about another
	// kubeconfig: that is no news. It is empty where the member is new.
	before string
	// version is that of the Secret with the kubeconfig.
	version string
}

// madeOn reports whether the hub has tried that kubeconfig, or a later one: it
// renews the token in it.
func (a attempt) madeOn(m *v1alpha1.MemberCluster) bool {
	order, err := resourceversion.CompareResourceVersion(m.Status.KubeconfigVersion, a.version)
	return err == nil && order >= 0
}

// progress is what the hub says of the attempt, and whether it has succeeded.
func (a attempt) progress(m *v1alpha1.MemberCluster) (string, bool) {
	now, done := progress(m)
	if a.madeOn(m) || !done && now != a.before {
		return now, done
	}
	return "Waiting for the hub to try the new kubeconfig.", false
}

// wait waits until the hub has read the member by the new kubeconfig, and says
// what it says meanwhile.
func (j *join) wait(ctx context.Context, hub client.Client, a attempt) error {
	said := ""
	member := &v1alpha1.MemberCluster{}
	err := wait.PollUntilContextTimeout(ctx, 250*time.Millisecond, j.timeout, true, func(ctx context.Context) (bool, error) {
		if err := hub.Get(ctx, client.ObjectKey{Name: j.name}, member); err != nil {
			if within, ends := ctx.Deadline(); ends && time.Until(within) < time.Second {
				// What fails because the time is nearly up says nothing.
				return false, nil
			}
			return false, err
		}
		now, done := a.progress(member)
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
	j.say("MemberCluster %s and its Secret stay on the hub: join again once it is mended, or take them away with %s clusters remove %s.", j.name, j.program, j.name)
	return fmt.Errorf("the hub has not read %s within %s: %s", j.name, j.timeout, j.remedy(hub, member, a))
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
