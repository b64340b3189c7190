// Package traffic is what the simulator's load balancers are told, in plain Go: load balancers, listeners, rules,
// target groups and targets, under the names that AWS gives them. It knows no SDK and no API, so that what carries the
// traffic can be built and judged without them.
//
// Everything is named by its ARN, so one engine (package engine) serves all accounts and regions.
package traffic

import (
	"net/netip"
	"time"
)

// Kind is a load balancer's type, as in the API.
type Kind string

// The kinds that carry traffic here.
const (
	Application Kind = "application"
	Network     Kind = "network"
)

// LoadBalancer has addresses and a name; its listeners are told apart.
type LoadBalancer struct {
	ARN  string
	Name string
	Kind Kind
	// DNSName is answered by the DNS server with the addresses. Without a dot at its end.
	DNSName string
	// Addresses are the load balancer's nodes, one a zone (two with dualstack). Listeners open their port on each.
	Addresses []Address
	// Attributes are those of DescribeLoadBalancerAttributes; an absent key has AWS's default.
	Attributes Attributes
}

// Address is where one node of a load balancer listens.
type Address struct {
	IP netip.Addr
	// Zone is the availability zone, such as us-east-1a.
	Zone string
}

// Listener waits on one port of its load balancer. Its rules but the default one are told apart (SetRules), so that the
// change of one costs one.
type Listener struct {
	ARN          string
	LoadBalancer string // ARN
	// Protocol is HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP, QUIC or TCP_QUIC.
	Protocol string
	Port     uint16
	// Certificates are ARNs, the default one first; the others are chosen by SNI.
	Certificates []string
	// SSLPolicy is a name such as ELBSecurityPolicy-TLS13-1-2-2021-06. Empty is the API's default.
	SSLPolicy string
	// ALPNPolicy is that of a TLS listener: HTTP1Only, HTTP2Only, HTTP2Optional, HTTP2Preferred or None (empty).
	ALPNPolicy string
	MutualTLS  MutualTLS
	// Attributes are those of DescribeListenerAttributes; an absent key has AWS's default.
	Attributes Attributes
	// DefaultActions are the default rule's.
	DefaultActions []Action
}

// MutualTLS says what is asked of a client's certificate.
type MutualTLS struct {
	// Mode is off (or empty), passthrough or verify.
	Mode string
	// TrustStore is the ARN of the one to verify with.
	TrustStore string
	// IgnoreExpiry accepts a client certificate outside its validity.
	IgnoreExpiry bool
	// AdvertiseCANames sends the trust store's subject names in the certificate request.
	AdvertiseCANames bool
}

// Certificate is what ACM or IAM holds, as PEM.
type Certificate struct {
	ARN string
	// Chain is the leaf and what it was issued by; Key is the leaf's private key.
	Chain, Key []byte
}

// TrustStore is a bundle of authorities and the revoked serial numbers, as PEM.
type TrustStore struct {
	ARN string
	// Authorities are CA certificates.
	Authorities []byte
	// Revocations are CRLs, PEM or DER.
	Revocations [][]byte
}

// TargetGroup is a set of targets and how they are spoken to and checked.
type TargetGroup struct {
	ARN  string
	Name string
	// Protocol is HTTP, HTTPS, TCP, TLS, UDP, TCP_UDP, QUIC or TCP_QUIC.
	Protocol string
	// ProtocolVersion is HTTP1 (or empty), HTTP2 or GRPC.
	ProtocolVersion string
	// TargetType is instance, ip, lambda or alb.
	TargetType string
	// InUse says that an active listener or rule names the group, be it with weight 0. A group that is not in use is
	// not checked, and its targets are unused.
	InUse       bool
	HealthCheck HealthCheck
	// Attributes are those of DescribeTargetGroupAttributes; an absent key has AWS's default.
	Attributes Attributes
}

// HealthCheck is how targets are probed.
type HealthCheck struct {
	// Enabled is false only for lambda groups without checks.
	Enabled bool
	// Protocol is HTTP, HTTPS or TCP. With a GRPC group HTTP and HTTPS mean a gRPC call.
	Protocol string
	// Port is 0 for the port of the traffic.
	Port               uint16
	Path               string
	Interval, Timeout  time.Duration
	HealthyThreshold   int
	UnhealthyThreshold int
	// Matcher is HTTP codes such as "200,300-399", or gRPC codes of a GRPC group such as "0-99".
	Matcher string
}

// Target is one registration: the same ID may be there with several ports.
type Target struct {
	// ID is an instance ID, an IP address, or the ARN of a lambda or load balancer.
	ID   string
	Port uint16
	// Zone is the availability zone, or "all".
	Zone string
	// Address is where the target is reached: an instance's IP, the IP itself, an address of the load balancer. The
	// zero address (a stopped instance, a lambda) is reached by nothing.
	Address netip.Addr
	// Draining targets keep what they have and get nothing new. Who registers takes them away after the delay.
	Draining bool
}

// Key tells registrations of a group apart.
type Key struct {
	ID   string
	Port uint16
	Zone string
}

// Key is the registration's.
func (t Target) Key() Key { return Key{t.ID, t.Port, t.Zone} }
