package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"

	"fairway.dev/fairway/e2e/fleet"
)

// shared is the fleet of all tests here; every test has a namespace of its own in it.
var shared *fleet.Fleet

func TestMain(m *testing.M) { os.Exit(runTests(m)) }

func runTests(m *testing.M) int {
	ctx := context.Background()
	dir, err := fleet.DefaultDir()
	if err == nil {
		err = fleet.Check()
	}
	if err == nil {
		err = fleet.Build(ctx, dir, os.Stderr)
	}
	guest := filepath.Join(dir, "bin", "guest")
	if err == nil {
		build := exec.Command("go", "build", "-o", guest, "./testdata/guest")
		build.Env = append(os.Environ(), "CGO_ENABLED=0", "GOTOOLCHAIN=auto")
		build.Stderr = os.Stderr
		err = build.Run()
	}
	if err == nil {
		images := map[string]fleet.Image{"example.com/guest": {Path: guest}, "example.com/nonroot": {Path: guest, User: 65532}}
		shared, err = fleet.Start(ctx, fleet.Config{Name: "node.test", Clusters: []string{"hub", "east"}, Dir: dir, Images: images})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// room is a namespace in one cluster.
type room struct {
	t       *testing.T
	cluster *fleet.Cluster
	kube    kubernetes.Interface
	name    string
}

func newRoom(t *testing.T, cluster string) *room {
	t.Helper()
	c := shared.Cluster(cluster)
	kube, err := kubernetes.NewForConfig(c.RESTConfig())
	if err != nil {
		t.Fatal(err)
	}
	r := &room{t: t, cluster: c, kube: kube, name: strings.ToLower(strings.ReplaceAll(t.Name(), "/", "-"))}
	r.apply("apiVersion: v1\nkind: Namespace\nmetadata: {name: " + r.name + "}\n")
	t.Cleanup(func() {
		if err := kube.CoreV1().Namespaces().Delete(context.Background(), r.name, metav1.DeleteOptions{}); err != nil {
			t.Error(err)
		}
	})
	r.eventually("the default service account", func(ctx context.Context) error {
		_, err := kube.CoreV1().ServiceAccounts(r.name).Get(ctx, "default", metav1.GetOptions{})
		return err
	})
	return r
}

// apply writes manifests; NS stands for the room's namespace.
func (r *room) apply(manifests string) {
	r.t.Helper()
	if _, err := r.cluster.Apply(r.t.Context(), []byte(strings.ReplaceAll(manifests, "NS", r.name))); err != nil {
		r.t.Fatal(err)
	}
}

// eventually fails the test unless the condition holds within a minute.
func (r *room) eventually(what string, condition func(context.Context) error) {
	r.t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(r.t.Context(), 10*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		last = condition(ctx)
		return last == nil, nil
	})
	if err != nil {
		r.t.Fatalf("%s: %v", what, errors.Join(err, last))
	}
}

// pod waits until a pod is as the condition says; the condition says what is missing, or "".
func (r *room) pod(name string, condition func(*corev1.Pod) string) *corev1.Pod {
	r.t.Helper()
	var found *corev1.Pod
	r.eventually("pod "+name, func(ctx context.Context) error {
		pod, err := r.kube.CoreV1().Pods(r.name).Get(ctx, name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if missing := condition(pod); missing != "" {
			return fmt.Errorf("%s; its status is %s", missing, text(pod.Status))
		}
		found = pod
		return nil
	})
	return found
}

func ready(pod *corev1.Pod) string {
	for _, c := range pod.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue && c.ObservedGeneration == pod.Generation {
			return ""
		}
	}
	return "it is not ready"
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// logs reads a container's log through the API.
func (r *room) logs(pod string, o *corev1.PodLogOptions) string {
	r.t.Helper()
	log, err := r.kube.CoreV1().Pods(r.name).GetLogs(pod, o).DoRaw(r.t.Context())
	if err != nil {
		r.t.Fatal(err)
	}
	return string(log)
}

// service waits until a Service has an address at its load balancer.
func (r *room) service(name string) *corev1.Service {
	r.t.Helper()
	var found *corev1.Service
	r.eventually("service "+name, func(ctx context.Context) error {
		s, err := r.kube.CoreV1().Services(r.name).Get(ctx, name, metav1.GetOptions{})
		if err == nil && s.Spec.Type == corev1.ServiceTypeLoadBalancer && len(s.Status.LoadBalancer.Ingress) == 0 {
			err = errors.New("it has no address")
		}
		found = s
		return err
	})
	return found
}

// get asks a server of the fleet over a new connection.
func get(ctx context.Context, url string) (string, error) {
	client := http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: shared.DialContext, DisableKeepAlives: true}}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return "", err
	}
	response, err := client.Do(request)
	if err != nil {
		return "", err
	}
	body, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %s: %s", url, response.Status, body)
	}
	return string(body), nil
}

// ask gets a path of a pod's guest, which must answer.
func (r *room) ask(pod *corev1.Pod, path string) string {
	r.t.Helper()
	body, err := get(r.t.Context(), "http://"+pod.Status.PodIP+":8080"+path)
	if err != nil {
		r.t.Fatal(err)
	}
	return body
}

// view is what the guest sees.
type view struct {
	Host, Client, Resolv      string
	Args, Env, Mounts, Status []string
	UID, GID, PID             int
	Groups                    []int
}

func (r *room) look(pod *corev1.Pod) view {
	r.t.Helper()
	var v view
	if err := json.Unmarshal([]byte(r.ask(pod, "/")), &v); err != nil {
		r.t.Fatal(err)
	}
	return v
}
