package main

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/api/v1alpha1"
)

// clusterUIDAnnotation on a Secret that join made says which cluster has the
// account. It outlives the MemberCluster, for a removal that is repeated.
const clusterUIDAnnotation = "fairway.dev/cluster-uid"

// clusterUID tells one cluster from another, as the hub does.
func clusterUID(ctx context.Context, cluster client.Reader) (string, error) {
	ns := &corev1.Namespace{}
	if err := cluster.Get(ctx, client.ObjectKey{Name: metav1.NamespaceSystem}, ns); err != nil {
		return "", fmt.Errorf("read which cluster the member is: %w", err)
	}
	return string(ns.UID), nil
}

// sameCluster refuses a cluster that is another one than the hub knows by the
// name. Nothing is known before the hub has first read it.
func (j *join) sameCluster(uid, known string) error {
	if known == "" || uid == known {
		return nil
	}
	return fmt.Errorf("context %q is another cluster than member %s; choose another NAME, or take that member out first: %s clusters remove %s",
		j.memberContext, j.name, j.program, j.name)
}

// sameCluster refuses a cluster that is another one than the member to be
// removed: its account may be that of another hub. Where nobody has noted
// which cluster the member is, any will do.
func (r *remove) sameCluster(ctx context.Context, cluster client.Reader, member *v1alpha1.MemberCluster, secret *corev1.Secret) error {
	known := member.Status.ClusterUID
	if known == "" {
		known = secret.Annotations[clusterUIDAnnotation]
	}
	if cluster == nil || known == "" {
		return nil
	}
	if uid, err := clusterUID(ctx, cluster); err != nil || uid == known {
		return err
	}
	return fmt.Errorf("context %q is another cluster than member %s, and nothing was removed; name the member's with --member-context, or leave the flag out if that cluster is gone",
		r.memberContext, r.name)
}
