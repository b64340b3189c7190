package main

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// domain begins the controller names of Fairway.
const domain = "fairway.dev/"

// classStatus is one GatewayClass of Fairway's.
type classStatus struct {
	Name       string    `json:"name"`
	Controller string    `json:"controller"`
	Accepted   bool      `json:"accepted"`
	Problems   []problem `json:"problems,omitempty"`
}

// classes are all GatewayClasses, by name, whoever's they are.
type classes map[gatewayv1.ObjectName]*gatewayv1.GatewayClass

func readClasses(ctx context.Context, hub client.Reader) (classes, error) {
	var list gatewayv1.GatewayClassList
	if err := hub.List(ctx, &list); meta.IsNoMatchError(err) || apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("this cluster has no Gateway API; name the hub's context with --context")
	} else if err != nil {
		return nil, fmt.Errorf("list GatewayClasses: %w", err)
	}
	all := classes{}
	for i := range list.Items {
		all[gatewayv1.ObjectName(list.Items[i].Name)] = &list.Items[i]
	}
	return all, nil
}

// foreign reports whether Gateways of a class are another controller's. Those of
// a class that is not there are nobody's.
func (c classes) foreign(name gatewayv1.ObjectName) bool {
	class := c[name]
	return class != nil && !strings.HasPrefix(string(class.Spec.ControllerName), domain)
}

func newClassStatus(c *gatewayv1.GatewayClass) classStatus {
	return classStatus{
		Name: c.Name, Controller: string(c.Spec.ControllerName),
		Accepted: meta.IsStatusConditionTrue(c.Status.Conditions, string(gatewayv1.GatewayClassConditionStatusAccepted)),
		Problems: problemsOf(c.Status.Conditions, c.Generation, silent,
			string(gatewayv1.GatewayClassConditionStatusAccepted), string(gatewayv1.GatewayClassConditionStatusSupportedVersion)),
	}
}

// problem is why Gateways of a class are not served, whatever they are.
func (c classes) problem(name gatewayv1.ObjectName) []problem {
	class := c[name]
	switch {
	case class == nil:
		return []problem{{Message: fmt.Sprintf("spec.gatewayClassName: there is no GatewayClass %s; create it or name another", name)}}
	case c.foreign(name):
		return []problem{{Message: fmt.Sprintf("spec.gatewayClassName: GatewayClass %s is that of controller %s, and none of Fairway's", name, class.Spec.ControllerName)}}
	}
	if one := newClassStatus(class); !one.Accepted {
		return []problem{{Message: fmt.Sprintf("spec.gatewayClassName: GatewayClass %s is not accepted: %s", name, texts(one.Problems))}}
	}
	return nil
}

// unwell are Fairway's classes that are not well, sorted by name.
func (c classes) unwell() []classStatus {
	var all []classStatus
	for _, name := range slices.Sorted(maps.Keys(c)) {
		if one := newClassStatus(c[name]); !c.foreign(name) && len(one.Problems) > 0 {
			all = append(all, one)
		}
	}
	return all
}
