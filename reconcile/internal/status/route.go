package status

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/conditions"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// Route changes the present status of a route into the wished one: its parents
// that name the Gateway are those of report (nil: none). Entries of controllers
// that are not Fairway's stay, and so do ours for other Gateways that the route
// still names. One Gateway has one controller: what another of ours said of it,
// before its class changed, goes.
func Route(route *gatewayv1.HTTPRoute, now metav1.Time, controller gatewayv1.GatewayController, gw types.NamespacedName, report *translate.RouteReport) {
	old := route.Status.Parents
	var parents []gatewayv1.RouteParentStatus
	for _, p := range old {
		ours := strings.HasPrefix(string(p.ControllerName), Domain)
		if !ours || !translate.RefersTo(p.ParentRef, route.Namespace, gw.Namespace, gw.Name) && named(route, p.ParentRef) {
			parents = append(parents, p)
		}
	}
	if report != nil {
		for _, p := range report.Parents {
			var before []metav1.Condition
			if i := slices.IndexFunc(old, func(o gatewayv1.RouteParentStatus) bool {
				return o.ControllerName == controller && equality.Semantic.DeepEqual(o.ParentRef, p.Ref)
			}); i >= 0 {
				before = unlessWished(old[i].Conditions, p.Conditions, string(gatewayv1.RouteConditionPartiallyInvalid))
			}
			parents = append(parents, gatewayv1.RouteParentStatus{ParentRef: p.Ref, ControllerName: controller,
				Conditions: set(before, report.Generation, now, p.Conditions...)})
		}
	}
	if parents == nil {
		parents = []gatewayv1.RouteParentStatus{}
	}
	route.Status.Parents = ordered(parents, old)
}

// named reports whether the route's specification still holds the parentRef.
func named(route *gatewayv1.HTTPRoute, ref gatewayv1.ParentReference) bool {
	return slices.ContainsFunc(route.Spec.ParentRefs, func(p gatewayv1.ParentReference) bool { return equality.Semantic.DeepEqual(p, ref) })
}

// ordered keeps entries at the place they had, so that two Gateways of one
// route do not take turns in reordering its status.
func ordered(parents, old []gatewayv1.RouteParentStatus) []gatewayv1.RouteParentStatus {
	place := func(p gatewayv1.RouteParentStatus) int {
		i := slices.IndexFunc(old, func(o gatewayv1.RouteParentStatus) bool {
			return o.ControllerName == p.ControllerName && equality.Semantic.DeepEqual(o.ParentRef, p.ParentRef)
		})
		if i < 0 {
			return len(old)
		}
		return i
	}
	slices.SortStableFunc(parents, func(a, b gatewayv1.RouteParentStatus) int { return place(a) - place(b) })
	return parents
}

// Refuse adds what the provider refuses of a route to its report: verdicts are
// by the provider, so translation cannot know them.
func Refuse(report *translate.RouteReport, refusal RouteRefusal) *translate.RouteReport {
	changed := *report
	changed.Parents = slices.Clone(report.Parents)
	for i, p := range changed.Parents {
		var wished []metav1.Condition
		if refusal.Refs != "" {
			wished = append(wished, conditions.RouteUnresolvedRefs(gatewayv1.RouteReasonUnsupportedValue, refusal.Refs))
		}
		switch {
		case !meta.IsStatusConditionTrue(p.Conditions, string(gatewayv1.RouteConditionAccepted)):
			// It is not served for a reason that comes before the provider's.
		case refusal.Whole != "":
			wished = append(wished, conditions.RouteNotAccepted(gatewayv1.RouteReasonUnsupportedValue, refusal.Whole))
			p.Conditions = without(p.Conditions, string(gatewayv1.RouteConditionPartiallyInvalid))
		case refusal.Rules != "":
			message := refusal.Rules
			if before := meta.FindStatusCondition(p.Conditions, string(gatewayv1.RouteConditionPartiallyInvalid)); before != nil {
				message = join(before.Message, message)
			}
			wished = append(wished, conditions.RoutePartiallyInvalid(message))
		}
		changed.Parents[i].Conditions = replace(p.Conditions, wished...)
	}
	return &changed
}

// replace puts conditions in the place of those of their types.
func replace(present []metav1.Condition, wished ...metav1.Condition) []metav1.Condition {
	out := slices.Clone(present)
	for _, w := range wished {
		out = append(without(out, w.Type), w)
	}
	return out
}
