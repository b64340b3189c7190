package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"os"
	"path/filepath"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/kubernetes/pkg/kubelet/token"

	"fairway.dev/fairway/e2e/fleet/node/address"
	"fairway.dev/fairway/e2e/fleet/node/balancer"
	"fairway.dev/fairway/e2e/fleet/node/dns"
	"fairway.dev/fairway/e2e/fleet/node/environ"
	"fairway.dev/fairway/e2e/fleet/node/kubelet"
	"fairway.dev/fairway/e2e/fleet/node/network"
	"fairway.dev/fairway/e2e/fleet/node/objects"
	"fairway.dev/fairway/e2e/fleet/node/pod"
	"fairway.dev/fairway/e2e/fleet/node/service"
	"fairway.dev/fairway/e2e/fleet/node/volume"
	"fairway.dev/fairway/e2e/fleet/node/watch"
)

// requestTimeout bounds requests other than watches: a frozen API server takes connections and never answers.
const requestTimeout = 10 * time.Second

// run builds the cluster's network and serves its nodes until ctx ends. It calls ready once they are.
func run(ctx context.Context, c *config, log *slog.Logger, ready func()) error {
	if err := prepareState(c.state); err != nil {
		return err
	}
	nodes := make([]kubelet.Node, c.nodes)
	addresses := make([]netip.Addr, c.nodes)
	for i := range nodes {
		nodes[i] = c.node(i + 1)
		addresses[i] = nodes[i].Address
	}
	if err := network.Setup(addresses, c.serviceNetwork, c.loadBalancerNetwork); err != nil {
		return fmt.Errorf("set up the cluster's network: %w", err)
	}
	watching, requests, err := clients(c.kubeconfig)
	if err != nil {
		return err
	}
	table, err := service.NewTable(addresses[0])
	if err != nil {
		return err
	}
	defer table.Close() //nolint:errcheck // nothing was buffered
	if err := network.TrackLeniently(); err != nil {
		return err
	}
	s := &services{}
	if err := s.start(ctx, c, watching, requests, table, log); err != nil {
		return err
	}
	dispatcher, err := startPods(ctx, c, nodes, watching, requests, s, log)
	if err != nil {
		return err
	}
	if err := dispatcher.ServeLogs(ctx, addresses, c.credentials, log); err != nil {
		return err
	}
	for _, n := range nodes {
		if err := kubelet.Register(ctx, requests, n, log); err != nil {
			return err
		}
	}
	ready()
	<-ctx.Done()
	return nil
}

// prepareState empties the state directory: nothing of an earlier run is taken up.
func prepareState(dir string) error {
	for _, name := range []string{"pods", "root"} {
		if err := os.RemoveAll(filepath.Join(dir, name)); err != nil {
			return fmt.Errorf("empty the state directory: %w", err)
		}
		if err := os.MkdirAll(filepath.Join(dir, name), 0o755); err != nil {
			return fmt.Errorf("create the state directory: %w", err)
		}
	}
	return nil
}

// clients are one for watches, which may last, and one for everything else, which may not.
func clients(kubeconfig string) (watching, requests kubernetes.Interface, err error) {
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return nil, nil, fmt.Errorf("read kubeconfig: %w", err)
	}
	config.QPS = -1
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
	if watching, err = kubernetes.NewForConfig(config); err != nil {
		return nil, nil, fmt.Errorf("make a client: %w", err)
	}
	bounded := rest.CopyConfig(config)
	bounded.Timeout = requestTimeout
	if requests, err = kubernetes.NewForConfig(bounded); err != nil {
		return nil, nil, fmt.Errorf("make a client: %w", err)
	}
	return watching, requests, nil
}

// services is the part of the node that makes Services work.
type services struct {
	services  *watch.Cache[*corev1.Service]
	endpoints *watch.Cache[*discoveryv1.EndpointSlice]
}

func (s *services) start(ctx context.Context, c *config, watching, requests kubernetes.Interface, table *service.Table, log *slog.Logger) error {
	// The caches tell of changes, but those whom they tell read the caches: the listeners come second.
	var proxy *service.Proxy
	var balancers *balancer.Controller
	begun := make(chan struct{})
	s.services = watch.Start(ctx, watching.CoreV1().RESTClient(), "services", &corev1.Service{}, func(_, _ *corev1.Service) {
		<-begun
		proxy.Changed()
		balancers.Changed()
	})
	s.endpoints = watch.Start(ctx, watching.DiscoveryV1().RESTClient(), "endpointslices", &discoveryv1.EndpointSlice{}, func(_, _ *discoveryv1.EndpointSlice) {
		<-begun
		proxy.Changed()
	})
	proxy = service.NewProxy(table, s.services, s.endpoints, log)
	balancers = balancer.New(requests, s.services, c.loadBalancerNetwork, log)
	close(begun)
	for _, wait := range []func(context.Context) error{s.services.Wait, s.endpoints.Wait} {
		if err := wait(ctx); err != nil {
			return err
		}
	}
	go proxy.Run(ctx)
	go balancers.Run(ctx)
	return dns.NewServer(s.services, s.endpoints, log).Serve(ctx, c.dns)
}

// startPods begins to run the pods of the nodes.
func startPods(ctx context.Context, c *config, nodes []kubelet.Node, watching, requests kubernetes.Interface, s *services, log *slog.Logger) (*kubelet.Dispatcher, error) {
	reader := &objects.Reader{Client: requests}
	tokens := token.NewManager(requests)
	hosts := map[string]*pod.Host{}
	for _, n := range nodes {
		hosts[n.Name] = &pod.Host{
			Address: n.Address, Source: nodes[0].Address, Resolver: c.dns, State: c.state,
			Addresses: address.NewPool(n.Pods), Images: c.images, Client: requests, Log: log.With("node", n.Name),
			Volumes:     &volume.Source{Objects: reader, Tokens: tokens, Allocatable: kubelet.Allocatable()},
			Environment: &environ.Source{Objects: reader, Services: s.services.List, Allocatable: kubelet.Allocatable()},
		}
	}
	d := kubelet.NewDispatcher(hosts)
	core := watching.CoreV1().RESTClient()
	secrets := watch.Start(ctx, core, "secrets", &corev1.Secret{}, func(old, current *corev1.Secret) {
		if changed := either(old, current); changed != nil {
			d.ObjectChanged("Secret", changed.Namespace, changed.Name)
		}
	})
	configMaps := watch.Start(ctx, core, "configmaps", &corev1.ConfigMap{}, func(old, current *corev1.ConfigMap) {
		if changed := either(old, current); changed != nil {
			d.ObjectChanged("ConfigMap", changed.Namespace, changed.Name)
		}
	})
	reader.Secrets, reader.ConfigMaps = secrets, configMaps
	for _, wait := range []func(context.Context) error{secrets.Wait, configMaps.Wait} {
		if err := wait(ctx); err != nil {
			return nil, err
		}
	}
	pods := watch.Start(ctx, core, "pods", &corev1.Pod{}, d.PodChanged)
	return d, pods.Wait(ctx)
}

// either is the one of two versions that is there.
func either[T any](old, current *T) *T {
	if current != nil {
		return current
	}
	return old
}
