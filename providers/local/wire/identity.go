package wire

import (
	"fmt"
	"net/url"
	"strings"
)

// HubServerName is the DNS name in the hub's stream certificate. Proxies ask
// for it whatever address they dial.
const HubServerName = "hub.stream.fairway.dev"

// The files of a proxy's identity, in the folder that its Secret is mounted
// at. All are PEM.
const (
	CertFile = "tls.crt"
	KeyFile  = "tls.key"
	CAFile   = "ca.crt"
)

// Identity is who a proxy is: the Gateway that it serves. It stands in the
// proxy's client certificate as a URI, and nothing that a proxy sends can
// change it.
type Identity struct {
	Hub, Cluster, Namespace, Gateway, UID string
}

// URI is "fairway://<hub>/<cluster or ->/<namespace>/<gateway>/<uid>".
func (i Identity) URI() *url.URL {
	c := i.Cluster
	if c == "" {
		c = "-"
	}
	return &url.URL{Scheme: "fairway", Host: i.Hub, Path: "/" + strings.Join([]string{c, i.Namespace, i.Gateway, i.UID}, "/")}
}

// ParseIdentity reads what URI wrote.
func ParseIdentity(u *url.URL) (Identity, error) {
	parts := strings.Split(strings.TrimPrefix(u.Path, "/"), "/")
	if u.Scheme != "fairway" || u.Host == "" || len(parts) != 4 {
		return Identity{}, fmt.Errorf("%q is not a proxy's identity", u)
	}
	i := Identity{Hub: u.Host, Cluster: parts[0], Namespace: parts[1], Gateway: parts[2], UID: parts[3]}
	if i.Cluster == "-" {
		i.Cluster = ""
	}
	return i, nil
}
