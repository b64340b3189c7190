// Package kubelet is the API's view of the fleet's nodes: it registers them, hands their pods to workers and serves logs.
package kubelet

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"runtime"
	"slices"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/retry"
	"k8s.io/component-helpers/apimachinery/lease"
	"k8s.io/utils/clock"
)

const (
	// logPort is where the API server asks for logs: the kubelet's port.
	logPort = 10250
	// leaseSeconds and renewal are the kubelet's defaults.
	leaseSeconds = 40
	renewal      = 10 * time.Second
	// retryRegister is the pause after the API server has not taken a node.
	retryRegister = 200 * time.Millisecond
)

// Node is one node to register.
type Node struct {
	Name, Cluster, Zone string
	Address             netip.Addr
	Pods                netip.Prefix
}

// Allocatable is what every node offers. Nothing is enforced; it is plenty so that pods always fit.
func Allocatable() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:              resource.MustParse("64"),
		corev1.ResourceMemory:           resource.MustParse("256Gi"),
		corev1.ResourceEphemeralStorage: resource.MustParse("256Gi"),
		corev1.ResourcePods:             resource.MustParse("250"),
	}
}

// Register makes a node known and schedulable, however long that takes, and keeps its lease until ctx ends.
func Register(ctx context.Context, client kubernetes.Interface, n Node, log *slog.Logger) error {
	for {
		err := register(ctx, client, n)
		if err == nil {
			break
		}
		log.Info("cannot register the node yet", "node", n.Name, "err", err)
		select {
		case <-time.After(retryRegister):
		case <-ctx.Done():
			return fmt.Errorf("register node %q: %w", n.Name, context.Cause(ctx))
		}
	}
	leases := lease.NewController(clock.RealClock{}, client, n.Name, leaseSeconds, nil, renewal, n.Name, corev1.NamespaceNodeLease, nil)
	go leases.Run(ctx)
	return nil
}

func register(ctx context.Context, client kubernetes.Interface, n Node) error {
	nodes := client.CoreV1().Nodes()
	wished := n.object()
	_, err := nodes.Create(ctx, wished, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("create: %w", err)
	}
	return retry.RetryOnConflict(retry.DefaultRetry, func() error {
		node, err := nodes.Get(ctx, n.Name, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("read: %w", err)
		}
		// Admission gives it to each new node; its controller would take some seconds to remove it.
		node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == corev1.TaintNodeNotReady })
		if node, err = nodes.Update(ctx, node, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("remove the taint: %w", err)
		}
		node.Status = wished.Status
		if _, err = nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("write status: %w", err)
		}
		return nil
	})
}

func (n *Node) object() *corev1.Node {
	now := metav1.Now()
	var conditions []corev1.NodeCondition
	for _, c := range []struct {
		kind   corev1.NodeConditionType
		status corev1.ConditionStatus
		reason string
	}{
		{corev1.NodeReady, corev1.ConditionTrue, "KubeletReady"},
		{corev1.NodeMemoryPressure, corev1.ConditionFalse, "KubeletHasSufficientMemory"},
		{corev1.NodeDiskPressure, corev1.ConditionFalse, "KubeletHasNoDiskPressure"},
		{corev1.NodePIDPressure, corev1.ConditionFalse, "KubeletHasSufficientPID"},
	} {
		conditions = append(conditions, corev1.NodeCondition{Type: c.kind, Status: c.status, Reason: c.reason, LastHeartbeatTime: now, LastTransitionTime: now})
	}
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: n.Name, Labels: map[string]string{
			corev1.LabelHostname:       n.Name,
			corev1.LabelOSStable:       runtime.GOOS,
			corev1.LabelArchStable:     runtime.GOARCH,
			corev1.LabelTopologyZone:   n.Zone,
			corev1.LabelTopologyRegion: "local",
		}},
		Spec: corev1.NodeSpec{
			ProviderID: "fleet://" + n.Cluster + "/" + n.Zone + "/" + n.Name,
			PodCIDR:    n.Pods.String(), PodCIDRs: []string{n.Pods.String()},
		},
		Status: corev1.NodeStatus{
			Capacity: Allocatable(), Allocatable: Allocatable(), Conditions: conditions,
			Addresses: []corev1.NodeAddress{
				{Type: corev1.NodeInternalIP, Address: n.Address.String()}, {Type: corev1.NodeHostName, Address: n.Name},
			},
			DaemonEndpoints: corev1.NodeDaemonEndpoints{KubeletEndpoint: corev1.DaemonEndpoint{Port: logPort}},
			NodeInfo: corev1.NodeSystemInfo{
				OperatingSystem: runtime.GOOS, Architecture: runtime.GOARCH, KubeletVersion: "v1.37.2+fleet", ContainerRuntimeVersion: "fleet://1",
			},
		},
	}
}
