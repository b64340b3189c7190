package main

import (
	"context"
	"fmt"
	"time"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	applydiscoveryv1 "k8s.io/client-go/applyconfigurations/discovery/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"fairway.dev/fairway/e2e/fleet/internal/pki"
)

// pollInterval is short because a fleet waits for its API servers at every start.
const pollInterval = 20 * time.Millisecond

// lateHooks are start-up hooks that /readyz counts but that nothing in a fleet waits for: they cost
// another second, and whoever needs a bootstrap role retries as in any young cluster.
var lateHooks = []string{
	"poststarthook/rbac/bootstrap-roles",
	"poststarthook/scheduling/bootstrap-system-priority-classes",
}

// waitReady returns when the API server is ready and default/kubernetes leads to it.
func (c cluster) waitReady(ctx context.Context) error {
	config, err := clientcmd.BuildConfigFromFlags("", c.pki.Kubeconfig(pki.Admin))
	if err != nil {
		return fmt.Errorf("read the administrator's kubeconfig: %w", err)
	}
	config.QPS = -1
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("make a client: %w", err)
	}
	if err := poll(ctx, func(ctx context.Context) error {
		request := client.Discovery().RESTClient().Get().AbsPath("/readyz")
		for _, hook := range lateHooks {
			request.Param("exclude", hook)
		}
		return request.Do(ctx).Error()
	}); err != nil {
		return fmt.Errorf("wait for the API server: %w", err)
	}
	if err := poll(ctx, func(ctx context.Context) error { return c.advertise(ctx, client) }); err != nil {
		return fmt.Errorf("write the endpoints of default/kubernetes: %w", err)
	}
	return nil
}

// poll repeats an attempt until it succeeds. Its error is the last attempt's.
func poll(ctx context.Context, attempt func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, pollInterval, 2*time.Minute, true, func(ctx context.Context) (bool, error) {
		last = attempt(ctx)
		return last == nil, nil
	})
	if err != nil && last != nil {
		return last
	}
	return err
}

// advertise writes the EndpointSlice of default/kubernetes, which leads pods to the API server.
func (c cluster) advertise(ctx context.Context, client kubernetes.Interface) error {
	slice := applydiscoveryv1.EndpointSlice("kubernetes", metav1.NamespaceDefault).
		WithLabels(map[string]string{discoveryv1.LabelServiceName: "kubernetes"}).
		WithAddressType(discoveryv1.AddressTypeIPv4).
		WithEndpoints(applydiscoveryv1.Endpoint().
			WithAddresses(c.address.Addr().String()).
			WithConditions(applydiscoveryv1.EndpointConditions().WithReady(true))).
		WithPorts(applydiscoveryv1.EndpointPort().
			WithName("https").WithProtocol(corev1.ProtocolTCP).WithPort(int32(c.address.Port())))
	_, err := client.DiscoveryV1().EndpointSlices(metav1.NamespaceDefault).
		Apply(ctx, slice, metav1.ApplyOptions{FieldManager: "fleet", Force: true})
	return err
}
