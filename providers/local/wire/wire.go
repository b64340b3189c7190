// Package wire is what the hub and the local proxy say to each other: the
// resources that travel on the delta xDS stream, their names, and the names
// in the certificates of both ends.
//
// Resources are JSON of ir types inside an Any. Decoding is strict: a proxy
// that does not know a field refuses the resource rather than serve it in
// part, keeps what it had, and the hub reports it.
package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"fairway.dev/fairway/providers/ir"
)

// The type URLs of resources.
const (
	// CertificateType resources are Certificate, named by the certificate.
	CertificateType = "fairway.dev/v1/Certificate"
	// ListenerType resources are Listener, named by the listener.
	ListenerType = "fairway.dev/v1/Listener"
	// RouteType resources are ir.Route, named by the route.
	RouteType = "fairway.dev/v1/Route"
	// EndpointsType resources are Endpoints, named by EndpointsName.
	EndpointsType = "fairway.dev/v1/Endpoints"
)

// Types are all type URLs, in the order in which additions are sent: what is
// referred to goes before what refers to it. Removals go the other way.
// Proxies ask for those that they know in this order, and hear nothing before
// they asked for the last.
var Types = []string{CertificateType, EndpointsType, RouteType, ListenerType}

// Listener is an ir.Listener and the port that the proxy's pod binds for it.
type Listener struct {
	ir.Listener
	BindPort uint16 `json:"bindPort"`
}

// Endpoints are the endpoints of one pool in one cluster.
type Endpoints struct {
	Pool string `json:"pool"`
	ir.ClusterEndpoints
}

// EndpointsName is the name of an Endpoints resource.
func EndpointsName(pool, cluster string) string { return cluster + "/" + pool }

// SplitEndpointsName undoes EndpointsName: a cluster's name holds no slash.
func SplitEndpointsName(name string) (pool, cluster string) {
	cluster, pool, _ = strings.Cut(name, "/")
	return pool, cluster
}

// AdminPort is where a proxy answers probes and metrics. It is the first port
// of the range that listeners cannot have.
const AdminPort = 64512

// BindPort is the port that a proxy binds for a listener's port: the same
// one, but for privileged ports, which have their own range at the top. The
// ports of that range (AdminPort and above) are refused as listener ports.
func BindPort(port uint16) uint16 {
	if port < 1024 {
		return AdminPort + port
	}
	return port
}

// Encode writes a resource. Of a Certificate it writes the key.
func Encode(v any) ([]byte, error) {
	switch v := v.(type) {
	case Certificate:
		return encodeCertificate(v)
	case *Certificate:
		return encodeCertificate(*v)
	}
	return json.Marshal(v)
}

// Decode reads a resource into v, which is a pointer, and refuses fields that
// it does not know, and anything after the resource.
func Decode(b []byte, v any) error {
	if c, is := v.(*Certificate); is {
		return decodeCertificate(b, c)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("decode: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return errors.New("decode: something follows the resource")
	}
	return nil
}
