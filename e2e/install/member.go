package install

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// MemberClusterKind is Fairway's kind for a member.
var MemberClusterKind = schema.GroupVersionKind{Group: "fairway.dev", Version: "v1alpha1", Kind: "MemberCluster"}

// joinTimeout bounds the wait until the hub has read a member.
const joinTimeout = time.Minute

// join makes an account for the hub in a member, hands the hub its kubeconfig and waits until the
// hub has read the member.
func (s *Stack) join(ctx context.Context, member *Cluster) error {
	kubeconfig, err := s.hubKubeconfig(ctx, member)
	if err != nil {
		return fmt.Errorf("join %s: %w", member.Name(), err)
	}
	if err := s.Register(ctx, member.Name(), kubeconfig); err != nil {
		return fmt.Errorf("join %s: %w", member.Name(), err)
	}
	return Wait(ctx, "the hub reads member "+member.Name(), joinTimeout, func(ctx context.Context) error {
		conditions, err := s.MemberConditions(ctx, member.Name())
		if err != nil {
			return err
		}
		for _, kind := range []string{"Reachable", "Synced"} {
			if err := Met(conditions, kind, metav1.ConditionTrue, 0); err != nil {
				return err
			}
		}
		return nil
	})
}

// hubKubeconfig makes the account, as the examples have it, and returns a kubeconfig for it with the
// address that pods of the hub reach the member at.
func (s *Stack) hubKubeconfig(ctx context.Context, member *Cluster) ([]byte, error) {
	if err := s.applyExample(ctx, member, filepath.Join("join", "member.yaml")); err != nil {
		return nil, err
	}
	token := new(corev1.Secret)
	err := Wait(ctx, "the member makes a token for the hub", joinTimeout, func(ctx context.Context) error {
		key := client.ObjectKey{Namespace: Namespace, Name: "fairway-hub"}
		if err := member.Client.Get(ctx, key, token); err != nil {
			return err
		}
		if len(token.Data[corev1.ServiceAccountTokenKey]) == 0 {
			return errors.New("the Secret holds none yet")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	config := clientcmdapi.NewConfig()
	config.Clusters["member"] = &clientcmdapi.Cluster{
		Server: member.Server(), CertificateAuthorityData: token.Data[corev1.ServiceAccountRootCAKey],
	}
	config.AuthInfos["hub"] = &clientcmdapi.AuthInfo{Token: string(token.Data[corev1.ServiceAccountTokenKey])}
	config.Contexts["member"] = &clientcmdapi.Context{Cluster: "member", AuthInfo: "hub"}
	config.CurrentContext = "member"
	return clientcmd.Write(*config)
}

// Register hands the hub a kubeconfig: a Secret, and the MemberCluster that names it. It does not
// wait for anything.
func (s *Stack) Register(ctx context.Context, name string, kubeconfig []byte) error {
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: Namespace, Name: name},
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
