package main_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

const hardened = `
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: NS}
stringData: {key: first}
---
apiVersion: v1
kind: Pod
metadata: {name: guest, namespace: NS, labels: {app: guest}}
spec:
  terminationGracePeriodSeconds: 1
  securityContext: {runAsNonRoot: true, fsGroup: 2000, sysctls: [{name: net.ipv4.ip_unprivileged_port_start, value: "80"}]}
  initContainers:
  - name: first
    image: example.com/nonroot
    args: [-exit=0]
  containers:
  - name: guest
    image: example.com/nonroot:v1@sha256:0000000000000000000000000000000000000000000000000000000000000000
    args: ["-listen=:8080", "-udp=$(ADDRESS):80"]
    env:
    - {name: ADDRESS, valueFrom: {fieldRef: {fieldPath: status.podIP}}}
    - {name: SECRET, valueFrom: {secretKeyRef: {name: s, key: key}}}
    securityContext: {readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
    volumeMounts:
    - {name: secret, mountPath: /secret}
    - {name: scratch, mountPath: /tmp}
    startupProbe: {tcpSocket: {port: 8080}}
    livenessProbe: {exec: {command: [guest, -exit=0]}}
    lifecycle: {preStop: {httpGet: {path: /set-ready/false, port: 8080}}}
  volumes:
  - {name: secret, secret: {secretName: s}}
  - {name: scratch, emptyDir: {}}
`

func TestContainerIsAsSpecified(t *testing.T) {
	r := newRoom(t, "east")
	r.apply(hardened)
	pod := r.pod("guest", ready)
	v := r.look(pod)
	if v.UID != 65532 || v.GID != 65532 || !slices.Contains(v.Groups, 2000) || v.PID != 1 || v.Host != "guest" {
		t.Errorf("identity: %+v", v)
	}
	if !slices.Contains(v.Env, "SECRET=first") || !slices.Contains(v.Env, "ADDRESS="+pod.Status.PodIP) || v.Args[2] != "-udp="+pod.Status.PodIP+":80" {
		t.Errorf("environment %q, arguments %q", v.Env, v.Args)
	}
	if !slices.Contains(v.Status, "NoNewPrivs:\t1") || !slices.Contains(v.Status, "CapBnd:\t0000000000000000") {
		t.Errorf("privileges: %q", v.Status)
	}
	for path, writable := range map[string]bool{"/new": false, "/secret/new": false, "/etc/new": false, "/tmp/new": true} {
		if _, err := get(t.Context(), "http://"+pod.Status.PodIP+":8080/write?path="+path); (err == nil) != writable {
			t.Errorf("write to %s: %v", path, err)
		}
	}
	token := r.ask(pod, "/file?path=/var/run/secrets/kubernetes.io/serviceaccount/token")
	if strings.Count(token, ".") != 2 {
		t.Errorf("service account token %q", token)
	}
	r.apply("apiVersion: v1\nkind: Secret\nmetadata: {name: s, namespace: NS}\nstringData: {key: second}\n")
	r.eventually("the changed secret", func(ctx context.Context) error {
		content, err := get(ctx, "http://"+pod.Status.PodIP+":8080/file?path=/secret/key")
		if err == nil && content != "second" {
			err = fmt.Errorf("content %q", content)
		}
		return err
	})
	if init := r.pod("guest", ready).Status.InitContainerStatuses[0]; init.State.Terminated == nil || init.State.Terminated.Message != "left on purpose" || !init.Ready {
		t.Errorf("init container: %s", text(init))
	}
}

const simple = `
apiVersion: v1
kind: Pod
metadata: {name: guest, namespace: NS}
spec:
  terminationGracePeriodSeconds: GRACE
  restartPolicy: POLICY
  containers:
  - name: guest
    image: IMAGE
    args: [ARGS]
    EXTRA
    readinessProbe: {tcpSocket: {port: 8080}}
`

