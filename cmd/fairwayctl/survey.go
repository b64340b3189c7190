package main

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// gatewayStatus is one Gateway and all that hangs on it.
type gatewayStatus struct {
	Namespace string   `json:"namespace"`
	Name      string   `json:"name"`
	Class     string   `json:"class"`
	Addresses []string `json:"addresses,omitempty"`
	// Programmed is true if it serves, maybe with problems.
	Programmed bool             `json:"programmed"`
	Problems   []problem        `json:"problems,omitempty"`
	Listeners  []listenerStatus `json:"listeners"`
	Routes     []routeStatus    `json:"routes,omitempty"`
	Pools      []poolStatus     `json:"pools,omitempty"`
	// quiet is the problem of a listener or route of which the hub says nothing.
	quiet string
}

type listenerStatus struct {
	Name     string `json:"name"`
	Protocol string `json:"protocol"`
	Port     int32  `json:"port"`
	Hostname string `json:"hostname,omitempty"`
	Routes   int32  `json:"attachedRoutes"`
	// Programmed is true if it serves, maybe with problems.
	Programmed bool      `json:"programmed"`
	Problems   []problem `json:"problems,omitempty"`
	// allowed are the routes that it lets in.
	allowed *gatewayv1.AllowedRoutes
}

func (g gatewayStatus) well() bool {
	return g.Programmed && len(g.Problems) == 0 &&
		!slices.ContainsFunc(g.Listeners, func(l listenerStatus) bool { return !l.Programmed || len(l.Problems) > 0 }) &&
		!slices.ContainsFunc(g.Routes, func(r routeStatus) bool { return !r.Served || len(r.Problems) > 0 }) &&
		!slices.ContainsFunc(g.Pools, func(p poolStatus) bool { return !p.Ready })
}

// survey reads the Gateways of Fairway's classes, and what else is not well. An
// empty Name means all of the namespace, an empty Namespace all.
func survey(ctx context.Context, hub client.Reader, only client.ObjectKey) (hubStatus, error) {
	now := hubStatus{Gateways: []gatewayStatus{}}
	all, err := readClasses(ctx, hub)
	if err != nil {
		return now, err
	}
	may, err := read(ctx, hub, only)
	if err != nil {
		return now, err
	}
	namespaces := map[string]bool{}
	for _, gw := range may.asked {
		if only.Name != "" && gw.Name != only.Name || only.Name == "" && all.foreign(gw.Spec.GatewayClassName) {
			continue
		}
		one := newGatewayStatus(gw, all)
		for n := range may.routes {
			if r, named := newRouteStatus(&may.routes[n], one); named {
				one.Routes = append(one.Routes, r)
				for _, k := range r.backends {
					namespaces[k.namespace] = true
				}
			}
		}
		now.Gateways = append(now.Gateways, one)
	}
	if only.Name != "" && len(now.Gateways) == 0 {
		return now, fmt.Errorf("there is no Gateway %s", only)
	}
	known, err := readPools(ctx, hub, namespaces, only.Namespace)
	if err != nil {
		return now, err
	}
	now.Notes = slices.Concat(may.notes, known.notes)
	for i := range now.Gateways {
		now.Gateways[i].Pools = now.Gateways[i].pools(known)
	}
	if only.Name != "" {
		return now, nil
	}
	now.Classes = all.unwell()
	for i := range may.routes {
		if r, is := orphan(&may.routes[i], may, all, only.Namespace); is {
			now.RoutesWithoutGateway = append(now.RoutesWithoutGateway, r)
		}
	}
	return now, nil
}

// pools are those of its routes' backends, each once.
func (g gatewayStatus) pools(known pools) []poolStatus {
	used := map[poolKey]bool{}
	for _, r := range g.Routes {
		for _, k := range r.backends {
			if !known.hidden[k.namespace] {
				used[k] = true
			}
		}
	}
	var out []poolStatus
	for _, k := range slices.SortedFunc(maps.Keys(used), poolKey.compare) {
		out = append(out, known.status(k))
	}
	return out
}

func newGatewayStatus(gw *gatewayv1.Gateway, all classes) gatewayStatus {
	one := gatewayStatus{Namespace: gw.Namespace, Name: gw.Name, Class: string(gw.Spec.GatewayClassName), quiet: silent}
	for _, a := range gw.Status.Addresses {
		one.Addresses = append(one.Addresses, a.Value)
	}
	one.Programmed = meta.IsStatusConditionTrue(gw.Status.Conditions, string(gatewayv1.GatewayConditionProgrammed))
	one.Problems = problemsOf(gw.Status.Conditions, gw.Generation, silent, string(gatewayv1.GatewayConditionAccepted), string(gatewayv1.GatewayConditionProgrammed))
	// The hub says nothing of a Gateway whose class is not there, or none that
	// it can use, and what it said before may look well.
	if why := all.problem(gw.Spec.GatewayClassName); why != nil && (len(one.Problems) == 0 || one.Problems[0].Message == silent) {
		one.Problems, one.quiet = why, unserved
	}
	for _, spec := range gw.Spec.Listeners {
		one.Listeners = append(one.Listeners, newListenerStatus(gw, &spec, one.quiet))
	}
	return one
}

func newListenerStatus(gw *gatewayv1.Gateway, spec *gatewayv1.Listener, quiet string) listenerStatus {
	l := listenerStatus{Name: string(spec.Name), Protocol: string(spec.Protocol), Port: int32(spec.Port), allowed: spec.AllowedRoutes}
	if spec.Hostname != nil {
		l.Hostname = string(*spec.Hostname)
	}
	var said gatewayv1.ListenerStatus
	for _, s := range gw.Status.Listeners {
		if s.Name == spec.Name {
			said = s
		}
	}
	l.Routes = said.AttachedRoutes
	l.Programmed = meta.IsStatusConditionTrue(said.Conditions, string(gatewayv1.ListenerConditionProgrammed))
	l.Problems = problemsOf(said.Conditions, gw.Generation, quiet, string(gatewayv1.ListenerConditionAccepted),
		string(gatewayv1.ListenerConditionResolvedRefs), string(gatewayv1.ListenerConditionProgrammed))
	return l
}
