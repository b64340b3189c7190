package v1alpha1

import metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

// MemberCluster is a Kubernetes cluster whose exported services can be
// backends of the hub's Gateways. Its name is the cluster's id in the
// ClusterSet, so it is a DNS label.
//
// +kubebuilder:object:root=true
// +kubebuilder:subresource:status
// +kubebuilder:resource:scope=Cluster,shortName=member,categories=fairway
// +kubebuilder:printcolumn:name="Reachable",type=string,JSONPath=`.status.conditions[?(@.type=="Reachable")].status`
// +kubebuilder:printcolumn:name="Synced",type=string,JSONPath=`.status.conditions[?(@.type=="Synced")].status`
// +kubebuilder:printcolumn:name="Version",type=string,JSONPath=`.status.kubernetesVersion`
// +kubebuilder:printcolumn:name="Services",type=integer,JSONPath=`.status.services`
// +kubebuilder:printcolumn:name="Endpoints",type=integer,JSONPath=`.status.endpoints`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:validation:XValidation:rule="size(self.metadata.name) <= 63 && self.metadata.name.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?$')",message="metadata.name is the cluster's id in the ClusterSet: at most 63 lower-case letters, digits and dashes"
// +kubebuilder:metadata:annotations="helm.sh/resource-policy=keep"
type MemberCluster struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +required
	Spec MemberClusterSpec `json:"spec"`
	// +optional
	Status MemberClusterStatus `json:"status,omitempty"`
}

// MemberClusterSpec says how the hub reaches a member.
type MemberClusterSpec struct {
	// KubeconfigSecretRef names the Secret, in Fairway's own namespace, that
	// holds the kubeconfig with which the hub reaches the member.
	//
	// +required
	KubeconfigSecretRef SecretKeyReference `json:"kubeconfigSecretRef"`

	// Region is where the member runs, in the words of its cloud. It fills in
	// for nodes that carry no region label.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Region string `json:"region,omitempty"`

	// Network names the network that the member's pods are in. Pods of
	// members with the same name are taken to reach each other.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=63
	Network string `json:"network,omitempty"`
}

// SecretKeyReference names one key of a Secret.
type SecretKeyReference struct {
	// Name of the Secret.
	//
	// +required
	// +kubebuilder:validation:MinLength=1
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$`
	Name string `json:"name"`

	// Key in the Secret's data.
	//
	// +optional
	// +kubebuilder:default=kubeconfig
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^[-._a-zA-Z0-9]+$`
	Key string `json:"key,omitempty"`
}

// MemberClusterStatus is what the hub knows of a member.
type MemberClusterStatus struct {
	// Conditions are Reachable and Synced, and Duplicate where that is so.
	//
	// +optional
	// +listType=map
	// +listMapKey=type
	// +kubebuilder:validation:MaxItems=8
	Conditions []metav1.Condition `json:"conditions,omitempty"`

	// KubernetesVersion is what the member's API server says of itself.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=63
	KubernetesVersion string `json:"kubernetesVersion,omitempty"`

	// ClusterUID is the UID of the member's namespace kube-system, by which one
	// cluster is told from another. It is empty while the kubeconfig's user may
	// not read that.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	ClusterUID string `json:"clusterUID,omitempty"`

	// KubeconfigVersion is the resourceVersion of the Secret with the kubeconfig
	// as the hub last tried it. The conditions are about that one, or a later
	// one that is being tried.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=128
	KubeconfigVersion string `json:"kubeconfigVersion,omitempty"`

	// Services is how many services the member exports, as far as the hub
	// knows.
	//
	// +optional
	Services int32 `json:"services"`

	// Endpoints is how many pods stand behind these services, counted once for
	// each service.
	//
	// +optional
	Endpoints int32 `json:"endpoints"`
}

// MemberClusterList is a list of MemberClusters.
//
// +kubebuilder:object:root=true
type MemberClusterList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []MemberCluster `json:"items"`
}

// RenewTokenLabel on the Secret with a member's kubeconfig, with the value
// "true", has the hub renew the service account's token in it before it ends.
// fairwayctl sets it; without it the Secret is left as it is.
const RenewTokenLabel = "fairway.dev/renew-token"

// The conditions of a MemberCluster and their reasons.
const (
	// ConditionReachable is True while the member's API server answers.
	ConditionReachable = "Reachable"
	// ReasonReachable: it answers.
	ReasonReachable = "Reachable"
	// ReasonInvalidKubeconfig: the Secret, its key or the kubeconfig in it is
	// missing or malformed.
	ReasonInvalidKubeconfig = "InvalidKubeconfig"
	// ReasonUnreachable: no answer.
	ReasonUnreachable = "Unreachable"
	// ReasonUnauthorized: the credentials are refused.
	ReasonUnauthorized = "Unauthorized"

	// ConditionSynced is True while everything that Fairway watches in the
	// member has been read and is followed. Its nodes may be missing, which the
	// message then says. It is Unknown when the member does not answer any more;
	// what was last read is kept then.
	ConditionSynced = "Synced"
	// ReasonSynced: it has.
	ReasonSynced = "Synced"
	// ReasonNotSynced: not everything could be read; the message says what.
	ReasonNotSynced = "NotSynced"
	// ReasonUnsupportedVersion: the member's Kubernetes is too old.
	ReasonUnsupportedVersion = "UnsupportedVersion"

	// ConditionDuplicate is True when another MemberCluster leads to the same
	// cluster, and absent otherwise.
	ConditionDuplicate = "Duplicate"
	// ReasonSameCluster: both have the same ClusterUID.
	ReasonSameCluster = "SameCluster"
)
