package multicluster

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// samples is how many requests show which pods answer. The choice of a pod is random, so fewer
// answers than pods are a reason to ask again, never to fail.
const samples = 20

// site is one listener of a Gateway, at the Gateway's address and at each of its proxies: so what
// holds everywhere does not depend on the proxy that a connection happens to reach.
type site struct {
	*room
	gateway client.ObjectKey
	// address is the Gateway's, port the listener's.
	address string
	port    int32
}

func (r *room) site(gateway *gatewayv1.Gateway, listener int) *site {
	return &site{
		room: r, gateway: client.ObjectKeyFromObject(gateway),
		address: install.Address(gateway, listener), port: int32(gateway.Spec.Listeners[listener].Port),
	}
}

// addresses are the Gateway's address and those of its ready proxies.
func (s *site) addresses(ctx context.Context) ([]string, error) {
	var services corev1.ServiceList
	err := stack.Hub.Client.List(ctx, &services, client.InNamespace(s.gateway.Namespace),
		client.MatchingLabels{gatewayv1.GatewayNameLabelKey: s.gateway.Name})
	if err != nil || len(services.Items) != 1 {
		return nil, fmt.Errorf("the Gateway has %d Services, not one: %w", len(services.Items), err)
	}
	ports := services.Items[0].Spec.Ports
	at := slices.IndexFunc(ports, func(p corev1.ServicePort) bool { return p.Port == s.port })
	if at < 0 {
		return nil, fmt.Errorf("the Service has no port %d", s.port)
	}
	proxies, err := stack.Proxies(ctx, s.gateway)
	addresses := []string{s.address}
	for i := range proxies {
		if podReady(&proxies[i]) {
			addresses = append(addresses, net.JoinHostPort(proxies[i].Status.PodIP, strconv.Itoa(ports[at].TargetPort.IntValue())))
		}
	}
	return addresses, err
}

// everywhere ends the test unless the condition comes to hold at all addresses.
func (s *site) everywhere(what string, condition func(ctx context.Context, address string) error) {
	s.t.Helper()
	s.eventually(what, func(ctx context.Context) error {
		addresses, err := s.addresses(ctx)
		if err != nil {
			return err
		}
		for _, address := range addresses {
			if err := condition(ctx, address); err != nil {
				return fmt.Errorf("at %s: %w", address, err)
			}
		}
		return nil
	})
}

// answers waits until a path is answered with a status everywhere.
func (s *site) answers(host, path string, status int) {
	s.t.Helper()
	s.everywhere(fmt.Sprintf("%s%s is answered with %d", host, path, status), func(ctx context.Context, address string) error {
		answer, err := install.Ask(ctx, stack.HTTP, address, host, path)
		if err == nil && answer.Status != status {
			err = fmt.Errorf("the answer is %d: %s", answer.Status, answer.Text)
		}
		return err
	})
}

// servedBy waits until exactly the ready pods of an echo server in the given members answer a path,
// everywhere.
func (s *site) servedBy(host, path, name string, members ...*install.Cluster) {
	s.t.Helper()
	s.servedByPods(host, path, func(ctx context.Context) ([]string, error) { return s.podNames(ctx, name, members...) })
}

// podNames are the names of the ready pods of an echo server; every one of the members must have one.
func (r *room) podNames(ctx context.Context, name string, members ...*install.Cluster) ([]string, error) {
	var names []string
	for _, member := range members {
		pods, err := r.pods(ctx, member, name)
		if err != nil {
			return nil, err
		}
		if len(pods) == 0 {
			return nil, fmt.Errorf("%s has no ready pod of %s", member.Name(), name)
		}
		for _, pod := range pods {
			names = append(names, pod.Name)
		}
	}
	return names, nil
}

// servedByPods waits until exactly the named pods answer a path, everywhere.
func (s *site) servedByPods(host, path string, named func(context.Context) ([]string, error)) {
	s.t.Helper()
	s.everywhere("the right pods answer for "+host+path, func(ctx context.Context, address string) error {
		want, err := named(ctx)
		if err != nil {
			return err
		}
		slices.Sort(want)
		got, err := sample(ctx, address, host, path)
		if err == nil && !slices.Equal(got, want) {
			err = fmt.Errorf("pods %v answered, not %v", got, want)
		}
		return err
	})
}

// sample returns the names of the pods that answer, sorted.
func sample(ctx context.Context, address, host, path string) ([]string, error) {
	var pods []string
	for range samples {
		answer, err := install.Ask(ctx, stack.HTTP, address, host, path)
		if err != nil {
			return nil, err
		}
		if answer.Status != http.StatusOK {
			return nil, fmt.Errorf("the answer is %d: %s", answer.Status, answer.Text)
		}
		pods = append(pods, answer.Pod)
	}
	slices.Sort(pods)
	return slices.Compact(pods), nil
}
