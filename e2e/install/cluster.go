package install

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/e2e/fleet"
)

// Cluster is a cluster of the fleet with an administrator's client.
type Cluster struct {
	*fleet.Cluster
	// Client reads and writes objects of every kind that Fairway touches; Fairway's own only
	// unstructured.
	Client client.Client

	kube kubernetes.Interface
}

func newCluster(from *fleet.Cluster) (*Cluster, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, gatewayv1.Install, mcsv1beta1.Install,
	} {
		if err := add(scheme); err != nil {
			return nil, fmt.Errorf("fill the scheme: %w", err)
		}
	}
	c, err := client.New(from.RESTConfig(), client.Options{Scheme: scheme})
	if err != nil {
		return nil, fmt.Errorf("make a client of cluster %q: %w", from.Name(), err)
	}
	kube, err := kubernetes.NewForConfig(from.RESTConfig())
	if err != nil {
		return nil, fmt.Errorf("make a client of cluster %q: %w", from.Name(), err)
	}
	return &Cluster{Cluster: from, Client: c, kube: kube}, nil
}

// Log returns the last lines of a pod's log.
func (c *Cluster) Log(ctx context.Context, pod *corev1.Pod, lines int64) (string, error) {
	log, err := c.kube.CoreV1().Pods(pod.Namespace).
		GetLogs(pod.Name, &corev1.PodLogOptions{TailLines: ptr.To(lines)}).DoRaw(ctx)
	if err != nil {
		return "", fmt.Errorf("read the log of pod %s/%s: %w", pod.Namespace, pod.Name, err)
	}
	return string(log), nil
}