func (r *room) simple(image, policy, args, grace, extra string) {
	r.t.Helper()
	r.apply(strings.NewReplacer("IMAGE", image, "POLICY", policy, "ARGS", args, "GRACE", grace, "EXTRA", extra).Replace(simple))
}

func TestRestartOnExit(t *testing.T) {
	r := newRoom(t, "east")
	r.simple("example.com/guest", "Always", "", "1", "")
	pod := r.pod("guest", ready)
	// The connection breaks with the process.
	if _, err := get(t.Context(), "http://"+pod.Status.PodIP+":8080/exit/3"); err == nil {
		t.Error("the guest answers instead of leaving")
	}
	pod = r.pod("guest", func(pod *corev1.Pod) string {
		if pod.Status.ContainerStatuses[0].RestartCount != 1 {
			return "no restart"
		}
		return ready(pod)
	})
	if last := pod.Status.ContainerStatuses[0].LastTerminationState.Terminated; last == nil || last.ExitCode != 3 || last.Reason != "Error" {
		t.Errorf("how it ended: %s", text(pod.Status.ContainerStatuses[0]))
	}
	if log := r.logs("guest", &corev1.PodLogOptions{Previous: true, TailLines: ptr.To[int64](1)}); !strings.HasSuffix(log, "asked for /exit/3\n") || strings.Contains(log, "listening") {
		t.Errorf("log of the previous run: %q", log)
	}
}

func TestJobs(t *testing.T) {
	for code, phase := range map[string]corev1.PodPhase{"0": corev1.PodSucceeded, "7": corev1.PodFailed} {
		t.Run(string(phase), func(t *testing.T) {
			r := newRoom(t, "east")
			r.simple("example.com/guest", "Never", "-exit="+code, "1", "")
			pod := r.pod("guest", func(pod *corev1.Pod) string {
				if pod.Status.Phase != phase {
					return "not " + string(phase)
				}
				return ""
			})
			if end := pod.Status.ContainerStatuses[0].State.Terminated; end == nil || fmt.Sprint(end.ExitCode) != code || end.Message != "left on purpose" {
				t.Errorf("container: %s", text(pod.Status.ContainerStatuses[0]))
			}
			if log := r.logs("guest", &corev1.PodLogOptions{}); log != "leaving\n" {
				t.Errorf("log %q", log)
			}
		})
	}
}

func TestRefusedContainers(t *testing.T) {
	for name, c := range map[string]struct{ image, extra, reason string }{
		"unknown": {"example.com/unknown:v1", "", "ErrImagePull"},
		"root":    {"example.com/guest", "securityContext: {runAsNonRoot: true}", "CreateContainerConfigError"},
	} {
		t.Run(name, func(t *testing.T) {
			r := newRoom(t, "east")
			r.simple(c.image, "Always", "", "1", c.extra)
			r.pod("guest", func(pod *corev1.Pod) string {
				if s := pod.Status.ContainerStatuses; len(s) == 0 || s[0].State.Waiting == nil || s[0].State.Waiting.Reason != c.reason {
					return "not " + c.reason
				}
				return ""
			})
		})
	}
}

// ended deletes a pod and returns all that its container printed.
func (r *room) ended(name string) string {
	r.t.Helper()
	log := make(chan string, 1)
	go func() {
		content, err := r.kube.CoreV1().Pods(r.name).GetLogs(name, &corev1.PodLogOptions{Follow: true}).DoRaw(r.t.Context())
		log <- fmt.Sprint(string(content), errors.Unwrap(err))
	}()
	if err := r.kube.CoreV1().Pods(r.name).Delete(r.t.Context(), name, metav1.DeleteOptions{}); err != nil {
		r.t.Fatal(err)
	}
	r.eventually("the pod is gone", func(ctx context.Context) error {
		_, err := r.kube.CoreV1().Pods(r.name).Get(ctx, name, metav1.GetOptions{})
		if apierrors.IsNotFound(err) {
			return nil
		}
		return errors.Join(errors.New("it is still there"), err)
	})
	return <-log
}

