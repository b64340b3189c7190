package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const web = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: web, namespace: NS}
spec:
  replicas: 3
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - name: guest
        image: example.com/guest:v1
        args: [-udp=:5353]
        ports: [{name: http, containerPort: 8080}]
        readinessProbe: {httpGet: {path: /ready, port: http}, periodSeconds: 1, failureThreshold: 1}
---
apiVersion: v1
kind: Service
metadata: {name: web, namespace: NS}
spec:
  type: LoadBalancer
  selector: {app: web}
  ports:
  - {name: http, port: 80, targetPort: http}
  - {name: echo, port: 53, targetPort: 5353, protocol: UDP}
---
apiVersion: v1
kind: Pod
metadata: {name: client, namespace: NS}
spec:
  terminationGracePeriodSeconds: 1
  containers: [{name: guest, image: example.com/guest, readinessProbe: {tcpSocket: {port: 8080}}}]
`

// fetched is what the guest behind a URL sees, asked by a pod.
func (r *room) fetched(ctx context.Context, clientIP, target string) (view, error) {
	var v view
	body, err := get(ctx, "http://"+clientIP+":8080/fetch?url="+url.QueryEscape(target))
	if err == nil {
		err = json.Unmarshal([]byte(body), &v)
	}
	return v, err
}

func TestServices(t *testing.T) {
	r := newRoom(t, "east")
	r.apply(web)
	service, client := r.service("web"), r.pod("client", ready)
	clientIP := client.Status.PodIP
	balancer := service.Status.LoadBalancer.Ingress[0].IP
	reached := func(target string) func(context.Context) error {
		return func(ctx context.Context) error {
			hosts := map[string]bool{}
			for range 40 {
				v, err := r.fetched(ctx, clientIP, target)
				if err != nil {
					return err
				}
				if !strings.HasPrefix(v.Client, clientIP+":") {
					t.Fatalf("%s: the pod sees client %s instead of %s", target, v.Client, clientIP)
				}
				hosts[v.Host] = true
			}
			if len(hosts) != 3 {
				return fmt.Errorf("reached %v", hosts)
			}
			return nil
		}
	}
	for _, host := range []string{service.Spec.ClusterIP, "web", "web." + r.name + ".svc.cluster.local", balancer} {
		r.eventually("all pods through "+host, reached("http://"+host))
	}
	r.eventually("the load balancer from outside of the cluster", func(ctx context.Context) error {
		_, err := get(ctx, "http://"+balancer)
		return err
	})
	r.eventually("UDP", func(ctx context.Context) error {
		host, err := get(ctx, "http://"+clientIP+":8080/udp?address="+url.QueryEscape("web:53"))
		if err == nil && !strings.HasPrefix(host, "web-") {
			err = fmt.Errorf("answer %q", host)
		}
		return err
	})
	if _, err := r.fetched(t.Context(), clientIP, "http://absent"); err == nil || !strings.Contains(err.Error(), "no such host") {
		t.Errorf("a name that does not exist: %v", err)
	}
	if _, err := r.fetched(t.Context(), clientIP, "http://"+balancer+":81"); err == nil || !strings.Contains(err.Error(), "refused") {
		t.Errorf("a port that does not exist: %v", err)
	}
}

func TestUnreadyPodLeavesService(t *testing.T) {
	r := newRoom(t, "east")
	r.apply(strings.ReplaceAll(web, "replicas: 3", "replicas: 1"))
	service := r.service("web")
	clientIP := r.pod("client", ready).Status.PodIP
	target := "http://" + service.Spec.ClusterIP
	var only view
	r.eventually("an answer", func(ctx context.Context) (err error) {
		only, err = r.fetched(ctx, clientIP, target)
		return err
	})
	// The pod is the only one behind the Service and reaches itself through it.
	pod := r.pod(only.Host, ready)
	v, err := r.fetched(t.Context(), pod.Status.PodIP, target)
	if err != nil || v.Host != only.Host {
		t.Errorf("a pod that calls itself through its service: %v, %v", v.Host, err)
	}
	r.ask(pod, "/set-ready/false")
	r.eventually("no endpoint", func(ctx context.Context) error {
		if _, err := r.fetched(ctx, clientIP, target); err == nil || !strings.Contains(err.Error(), "refused") {
			return fmt.Errorf("the service answers: %w", err)
		}
		return nil
	})
	r.ask(pod, "/set-ready/true")
	r.eventually("an answer again", func(ctx context.Context) error {
		_, err := r.fetched(ctx, clientIP, target)
		return err
	})
}

func TestLoadBalancerAddressIsReleased(t *testing.T) {
	r := newRoom(t, "east")
	r.apply(web)
	r.service("web")
	// Its type changes: the address goes, the Service stays.
	r.apply("apiVersion: v1\nkind: Service\nmetadata: {name: web, namespace: NS}\nspec: {type: ClusterIP, ports: [{name: http, port: 80}]}\n")
	r.eventually("no address", func(ctx context.Context) error {
		s, err := r.kube.CoreV1().Services(r.name).Get(ctx, "web", metav1.GetOptions{})
		if err == nil && len(s.Status.LoadBalancer.Ingress) > 0 {
			err = errors.New("it still has an address")
		}
		return err
	})
}

func TestClustersReachEachOther(t *testing.T) {
	hub, east := newRoom(t, "hub"), newRoom(t, "east")
	hub.apply(web)
	east.apply(web)
	from, to := hub.pod("client", ready).Status.PodIP, east.pod("client", ready).Status.PodIP
	v, err := hub.fetched(t.Context(), from, "http://"+to+":8080")
	if err != nil || v.Client[:len(from)] != from {
		t.Errorf("pod to pod: client %q, %v", v.Client, err)
	}
	balancer := east.service("web").Status.LoadBalancer.Ingress[0].IP
	hub.eventually("the other cluster's load balancer", func(ctx context.Context) error {
		v, err := hub.fetched(ctx, from, "http://"+balancer)
		if err == nil && !strings.HasPrefix(v.Client, from+":") {
			err = fmt.Errorf("the pod sees client %s", v.Client)
		}
		return err
	})
}
