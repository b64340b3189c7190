package main

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// port is what the Services listen on, containerPort what the echo server does.
const port, containerPort = 8080, 3000

func serviceName(i int) string { return fmt.Sprintf("s%05d", i) }
func routeName(i int) string   { return fmt.Sprintf("r%05d", i) }
func hostOf(i int) string      { return routeName(i) + ".example" }

func (w *world) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{Namespace: w.namespace, Name: name}
}

// slice leads a service to a pod.
func (w *world) slice(service string, pod corev1.Pod) *discoveryv1.EndpointSlice {
	s := &discoveryv1.EndpointSlice{ObjectMeta: w.meta(service), AddressType: discoveryv1.AddressTypeIPv4}
	s.Labels = map[string]string{discoveryv1.LabelServiceName: service}
	s.Endpoints = []discoveryv1.Endpoint{{Addresses: []string{pod.Status.PodIP}}}
	s.Ports = []discoveryv1.EndpointPort{{Name: ptr.To("http"), Port: ptr.To(int32(containerPort)), Protocol: ptr.To(corev1.ProtocolTCP)}}
	return s
}

// route is the route of a number: a host of its own, and a service of its own as long as there are so many.
func (w *world) route(i int, gateway string) *gatewayv1.HTTPRoute {
	r := &gatewayv1.HTTPRoute{ObjectMeta: w.meta(routeName(i))}
	r.Spec.ParentRefs = []gatewayv1.ParentReference{{Name: gatewayv1.ObjectName(gateway)}}
	r.Spec.Hostnames = []gatewayv1.Hostname{gatewayv1.Hostname(hostOf(i))}
	backend := gatewayv1.HTTPBackendRef{}
	if w.imports() {
		backend.Group, backend.Kind = ptr.To(gatewayv1.Group(mcsv1beta1.GroupName)), ptr.To(gatewayv1.Kind("ServiceImport"))
	}
	backend.Name, backend.Port = gatewayv1.ObjectName(serviceName(i%w.services)), ptr.To(gatewayv1.PortNumber(port))
	r.Spec.Rules = []gatewayv1.HTTPRouteRule{{BackendRefs: []gatewayv1.HTTPBackendRef{backend}}}
	return r
}
