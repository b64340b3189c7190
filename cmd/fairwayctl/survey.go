package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// domain begins the controller names of Fairway.
const domain = "fairway.dev/"

// gatewayStatus is one Gateway and all that hangs on it.
type gatewayStatus struct {
	Namespace  string           `json:"namespace"`
	Name       string           `json:"name"`
	Class      string           `json:"class"`
	Addresses  []string         `json:"addresses,omitempty"`
	Programmed bool             `json:"programmed"`
	Message    string           `json:"message,omitempty"`
	Listeners  []listenerStatus `json:"listeners"`
	Routes     []routeStatus    `json:"routes,omitempty"`
	Pools      []poolStatus     `json:"pools,omitempty"`
}

type listenerStatus struct {
	Name       string `json:"name"`
	Protocol   string `json:"protocol"`
	Port       int32  `json:"port"`
	Hostname   string `json:"hostname,omitempty"`
	Routes     int32  `json:"attachedRoutes"`
	Programmed bool   `json:"programmed"`
	Message    string `json:"message,omitempty"`
}

type routeStatus struct {
	Kind      string   `json:"kind"`
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Hostnames []string `json:"hostnames,omitempty"`
	Served    bool     `json:"served"`
	Message   string   `json:"message,omitempty"`
}

type poolStatus struct {
	Kind      string         `json:"kind"`
	Namespace string         `json:"namespace"`
	Name      string         `json:"name"`
	Clusters  []clusterCount `json:"clusters,omitempty"`
}

// clusterCount is how many endpoints a cluster has in a pool, and how many of
// them are ready. An empty name is the hub.
type clusterCount struct {
	Cluster string `json:"cluster"`
	Ready   int    `json:"ready"`
	Total   int    `json:"total"`
}

func (g gatewayStatus) well() bool {
	return g.Programmed &&
		!slices.ContainsFunc(g.Listeners, func(l listenerStatus) bool { return !l.Programmed }) &&
		!slices.ContainsFunc(g.Routes, func(r routeStatus) bool { return !r.Served }) &&
		!slices.ContainsFunc(g.Pools, func(p poolStatus) bool { return p.ready() == 0 })
}

func (p poolStatus) ready() int {
	n := 0
	for _, c := range p.Clusters {
		n += c.Ready
	}
	return n
}

// survey reads the Gateways of Fairway's classes. An empty Name means all of
// the namespace, an empty Namespace all.
func survey(ctx context.Context, hub client.Client, only client.ObjectKey) ([]gatewayStatus, error) {
	ours, err := ourClasses(ctx, hub)
	if err != nil {
		return nil, err
	}
	var gateways gatewayv1.GatewayList
	if err := hub.List(ctx, &gateways, client.InNamespace(only.Namespace)); err != nil {
		return nil, fmt.Errorf("list Gateways: %w", err)
	}
	var routes gatewayv1.HTTPRouteList
	if err := hub.List(ctx, &routes); err != nil {
		return nil, fmt.Errorf("list HTTPRoutes: %w", err)
	}
	all := []gatewayStatus{}
	for i := range gateways.Items {
		gw := &gateways.Items[i]
		if only.Name != "" && gw.Name != only.Name || only.Name == "" && !ours[gw.Spec.GatewayClassName] {
			continue
		}
		one := newGatewayStatus(gw)
		pools := map[poolKey]bool{}
		for n := range routes.Items {
			if r, attached := newRouteStatus(&routes.Items[n], gw); attached {
				one.Routes = append(one.Routes, r)
				for _, k := range backendsOf(&routes.Items[n]) {
					pools[k] = true
				}
			}
		}
		if one.Pools, err = countPools(ctx, hub, pools); err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	if only.Name != "" && len(all) == 0 {
		return nil, fmt.Errorf("there is no Gateway %s", only)
	}
	return all, nil
}

func ourClasses(ctx context.Context, hub client.Client) (map[gatewayv1.ObjectName]bool, error) {
	var classes gatewayv1.GatewayClassList
	if err := hub.List(ctx, &classes); meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("this cluster has no Gateway API; name the hub's context with --context")
	} else if err != nil {
		return nil, fmt.Errorf("list GatewayClasses: %w", err)
	}
	ours := map[gatewayv1.ObjectName]bool{}
	for _, c := range classes.Items {
		ours[gatewayv1.ObjectName(c.Name)] = strings.HasPrefix(string(c.Spec.ControllerName), domain)
	}
	return ours, nil
}

func newGatewayStatus(gw *gatewayv1.Gateway) gatewayStatus {
	one := gatewayStatus{Namespace: gw.Namespace, Name: gw.Name, Class: string(gw.Spec.GatewayClassName)}
	for _, a := range gw.Status.Addresses {
		one.Addresses = append(one.Addresses, a.Value)
	}
	one.Programmed, one.Message = judge(gw.Status.Conditions, gw.Generation, string(gatewayv1.GatewayConditionAccepted), string(gatewayv1.GatewayConditionProgrammed))
	for _, spec := range gw.Spec.Listeners {
		l := listenerStatus{Name: string(spec.Name), Protocol: string(spec.Protocol), Port: int32(spec.Port), Message: "the hub says nothing of it yet"}
		if spec.Hostname != nil {
			l.Hostname = string(*spec.Hostname)
		}
		for _, s := range gw.Status.Listeners {
			if s.Name == spec.Name {
				l.Routes = s.AttachedRoutes
				l.Programmed, l.Message = judge(s.Conditions, gw.Generation, string(gatewayv1.ListenerConditionAccepted),
					string(gatewayv1.ListenerConditionResolvedRefs), string(gatewayv1.ListenerConditionProgrammed))
			}
		}
		one.Listeners = append(one.Listeners, l)
	}
	return one
}

