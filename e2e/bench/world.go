package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/e2e/install"
)

const (
	// patience is how long anything may take before it counts as an error.
	patience = 2 * time.Minute
	// writers make objects at the same time.
	writers = 16
)

// world is what a subject is measured in: a cluster with echo servers and services that lead to one of
// them by hand-written slices, so that one write is one change.
type world struct {
	stack     *install.Stack
	namespace string
	home      *install.Cluster
	pods      []corev1.Pod
	// services are how many there are.
	services int
}

const echo = `
apiVersion: apps/v1
kind: Deployment
metadata: {name: echo, namespace: NAMESPACE}
spec:
  replicas: 2
  selector: {matchLabels: {app: echo}}
  template:
    metadata: {labels: {app: echo}}
    spec:
      containers:
      - name: echo
        image: registry.k8s.io/gateway-api/conformance/echo-basic:v0.1.0
        env:
        - {name: POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
        readinessProbe: {httpGet: {path: /, port: 3000}, periodSeconds: 1}
`

func newWorld(ctx context.Context, stack *install.Stack, s subject) (*world, error) {
	w := &world{stack: stack, namespace: "bench-" + s.name, home: s.home}
	for _, c := range stack.Clusters() {
		if err := c.Client.Create(ctx, w.space()); err != nil {
			return nil, err
		}
	}
	if _, err := w.home.Apply(ctx, []byte(strings.ReplaceAll(echo, "NAMESPACE", w.namespace))); err != nil {
		return nil, err
	}
	return w, install.Wait(ctx, "the echo servers are ready", patience, func(ctx context.Context) error {
		var list corev1.PodList
		if err := w.home.Client.List(ctx, &list, client.InNamespace(w.namespace)); err != nil {
			return err
		}
		w.pods = nil
		for _, p := range list.Items {
			for _, c := range p.Status.Conditions {
				if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
					w.pods = append(w.pods, p)
				}
			}
		}
		if len(w.pods) != 2 {
			return fmt.Errorf("%d are", len(w.pods))
		}
		return nil
	})
}

func (w *world) space() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: w.namespace}}
}

// end takes the world away, and waits until nothing of it is left that could slow down another subject.
func (w *world) end(ctx context.Context) error {
	for _, c := range w.stack.Clusters() {
		if err := c.Client.Delete(ctx, w.space()); err != nil {
			return err
		}
	}
	return install.Wait(ctx, "namespace "+w.namespace+" is gone", 5*patience, func(ctx context.Context) error {
		for _, c := range w.stack.Clusters() {
			if err := c.Client.Get(ctx, client.ObjectKey{Name: w.namespace}, &corev1.Namespace{}); !apierrors.IsNotFound(err) {
				return errors.Join(fmt.Errorf("it is in cluster %s", c.Name()), err)
			}
		}
		return nil
	})
}

// imports reports whether routes name ServiceImports.
func (w *world) imports() bool { return w.home != w.stack.Hub }

// serve makes services up to a number, and waits until the hub imports the last where they are a member's.
func (w *world) serve(ctx context.Context, upTo int) error {
	group, parallel := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := w.services; i < upTo; i++ {
		group.Go(func() error { return w.serveOne(parallel, serviceName(i)) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	w.services = upTo
	if !w.imports() {
		return nil
	}
	return install.Wait(ctx, "the services are imported", patience, func(ctx context.Context) error {
		var list mcsv1beta1.ServiceImportList
		if err := w.stack.Hub.Client.List(ctx, &list, client.InNamespace(w.namespace)); err != nil {
			return err
		}
		if len(list.Items) < upTo {
			return fmt.Errorf("%d are", len(list.Items))
		}
		return nil
	})
}

func (w *world) serveOne(ctx context.Context, name string) error {
	objects := []client.Object{
		&corev1.Service{ObjectMeta: w.meta(name), Spec: corev1.ServiceSpec{ClusterIP: corev1.ClusterIPNone, Ports: []corev1.ServicePort{{Name: "http", Port: port}}}},
		w.slice(name, w.pods[0]),
	}
	if w.imports() {
		objects = append(objects, &mcsv1beta1.ServiceExport{ObjectMeta: w.meta(name)})
	}
	for _, o := range objects {
		if err := w.home.Client.Create(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// createRoutes makes the routes from a number to below another.
func (w *world) createRoutes(ctx context.Context, from, to int, gateway string) error {
	group, parallel := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	for i := from; i < to; i++ {
		group.Go(func() error { return w.stack.Hub.Client.Create(parallel, w.route(i, gateway)) })
	}
	return group.Wait()
}

// gateway makes a Gateway of a class and waits until it is programmed.
func (w *world) gateway(ctx context.Context, name, class string) (*gatewayv1.Gateway, error) {
	gw := &gatewayv1.Gateway{ObjectMeta: w.meta(name)}
	gw.Spec.GatewayClassName = gatewayv1.ObjectName(class)
	gw.Spec.Listeners = []gatewayv1.Listener{{Name: "http", Protocol: gatewayv1.HTTPProtocolType, Port: 80}}
	if err := w.stack.Hub.Client.Create(ctx, gw); err != nil {
		return nil, err
	}
	return w.stack.Programmed(ctx, client.ObjectKeyFromObject(gw))
}

// attached waits until the Gateway counts so many routes.
func (w *world) attached(ctx context.Context, key client.ObjectKey, routes int) error {
	return install.Wait(ctx, fmt.Sprintf("Gateway %s counts %d routes", key, routes), patience, func(ctx context.Context) error {
		var gw gatewayv1.Gateway
		if err := w.stack.Hub.Client.Get(ctx, key, &gw); err != nil {
			return err
		}
		if len(gw.Status.Listeners) == 0 {
			return errors.New("it says nothing of listeners")
		}
		if got := int(gw.Status.Listeners[0].AttachedRoutes); got != routes {
			return fmt.Errorf("it counts %d", got)
		}
		return nil
	})
}

func say(to io.Writer, format string, args ...any) {
	_, _ = io.WriteString(to, strings.TrimSuffix(fmt.Sprintf(format, args...), "\n")+"\n") // progress only
}
