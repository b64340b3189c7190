package install

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Install installs the repository's chart on the hub, with values as helm's --set takes them, and
// waits until its Deployment is available.
func (s *Stack) Install(ctx context.Context, values ...string) error {
	return s.helm(ctx, values, "install", s.release, s.chart(), "--create-namespace", "--wait", "--timeout", "90s")
}

// Upgrade gives the release other values, and waits until its Deployment has them.
func (s *Stack) Upgrade(ctx context.Context, values ...string) error {
	return s.helm(ctx, values, "upgrade", s.release, s.chart(), "--wait", "--timeout", "90s")
}

// Uninstall removes the release.
func (s *Stack) Uninstall(ctx context.Context) error {
	return s.helm(ctx, nil, "uninstall", s.release, "--wait", "--timeout", "90s")
}

func (s *Stack) chart() string { return filepath.Join(s.root, "charts", "fairway") }

// helm runs helm on the hub, in the release's namespace.
func (s *Stack) helm(ctx context.Context, values []string, args ...string) error {
	for _, value := range values {
		args = append(args, "--set", value)
	}
	verb := args[0]
	args = append(args, "--kubeconfig", s.Hub.KubeconfigFile(), "--namespace", s.namespace)
	cmd := exec.CommandContext(ctx, helmPath(s.dir), args...)
	// The fleet removes its run's folder; the user's own helm is left alone.
	home := filepath.Join(filepath.Dir(s.Hub.KubeconfigFile()), "helm")
	cmd.Env = append(os.Environ(),
		"HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home, "HELM_PLUGINS="+home)
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("helm %s %s: %w\n%s", verb, s.release, err, output)
	}
	return nil
}

// HubPods are the pods of Fairway's hub controller that are not being deleted.
func (s *Stack) HubPods(ctx context.Context) ([]corev1.Pod, error) {
	var pods corev1.PodList
	err := s.Hub.Client.List(ctx, &pods, client.InNamespace(s.namespace), client.MatchingLabels{
		"app.kubernetes.io/name": "fairway", "app.kubernetes.io/instance": s.release,
	})
	if err != nil {
		return nil, fmt.Errorf("list the hub's pods: %w", err)
	}
	return living(pods.Items), nil
}

func living(pods []corev1.Pod) []corev1.Pod {
	var found []corev1.Pod
	for _, pod := range pods {
		if pod.DeletionTimestamp == nil {
			found = append(found, pod)
		}
	}
	return found
}