// judge says whether all of the conditions are True for the generation, and
// otherwise what the first says that is not.
func judge(conditions []metav1.Condition, generation int64, kinds ...string) (bool, string) {
	for _, kind := range kinds {
		c := meta.FindStatusCondition(conditions, kind)
		switch {
		case c == nil:
			return false, "the hub says nothing of " + kind + " yet"
		case c.Status != metav1.ConditionTrue:
			return false, c.Reason + ": " + c.Message
		case c.ObservedGeneration < generation:
			return false, "the hub has not seen the last change yet"
		}
	}
	return true, ""
}

// partly begins the message of a route of which some rules are served.
const partly = "only in part: "

// newRouteStatus is how a route fares at a Gateway, if it names it.
func newRouteStatus(r *gatewayv1.HTTPRoute, gw *gatewayv1.Gateway) (routeStatus, bool) {
	one := routeStatus{Kind: "HTTPRoute", Namespace: r.Namespace, Name: r.Name, Message: "the hub says nothing of it yet"}
	for _, h := range r.Spec.Hostnames {
		one.Hostnames = append(one.Hostnames, string(h))
	}
	named := slices.ContainsFunc(r.Spec.ParentRefs, func(p gatewayv1.ParentReference) bool { return refersTo(p, r.Namespace, gw) })
	first := true
	for _, p := range r.Status.Parents {
		if !refersTo(p.ParentRef, r.Namespace, gw) || !strings.HasPrefix(string(p.ControllerName), domain) {
			continue
		}
		served, message := judge(p.Conditions, r.Generation, string(gatewayv1.RouteConditionAccepted), string(gatewayv1.RouteConditionResolvedRefs))
		if c := meta.FindStatusCondition(p.Conditions, string(gatewayv1.RouteConditionPartiallyInvalid)); served && c != nil && c.Status == metav1.ConditionTrue {
			served, message = false, partly+c.Reason+": "+c.Message
		}
		if first || one.Served {
			one.Served, one.Message = served, message
		}
		first = false
	}
	return one, named
}

func refersTo(p gatewayv1.ParentReference, namespace string, gw *gatewayv1.Gateway) bool {
	if p.Kind != nil && *p.Kind != "Gateway" {
		return false
	}
	if p.Namespace != nil {
		namespace = string(*p.Namespace)
	}
	return namespace == gw.Namespace && string(p.Name) == gw.Name
}

// poolKey names a backend: a Service of the hub, or a ServiceImport.
type poolKey struct{ kind, namespace, name string }

func backendsOf(r *gatewayv1.HTTPRoute) []poolKey {
	var keys []poolKey
	for _, rule := range r.Spec.Rules {
		for _, b := range rule.BackendRefs {
			k := poolKey{kind: "Service", namespace: r.Namespace, name: string(b.Name)}
			if b.Kind != nil {
				k.kind = string(*b.Kind)
			}
			if b.Namespace != nil {
				k.namespace = string(*b.Namespace)
			}
			keys = append(keys, k)
		}
	}
	return keys
}

// countPools counts endpoints from the EndpointSlices on the hub: those of its
// own Services, and those that it keeps of every exported service.
func countPools(ctx context.Context, hub client.Client, keys map[poolKey]bool) ([]poolStatus, error) {
	var pools []poolStatus
	for k := range keys {
		label := discoveryv1.LabelServiceName
		if k.kind == "ServiceImport" {
			label = mcsv1beta1.LabelServiceName
		}
		var slicesOf discoveryv1.EndpointSliceList
		if err := hub.List(ctx, &slicesOf, client.InNamespace(k.namespace), client.MatchingLabels{label: k.name}); err != nil {
			return nil, fmt.Errorf("list EndpointSlices of %s %s/%s: %w", k.kind, k.namespace, k.name, err)
		}
		pools = append(pools, poolStatus{Kind: k.kind, Namespace: k.namespace, Name: k.name, Clusters: countClusters(slicesOf.Items)})
	}
	slices.SortFunc(pools, func(a, b poolStatus) int {
		return strings.Compare(a.Namespace+"/"+a.Name+"/"+a.Kind, b.Namespace+"/"+b.Name+"/"+b.Kind)
	})
	return pools, nil
}

func countClusters(all []discoveryv1.EndpointSlice) []clusterCount {
	type address struct{ cluster, ip string }
	ready := map[address]bool{}
	for _, s := range all {
		cluster := s.Labels[mcsv1beta1.LabelSourceCluster]
		for _, e := range s.Endpoints {
			for _, ip := range e.Addresses {
				at := address{cluster, ip}
				ready[at] = ready[at] || e.Conditions.Ready == nil || *e.Conditions.Ready
			}
		}
	}
	counts := map[string]clusterCount{}
	for at, is := range ready {
		c := counts[at.cluster]
		c.Cluster, c.Total = at.cluster, c.Total+1
		if is {
			c.Ready++
		}
		counts[at.cluster] = c
	}
	var sorted []clusterCount
	for _, c := range counts {
		sorted = append(sorted, c)
	}
	slices.SortFunc(sorted, func(a, b clusterCount) int { return strings.Compare(a.Cluster, b.Cluster) })
	return sorted
}