func TestLiveness(t *testing.T) {
	r := newRoom(t, "east")
	r.simple("example.com/guest", "Always", "", "1", "livenessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 1, failureThreshold: 1, initialDelaySeconds: 1}")
	r.ask(r.pod("guest", ready), "/set-ready/false")
	r.pod("guest", func(pod *corev1.Pod) string {
		if pod.Status.ContainerStatuses[0].RestartCount == 0 {
			return "no restart"
		}
		return ready(pod)
	})
	if log := r.logs("guest", &corev1.PodLogOptions{Previous: true}); !strings.Contains(log, "terminated") {
		t.Errorf("log of the unhealthy run: %q", log)
	}
}

func TestPreStop(t *testing.T) {
	r := newRoom(t, "east")
	r.simple("example.com/guest", "Always", "", "30", "lifecycle: {preStop: {httpGet: {path: /before, port: 8080}}}")
	r.pod("guest", ready)
	if log := r.ended("guest"); strings.Index(log, "asked for /before") < 0 || strings.Index(log, "asked for /before") > strings.Index(log, "terminating") {
		t.Errorf("log %q", log)
	}
	// The command writes the termination log, which the last status shows; a finalizer keeps the pod for us to see it.
	r.apply(strings.Replace(strings.NewReplacer("IMAGE", "example.com/guest", "POLICY", "Always", "ARGS", "", "GRACE", "30",
		"EXTRA", "lifecycle: {preStop: {exec: {command: [guest, -exit=0]}}}").Replace(simple), "namespace: NS", "namespace: NS, finalizers: [example.com/hold]", 1))
	r.pod("guest", ready)
	pods := r.kube.CoreV1().Pods(r.name)
	if err := pods.Delete(t.Context(), "guest", metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	r.pod("guest", func(pod *corev1.Pod) string {
		if end := pod.Status.ContainerStatuses[0].State.Terminated; end == nil || end.Message != "left on purpose" || pod.Status.Phase != corev1.PodSucceeded {
			return "not ended after its hook"
		}
		return ""
	})
	if _, err := pods.Patch(t.Context(), "guest", types.MergePatchType, []byte(`{"metadata":{"finalizers":null}}`), metav1.PatchOptions{}); err != nil {
		t.Fatal(err)
	}
}

func TestGrace(t *testing.T) {
	r := newRoom(t, "east")
	for _, c := range []struct {
		grace, work string
		finishes    bool
	}{{"30", "200ms", true}, {"1", "1h", false}} {
		r.simple("example.com/guest", "Always", "-grace="+c.work, c.grace, "")
		r.pod("guest", ready)
		log := r.ended("guest")
		if !strings.Contains(log, "terminating\n") || strings.Contains(log, "terminated\n") != c.finishes {
			t.Errorf("grace of %s s for work of %s: log %q", c.grace, c.work, log)
		}
	}
}

func TestControlPlaneGoneForAWhile(t *testing.T) {
	r := newRoom(t, "hub")
	r.simple("example.com/guest", "Always", "", "1", "")
	pod := r.pod("guest", ready)
	if err := r.cluster.Kill(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := get(t.Context(), "http://"+pod.Status.PodIP+":8080/exit/3"); err == nil {
		t.Error("the guest answers instead of leaving")
	}
	r.eventually("the container runs again", func(ctx context.Context) error {
		_, err := get(ctx, "http://"+pod.Status.PodIP+":8080/")
		return err
	})
	if err := r.cluster.Restart(t.Context()); err != nil {
		t.Fatal(err)
	}
	r.pod("guest", func(pod *corev1.Pod) string {
		if pod.Status.ContainerStatuses[0].RestartCount != 1 {
			return "the restart is not told"
		}
		return ready(pod)
	})
	r.ended("guest")
}
