package main

import (
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/api/v1alpha1"
)

// What the hub says of a member that is not the one that join came to, in as
// much as it stays the same: the error of Go's for an authority that it does
// not know, and an HTTP status.
const (
	unknownAuthority = "certificate signed by unknown authority"
	refusedToken     = "(401)"
)

// doesItRun asks whether there is a hub at all.
const doesItRun = "; does Fairway run on it? (kubectl get pods --all-namespaces -l app.kubernetes.io/name=fairway)"

// remedy is what a person can do about a member that is not read.
func (j *join) remedy(hub client.Client, m *v1alpha1.MemberCluster, a attempt) string {
	if missing, err := missingAPIs(hub); err == nil && len(missing) > 0 {
		return strings.Join(missing, "; ")
	}
	c := meta.FindStatusCondition(m.Status.Conditions, v1alpha1.ConditionReachable)
	switch {
	case c == nil:
		return "the hub does not answer at all" + doesItRun
	case c.Reason == v1alpha1.ReasonInvalidKubeconfig:
		// It was written just now: the hub looks elsewhere.
		return c.Message + "; --fairway-namespace names the namespace that Fairway is in"
	case a.before != "" && !a.madeOn(m):
		return "the hub has not tried the new kubeconfig" + doesItRun
	case c.Reason == v1alpha1.ReasonUnreachable && strings.Contains(c.Message, unknownAuthority):
		return c.Message + "; most likely another cluster answers there for pods of the hub: --server names the member's address for them; where the member is behind something with a certificate of another authority, --certificate-authority names its file"
	case c.Reason == v1alpha1.ReasonUnreachable:
		return c.Message + "; --server names the address that they reach, --tls-server-name the name in its certificate"
	case c.Reason == v1alpha1.ReasonUnauthorized && strings.Contains(c.Message, refusedToken):
		// The member gave the token just now.
		return c.Message + "; the token is new, so most likely another cluster answers there for pods of the hub: --server names the member's address for them"
	case c.Status != metav1.ConditionTrue:
		return c.Message
	}
	if c = meta.FindStatusCondition(m.Status.Conditions, v1alpha1.ConditionSynced); c != nil {
		return c.Message
	}
	return "the hub has not begun to read it"
}
