package v1alpha1

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// LocalGatewayParameters say how the proxies of provider local run. A
// GatewayClass refers to them by spec.parametersRef, for all its Gateways; a
// Gateway by spec.infrastructure.parametersRef, in its own namespace. Where
// both do, the Gateway's fields are laid over the class's, maps key by key
// and lists as a whole.
//
// Defaults are not written into the object: a field that is not set is the
// class's, and the default only where neither sets it.
//
// +kubebuilder:object:root=true
// +kubebuilder:resource:scope=Namespaced,shortName=lgp,categories=fairway
// +kubebuilder:printcolumn:name="Replicas",type=integer,JSONPath=`.spec.replicas`
// +kubebuilder:printcolumn:name="Service",type=string,JSONPath=`.spec.service.type`
// +kubebuilder:printcolumn:name="Age",type=date,JSONPath=`.metadata.creationTimestamp`
// +kubebuilder:metadata:annotations="helm.sh/resource-policy=keep"
type LocalGatewayParameters struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`

	// +required
	Spec LocalGatewayParametersSpec `json:"spec"`
}

// LocalGatewayParametersSpec is what can be set.
type LocalGatewayParametersSpec struct {
	// Replicas is how many proxies serve a Gateway; default 2. A quarter of
	// them, at least one, may be away at a time.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	// +kubebuilder:validation:Maximum=100
	Replicas *int32 `json:"replicas,omitempty"`

	// Resources of each proxy. Requests default to 50m of CPU and 64Mi of
	// memory; there are no limits by default.
	//
	// +optional
	Resources *LocalResources `json:"resources,omitempty"`

	// Service is how clients reach the proxies.
	//
	// +optional
	Service *LocalService `json:"service,omitempty"`

	// Pods is where the proxies' pods run, and what they carry.
	//
	// +optional
	Pods *LocalPods `json:"pods,omitempty"`

	// Traffic is what proxies make of clients and let them do.
	//
	// +optional
	Traffic *LocalTraffic `json:"traffic,omitempty"`

	// Logs is what each proxy writes down.
	//
	// +optional
	Logs *LocalLogs `json:"logs,omitempty"`
}

// LocalResources are compute resources.
type LocalResources struct {
	// Requests by resource; those that are not named keep their default.
	//
	// +optional
	Requests corev1.ResourceList `json:"requests,omitempty"`

	// Limits by resource, none of them below its request.
	//
	// +optional
	Limits corev1.ResourceList `json:"limits,omitempty"`
}

// LocalService is the Service in front of the proxies.
//
// +kubebuilder:validation:XValidation:rule="!has(self.externalTrafficPolicy) || !has(self.type) || self.type != 'ClusterIP'",message="externalTrafficPolicy is for the types LoadBalancer and NodePort: remove it, or choose another type"
// +kubebuilder:validation:XValidation:rule="!has(self.loadBalancerClass) || !has(self.type) || self.type == 'LoadBalancer'",message="loadBalancerClass is for the type LoadBalancer: remove it, or choose that type"
type LocalService struct {
	// Type decides on the Gateway's addresses: with LoadBalancer, the
	// default, they are those that the hub's load-balancer implementation
	// gives; with NodePort, those of the nodes that proxies run on; with
	// ClusterIP, the Service's own, which only the hub's pods reach. With
	// NodePort, listener ports from 30000 to 32767 are node ports themselves;
	// Kubernetes chooses the node ports of others, and the Service shows them.
	//
	// +optional
	// +kubebuilder:validation:Enum=LoadBalancer;NodePort;ClusterIP
	Type *corev1.ServiceType `json:"type,omitempty"`

	// Annotations of the Service, such as those that a load-balancer
	// implementation reads. A Gateway's infrastructure annotations go before
	// them.
	//
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	Annotations map[string]string `json:"annotations,omitempty"`

	// LoadBalancerClass names the load-balancer implementation that is to give
	// the address, where the hub has several. Kubernetes cannot change it in
	// place: the Service is made anew, with another address. Default: the
	// hub's default implementation. It has an effect on LoadBalancer only.
	//
	// +optional
	// +kubebuilder:validation:MaxLength=253
	// +kubebuilder:validation:Pattern=`^([a-z0-9]([-a-z0-9.]*[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$`
	LoadBalancerClass *string `json:"loadBalancerClass,omitempty"`

	// ExternalTrafficPolicy is Cluster or Local. With Local, only nodes with
	// a proxy take traffic, and proxies see the clients' own addresses.
	// Default: Kubernetes's, which is Cluster. It has no effect on ClusterIP.
	//
	// +optional
	// +kubebuilder:validation:Enum=Cluster;Local
	ExternalTrafficPolicy *corev1.ServiceExternalTrafficPolicy `json:"externalTrafficPolicy,omitempty"`
}

// LocalPods is where the proxies' pods run, and what they carry.
type LocalPods struct {
	// Annotations of the pods. A Gateway's infrastructure annotations go
	// before them. A change replaces the pods one by one.
	//
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	Annotations map[string]string `json:"annotations,omitempty"`

	// NodeSelector limits the nodes by their labels.
	//
	// +optional
	// +kubebuilder:validation:MaxProperties=32
	NodeSelector map[string]string `json:"nodeSelector,omitempty"`

	// Tolerations of taints of nodes.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:XValidation:rule="self.all(t, !has(t.operator) || t.operator in ['', 'Equal', 'Exists'])",message="an operator is Equal or Exists"
	// +kubebuilder:validation:XValidation:rule="self.all(t, !has(t.effect) || t.effect in ['', 'NoSchedule', 'PreferNoSchedule', 'NoExecute'])",message="an effect is NoSchedule, PreferNoSchedule or NoExecute"
	Tolerations []corev1.Toleration `json:"tolerations,omitempty"`

	// Spread says how the pods are kept apart.
	//
	// +optional
	Spread *LocalSpread `json:"spread,omitempty"`
}

// LocalSpread says how a Gateway's proxies are kept apart.
type LocalSpread struct {
	// Zones spreads the proxies evenly over zones: Preferred, the default,
	// where it can be done; Required, or they are not scheduled; None.
	//
	// +optional
	Zones *Spreading `json:"zones,omitempty"`

	// Nodes does so over nodes; default Preferred.
	//
	// +optional
	Nodes *Spreading `json:"nodes,omitempty"`
}

// Spreading says how strictly something is spread.
//
// +kubebuilder:validation:Enum=Preferred;Required;None
type Spreading string

// The ways of spreading.
const (
	SpreadPreferred Spreading = "Preferred"
	SpreadRequired  Spreading = "Required"
	SpreadNone      Spreading = "None"
)

// LocalLogs is what each proxy writes down.
type LocalLogs struct {
	// Access is the access log's format, a line for each request on standard
	// output: JSON, the default; Text; or Off.
	//
	// +optional
	// +kubebuilder:validation:Enum=JSON;Text;Off
	Access *AccessLog `json:"access,omitempty"`

	// Level is the least that a proxy says of itself, on standard error:
	// Debug; Info, the default; Warn; or Error.
	//
	// +optional
	// +kubebuilder:validation:Enum=Debug;Info;Warn;Error
	Level *LogLevel `json:"level,omitempty"`
}

// AccessLog is a format of the access log.
type AccessLog string

// The formats of the access log.
const (
	AccessLogJSON AccessLog = "JSON"
	AccessLogText AccessLog = "Text"
	AccessLogOff  AccessLog = "Off"
)

// LogLevel is how much a program says.
type LogLevel string

// The levels of a program's log.
const (
	LogDebug LogLevel = "Debug"
	LogInfo  LogLevel = "Info"
	LogWarn  LogLevel = "Warn"
	LogError LogLevel = "Error"
)

// LocalGatewayParametersList is a list of LocalGatewayParameters.
//
// +kubebuilder:object:root=true
type LocalGatewayParametersList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []LocalGatewayParameters `json:"items"`
}
