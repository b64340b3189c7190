package install

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// release is the name of the chart's release.
const release = "fairway"

// installChart installs the repository's chart as it is and waits until its Deployment is available.
func (s *Stack) installChart(ctx context.Context) error {
	cmd := exec.CommandContext(ctx, helmPath(s.dir), "install", release, filepath.Join(s.root, "charts", "fairway"),
		"--kubeconfig", s.Hub.KubeconfigFile(), "--namespace", Namespace, "--create-namespace",
		"--wait", "--timeout", "90s")
	// The fleet removes its run's folder; the user's own helm is left alone.
	home := filepath.Join(filepath.Dir(s.Hub.KubeconfigFile()), "helm")
	cmd.Env = append(os.Environ(),
		"HELM_CACHE_HOME="+home, "HELM_CONFIG_HOME="+home, "HELM_DATA_HOME="+home, "HELM_PLUGINS="+home)
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("helm install: %w\n%s", err, output.Bytes())
	}
	return nil
}

// HubPods are the pods of Fairway's hub controller that are not being deleted.
func (s *Stack) HubPods(ctx context.Context) ([]corev1.Pod, error) {
	var pods corev1.PodList
	err := s.Hub.Client.List(ctx, &pods, client.InNamespace(Namespace), client.MatchingLabels{
		"app.kubernetes.io/name": "fairway", "app.kubernetes.io/instance": release,
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
