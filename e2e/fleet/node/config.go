package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/netip"
	"os"

	"fairway.dev/fairway/e2e/fleet/node/kubelet"
	"fairway.dev/fairway/e2e/fleet/node/pod"
)

// maxNodes is how many nodes fit: each has a /24 of the pod network, and an address from the tenth of the node network on.
const maxNodes = 16

// config is the command line.
type config struct {
	cluster, kubeconfig, state              string
	nodeNetwork, podNetwork, serviceNetwork netip.Prefix
	loadBalancerNetwork                     netip.Prefix
	dns                                     netip.Addr
	images                                  map[string]pod.Image
	credentials                             kubelet.Credentials
	nodes                                   int
}

func parse(args []string) (*config, error) {
	c := &config{}
	var images string
	f := flag.NewFlagSet("node", flag.ContinueOnError)
	f.StringVar(&c.cluster, "cluster", "", "name of the cluster")
	f.StringVar(&c.kubeconfig, "kubeconfig", "", "file with an administrator's access to the API server")
	f.StringVar(&c.state, "state", "", "directory for volumes and the like; it is emptied")
	f.StringVar(&images, "images", "", `file with the known images: {"repository": {"path": "/program", "user": 65532}}`)
	f.TextVar(&c.nodeNetwork, "node-network", netip.Prefix{}, "/24 of the nodes; node k has address 10+k")
	f.TextVar(&c.podNetwork, "pod-network", netip.Prefix{}, "/16 of the pods; node k has its k-th /24")
	f.TextVar(&c.serviceNetwork, "service-network", netip.Prefix{}, "range of the Services' cluster addresses")
	f.TextVar(&c.loadBalancerNetwork, "load-balancer-network", netip.Prefix{}, "range of the Services' load balancer addresses")
	f.TextVar(&c.dns, "dns", netip.Addr{}, "address of the cluster's DNS")
	f.StringVar(&c.credentials.Certificate, "kubelet-cert", "", "certificate of the log server")
	f.StringVar(&c.credentials.Key, "kubelet-key", "", "key of the log server")
	f.StringVar(&c.credentials.ClientCA, "client-ca", "", "authority of those who may read logs")
	f.IntVar(&c.nodes, "nodes", 2, "number of nodes")
	if err := f.Parse(args); err != nil {
		return nil, err
	}
	var errs []error
	f.VisitAll(func(option *flag.Flag) {
		if text := option.Value.String(); text == "" || text == "invalid Prefix" {
			errs = append(errs, fmt.Errorf("--%s is missing", option.Name))
		}
	})
	if c.nodes < 1 || c.nodes > maxNodes {
		errs = append(errs, fmt.Errorf("--nodes must be 1 to %d", maxNodes))
	}
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	content, err := os.ReadFile(images)
	if err != nil {
		return nil, fmt.Errorf("read images: %w", err)
	}
	if err := json.Unmarshal(content, &c.images); err != nil {
		return nil, fmt.Errorf("read images from %s: %w", images, err)
	}
	return c, nil
}

// node is the k-th node, counted from 1.
func (c *config) node(k int) kubelet.Node {
	address, pods := c.nodeNetwork.Addr().As4(), c.podNetwork.Addr().As4()
	address[3] += byte(10 + k)
	pods[2] += byte(k)
	return kubelet.Node{
		Name: fmt.Sprintf("%s-%d", c.cluster, k), Cluster: c.cluster, Zone: fmt.Sprintf("%s-%c", c.cluster, 'a'+k-1),
		Address: netip.AddrFrom4(address), Pods: netip.PrefixFrom(netip.AddrFrom4(pods), 24),
	}
}
