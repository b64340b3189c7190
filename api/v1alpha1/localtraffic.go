package v1alpha1

import "k8s.io/apimachinery/pkg/api/resource"

// LocalTraffic is what proxies make of clients and let them do. A change of
// it replaces the pods one by one.
type LocalTraffic struct {
	// TrustedProxies are the networks, as in 10.0.0.0/8, whose X-Forwarded-For,
	// -Host and -Proto headers are believed and added to. From elsewhere they
	// are replaced. Default: none.
	//
	// +optional
	// +listType=atomic
	// +kubebuilder:validation:MaxItems=32
	// +kubebuilder:validation:items:Format=cidr
	// +kubebuilder:validation:items:MaxLength=64
	TrustedProxies []string `json:"trustedProxies,omitempty"`

	// Timeouts are how long things may take.
	//
	// +optional
	Timeouts *LocalTimeouts `json:"timeouts,omitempty"`

	// Limits are how much of a thing there may be.
	//
	// +optional
	Limits *LocalLimits `json:"limits,omitempty"`
}

// Duration is a time span as in 500ms, 10s or 1m30s.
//
// +kubebuilder:validation:Pattern=`^([0-9]{1,5}(h|m|s|ms)){1,4}$`
type Duration string

// LocalTimeouts are how long things may take. Each has a default of
// fairway-proxy's, which "fairway-proxy --help" tells.
type LocalTimeouts struct {
	// Header: a client's TLS handshake, and again a request's header.
	//
	// +optional
	Header *Duration `json:"header,omitempty"`

	// Idle: how long a client's unused connection is kept.
	//
	// +optional
	Idle *Duration `json:"idle,omitempty"`

	// Stall: how long a client may send nothing of a body before the answer
	// begins, or take nothing of an answer; 0s means for ever.
	//
	// +optional
	Stall *Duration `json:"stall,omitempty"`

	// Connect: making a connection to an endpoint.
	//
	// +optional
	Connect *Duration `json:"connect,omitempty"`

	// Response: how long an endpoint may take to begin its answer; 0s means
	// for ever.
	//
	// +optional
	Response *Duration `json:"response,omitempty"`

	// Drain: how long requests may go on after a proxy is told to stop, or
	// after their listener is gone. At most an hour.
	//
	// +optional
	Drain *Duration `json:"drain,omitempty"`
}

// LocalLimits are how much of a thing there may be. Each has a default of
// fairway-proxy's, which "fairway-proxy --help" tells.
type LocalLimits struct {
	// HeaderBytes bounds a request's header, as in 64Ki.
	//
	// +optional
	HeaderBytes *resource.Quantity `json:"headerBytes,omitempty"`

	// BodyBytes bounds a request's body, as in 10Mi; 0 means any size.
	//
	// +optional
	BodyBytes *resource.Quantity `json:"bodyBytes,omitempty"`

	// Connections bounds the client connections of one proxy; 0 means any
	// number.
	//
	// +optional
	// +kubebuilder:validation:Minimum=0
	Connections *int32 `json:"connections,omitempty"`

	// Streams bounds the requests that one HTTP/2 connection may have under
	// way.
	//
	// +optional
	// +kubebuilder:validation:Minimum=1
	Streams *int32 `json:"streams,omitempty"`
}
