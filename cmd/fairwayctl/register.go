package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/api/v1alpha1"
)

// secretName is the name of the Secret with a member's kubeconfig.
func secretName(member string) string { return "member-" + member }

// register hands the hub the kubeconfig of the cluster with a UID, and gives
// the version of the Secret that it is in.
func (j *join) register(ctx context.Context, hub client.Client, kubeconfig []byte, uid string) (version string, err error) {
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: j.namespace, Name: secretName(j.name)}}
	if err = createOrChange(ctx, hub, secret, func() {
		metav1.SetMetaDataLabel(&secret.ObjectMeta, v1alpha1.RenewTokenLabel, "true")
		metav1.SetMetaDataAnnotation(&secret.ObjectMeta, clusterUIDAnnotation, uid)
		secret.Data = map[string][]byte{"kubeconfig": kubeconfig}
	}); apierrors.IsNotFound(err) {
		return "", fmt.Errorf("the hub has no namespace %s; name the one that Fairway is in with --fairway-namespace", j.namespace)
	} else if err != nil {
		return "", fmt.Errorf("write Secret %s/%s on the hub: %w", secret.Namespace, secret.Name, err)
	}
	member := &v1alpha1.MemberCluster{ObjectMeta: metav1.ObjectMeta{Name: j.name}}
	err = createOrChange(ctx, hub, member, func() {
		if before := member.Spec.KubeconfigSecretRef.Name; before != "" && before != secret.Name {
			j.say("Note: MemberCluster %s took its kubeconfig from Secret %s/%s until now; delete it if nothing else needs it.", j.name, j.namespace, before)
		}
		member.Spec.KubeconfigSecretRef = v1alpha1.SecretKeyReference{Name: secret.Name, Key: "kubeconfig"}
		if j.region != "" {
			member.Spec.Region = j.region
		}
		if j.network != "" {
			member.Spec.Network = j.network
		}
	})
	if err != nil {
		return "", fmt.Errorf("write MemberCluster %s on the hub: %w", j.name, err)
	}
	return secret.ResourceVersion, nil
}
