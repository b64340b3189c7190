package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// workload is two replicas of the echo server behind a LoadBalancer, as any user would write it.
const workload = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo}
spec:
  replicas: 2
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      containers:
      - name: echo
        image: gcr.io/k8s-staging-gateway-api/echo-basic:v1
        ports: [{containerPort: 3000}]
        env:
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        - {name: NAMESPACE, valueFrom: {fieldRef: {fieldPath: metadata.namespace}}}
        readinessProbe: {httpGet: {path: /, port: 3000}}
---
apiVersion: v1
kind: Service
metadata: {name: echo}
spec:
  type: LoadBalancer
  selector: {app: echo}
  ports: [{port: 80, targetPort: 3000}]
`

func TestWorkloadAnswersOutside(t *testing.T) {
	ctx, east := t.Context(), shared.Cluster("east")
	if _, err := east.Apply(ctx, []byte(workload)); err != nil {
		t.Fatal(err)
	}
	kube := client(t, east.RESTConfig())
	eventually(t, "the Deployment is available", func(ctx context.Context) error { return available(ctx, kube) })
	var address string
	eventually(t, "the Service has an address", func(ctx context.Context) error {
		service, err := kube.CoreV1().Services("default").Get(ctx, "echo", metav1.GetOptions{})
		if err == nil && len(service.Status.LoadBalancer.Ingress) == 0 {
			return errors.New("none yet")
		}
		if err == nil {
			address = service.Status.LoadBalancer.Ingress[0].IP + ":80"
		}
		return err
	})
	outside, err := shared.Forward(address)
	if err != nil {
		t.Fatal(err)
	}
	reach(t, kube, http.DefaultClient, "http://"+outside)
	reach(t, kube, &http.Client{Transport: &http.Transport{DialContext: shared.DialContext}}, "http://"+address)

	// The control plane may rest: what runs goes on.
	if err := east.Freeze(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := get(http.DefaultClient, "http://"+outside); err != nil {
		t.Errorf("while the control plane is frozen: %v", err)
	}
	if err := east.Thaw(ctx); err != nil {
		t.Fatal(err)
	}
}

// reach asks a URL until it answers and checks that the answering pod's log is read through the API.
func reach(t *testing.T, kube kubernetes.Interface, client *http.Client, url string) {
	t.Helper()
	eventually(t, "an answer from "+url, func(context.Context) error {
		_, err := get(client, url)
		return err
	})
	pods, err := kube.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{LabelSelector: "app=echo"})
	if err != nil {
		t.Fatal(err)
	}
	for _, pod := range pods.Items {
		log, err := kube.CoreV1().Pods("default").GetLogs(pod.Name, &corev1.PodLogOptions{}).DoRaw(t.Context())
		if err != nil || !strings.Contains(string(log), "Starting server") {
			t.Errorf("the log of %s is %q, %v", pod.Name, log, err)
		}
	}
}

// available says whether every replica of the workload is.
func available(ctx context.Context, kube kubernetes.Interface) error {
	echo, err := kube.AppsV1().Deployments("default").Get(ctx, "echo", metav1.GetOptions{})
	if err == nil && echo.Status.AvailableReplicas != *echo.Spec.Replicas {
		err = fmt.Errorf("%d of %d replicas are available", echo.Status.AvailableReplicas, *echo.Spec.Replicas)
	}
	return err
}
