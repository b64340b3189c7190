package install

import (
	"context"
	"fmt"
	"os/exec"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/fleet"
)

// MemberClusterKind is Fairway's kind for a member.
var MemberClusterKind = schema.GroupVersionKind{Group: "fairway.dev", Version: "v1alpha1", Kind: "MemberCluster"}

// MemberSecret is the name of the Secret on the hub with the kubeconfig of a member that was joined
// by fairwayctl.
func MemberSecret(member string) string { return "member-" + member }

// Ctl is the path of the built fairwayctl.
func (s *Stack) Ctl() string { return fleet.Ctl.Path(s.dir) }

// Join makes a cluster of the fleet a member, as a user would: by fairwayctl, which returns once the
// hub has read it.
func (s *Stack) Join(ctx context.Context, member *Cluster) error {
	args := s.JoinArgs(member)
	s.say("joining member %s: fairwayctl %s", member.Name(), strings.Join(args, " "))
	output, err := exec.CommandContext(ctx, s.Ctl(), args...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("fairwayctl clusters join %s: %w\n%s", member.Name(), err, output)
	}
	return nil
}

// JoinArgs are the arguments with which fairwayctl joins a cluster of the fleet.
func (s *Stack) JoinArgs(member *Cluster) []string {
	args := []string{"clusters", "join", member.Name(), "--kubeconfig", s.Hub.KubeconfigFile(),
		"--member-kubeconfig", member.KubeconfigFile(), "--server", member.Server()}
	if s.namespace != Namespace {
		args = append(args, "--fairway-namespace", s.namespace)
	}
	return args
}

// Register hands the hub a kubeconfig: a Secret, and the MemberCluster that names it. It does not
// wait for anything.
func (s *Stack) Register(ctx context.Context, name string, kubeconfig []byte) error {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: s.namespace, Name: name},
		Data:       map[string][]byte{"kubeconfig": kubeconfig},
	}
	if err := s.Hub.Client.Create(ctx, secret); err != nil {
		return fmt.Errorf("create the Secret: %w", err)
	}
	member := newMember(name)
	member.Object["spec"] = map[string]any{"kubeconfigSecretRef": map[string]any{"name": secret.Name}}
	if err := s.Hub.Client.Create(ctx, member); err != nil {
		return fmt.Errorf("create the MemberCluster: %w", err)
	}
	return nil
}

// MemberConditions are the conditions of a MemberCluster.
func (s *Stack) MemberConditions(ctx context.Context, name string) ([]metav1.Condition, error) {
	member := newMember(name)
	if err := s.Hub.Client.Get(ctx, client.ObjectKeyFromObject(member), member); err != nil {
		return nil, err
	}
	return conditionsOf(member)
}

func newMember(name string) *unstructured.Unstructured {
	member := &unstructured.Unstructured{}
	member.SetGroupVersionKind(MemberClusterKind)
	member.SetName(name)
	return member
}
