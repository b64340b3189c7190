package local

import (
	"maps"
	"reflect"
	"slices"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// each lists objects.
func (k *kit) each(list client.ObjectList, f func(client.Object)) {
	k.t.Helper()
	k.must(k.api.List(k.t.Context(), list))
	k.must(meta.EachListItem(list, func(o runtime.Object) error {
		f(o.(client.Object))
		return nil
	}))
}

// cluster does what a cluster's own controllers do, tells the hub of it as
// its watches would, and reports whether anything was done.
func (k *kit) cluster() bool {
	p := k.current()
	did := false
	changed := func(o client.Object) {
		p.wakeOwner(o)
		did = true
	}
	deployments := map[client.ObjectKey]bool{}
	k.each(&appsv1.DeploymentList{}, func(o client.Object) {
		key := client.ObjectKeyFromObject(o)
		if _, ours := p.refOf(o); !ours {
			return
		}
		if o.GetDeletionTimestamp() == nil {
			deployments[key] = true
			return
		}
		k.stop(key)
		o.SetFinalizers(nil)
		k.must(k.api.Update(k.t.Context(), o))
		changed(o)
	})
	for key := range maps.Clone(k.pods) {
		if !deployments[key] {
			k.stop(key)
		}
	}
	for key := range deployments {
		k.run(key)
	}
	k.each(&corev1.ServiceList{}, func(o client.Object) {
		if _, ours := p.refOf(o); ours && k.balance(o.(*corev1.Service)) {
			changed(o)
		}
	})
	return k.endpoints() || did
}

// run has a proxy run for a Deployment, connected to the present hub and up
// to date, if there is an identity for it.
func (k *kit) run(key client.ObjectKey) {
	one := k.pods[key]
	if one == nil {
		one = newPod(k, key)
		k.mu.Lock()
		k.pods[key] = one
		k.mu.Unlock()
	}
	one.catchUp(k.current())
}

// stop ends a Deployment's proxy.
func (k *kit) stop(key client.ObjectKey) {
	if pod, runs := k.pods[key]; runs {
		pod.end()
		k.mu.Lock()
		delete(k.pods, key)
		k.mu.Unlock()
	}
}

// balance gives a Service an address.
func (k *kit) balance(s *corev1.Service) bool {
	if len(s.Status.LoadBalancer.Ingress) > 0 {
		return false
	}
	s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: "192.0.2.1"}}
	k.must(k.api.Status().Update(k.t.Context(), s))
	return true
}

// endpoints keeps the Services' EndpointSlices: one for each, with the pod
// that is ready.
func (k *kit) endpoints() bool {
	p := k.current()
	did := false
	slicesLeft := map[client.ObjectKey]*discoveryv1.EndpointSlice{}
	k.each(&discoveryv1.EndpointSliceList{}, func(o client.Object) {
		slicesLeft[client.ObjectKeyFromObject(o)] = o.(*discoveryv1.EndpointSlice).DeepCopy()
	})
	k.each(&corev1.ServiceList{}, func(o client.Object) {
		if _, ours := p.refOf(o); !ours {
			return
		}
		key := client.ObjectKeyFromObject(o)
		wish := &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: key.Namespace, Name: key.Name, Labels: maps.Clone(o.GetLabels())}}
		wish.Labels[discoveryv1.LabelServiceName] = key.Name
		if pod := k.pods[key]; pod != nil && pod.ready() {
			wish.Endpoints = []discoveryv1.Endpoint{{
				Addresses: []string{"10.0.0.9"}, TargetRef: &corev1.ObjectReference{Kind: "Pod", Name: pod.name},
			}}
		}
		wish.Ports = portsOf(o.(*corev1.Service))
		have := slicesLeft[key]
		delete(slicesLeft, key)
		switch {
		case have == nil:
			k.must(k.api.Create(k.t.Context(), wish))
		case len(have.Endpoints) != len(wish.Endpoints) || !reflect.DeepEqual(have.Ports, wish.Ports):
			have.Endpoints, have.Ports = wish.Endpoints, wish.Ports
			k.must(k.api.Update(k.t.Context(), have))
		default:
			return
		}
		p.wakeService(k.t.Context(), wish)
		did = true
	})
	for _, left := range slices.Collect(maps.Values(slicesLeft)) {
		k.must(k.api.Delete(k.t.Context(), left))
		p.wakeService(k.t.Context(), left)
		did = true
	}
	return did
}
