package rules

import (
	"fmt"
	"slices"
	"strings"
)

// proxyRooms are the packages of this repository that the proxy may consist of.
var proxyRooms = []string{"cmd/fairway-proxy", "providers/ir", "providers/local/wire", "providers/local/proxy/..."}

// proxyModules are the modules that the proxy may consist of beside the standard library: a gRPC
// stream, a radix tree, metrics, and what these bring along. There is no Kubernetes client and no
// cloud SDK among them, so that the data plane stays small and quick to audit.
var proxyModules = []string{
	"github.com/beorn7/perks",
	"github.com/cespare/xxhash/v2",
	"github.com/cncf/xds/go",
	"github.com/envoyproxy/go-control-plane/envoy",
	"github.com/envoyproxy/protoc-gen-validate",
	"github.com/hashicorp/go-immutable-radix/v2",
	"github.com/hashicorp/golang-lru/v2",
	"github.com/munnerz/goautoneg",
	"github.com/prometheus/client_golang",
	"github.com/prometheus/client_model",
	"github.com/prometheus/common",
	"github.com/prometheus/procfs",
	"golang.org/x/net",
	"golang.org/x/sys",
	"golang.org/x/text",
	"google.golang.org/genproto/googleapis/rpc",
	"google.golang.org/grpc",
	"google.golang.org/protobuf",
}

// dependency is a package of a dependency tree; the standard library's have no module.
type dependency struct{ pkg, module string }

func proxyWrongs(tree []dependency) []string {
	var wrong []string
	for _, d := range tree {
		switch room, ours := strings.CutPrefix(d.pkg, modulePath+"/"); {
		case ours && !slices.ContainsFunc(proxyRooms, func(p string) bool { return within(room, p) }):
			wrong = append(wrong, fmt.Sprintf("the proxy depends on %s, which is the hub's", room))
		case !ours && d.module != "" && !slices.Contains(proxyModules, d.module):
			wrong = append(wrong, fmt.Sprintf("the proxy depends on %s of module %s, which is not on its list", d.pkg, d.module))
		}
	}
	return wrong
}
