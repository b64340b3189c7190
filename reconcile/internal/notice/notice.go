// Package notice makes Events of what a user should notice: a condition that
// turned bad or good again, a load balancer that came or went. Rounds that
// change nothing are silent, across restarts of the hub too, since a change is
// told from the status that was written before.
package notice

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/events"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/reconcile/internal/conditions"
)

// longest is how long the API lets an Event's note be, in bytes.
const longest = 1024

// Recorder writes Events.
type Recorder struct{ Events events.EventRecorder }

// StatusWritten makes Events of what a written status changed.
func (r Recorder) StatusWritten(before, after client.Object) {
	for _, n := range Of(before, after) {
		r.record(after, n)
	}
}

// LoadBalancerCreated says that the first of a Gateway's load balancer exists.
func (r Recorder) LoadBalancerCreated(gateway *gatewayv1.Gateway, provider string) {
	r.record(gateway, Notice{Type: corev1.EventTypeNormal, Reason: "LoadBalancerCreated", Action: "Create", Note: "provider " + provider + " has begun a load balancer"})
}

// LoadBalancerDeleted says that nothing is left of one.
func (r Recorder) LoadBalancerDeleted(gateway *gatewayv1.Gateway, provider string) {
	r.record(gateway, Notice{Type: corev1.EventTypeNormal, Reason: "LoadBalancerDeleted", Action: "Delete", Note: "nothing is left of the load balancer of provider " + provider})
}

func (r Recorder) record(o client.Object, n Notice) {
	if len(n.Note) > longest {
		// The cut may fall within a letter, which the API would refuse.
		n.Note = strings.ToValidUTF8(n.Note[:longest-3], "") + "..."
	}
	r.Events.Eventf(n.regarding(o), nil, n.Type, n.Reason, n.Action, "%s", n.Note)
}

// Notice is what one Event says.
type Notice struct {
	Type, Reason, Action, Note string
	// Part is the part of the object that it is about, as Events name parts;
	// empty for all of it.
	Part string
}

// regarding is what the Event is about. Events of one write that differ in
// nothing but their notes would be counted as one, so that parts are named.
func (n Notice) regarding(o client.Object) runtime.Object {
	if n.Part == "" {
		return o
	}
	kind := "Gateway"
	if _, is := o.(*gatewayv1.HTTPRoute); is {
		kind = "HTTPRoute"
	}
	return &corev1.ObjectReference{
		APIVersion: gatewayv1.GroupVersion.String(), Kind: kind, Namespace: o.GetNamespace(), Name: o.GetName(),
		UID: o.GetUID(), ResourceVersion: o.GetResourceVersion(), FieldPath: n.Part,
	}
}

// of gives notices as being about a part of the object.
func of(part string, all []Notice) []Notice {
	for i := range all {
		all[i].Part = part
	}
	return all
}

// Of are the notices of a status that changed from before to after.
func Of(before, after client.Object) []Notice {
	switch now := after.(type) {
	case *gatewayv1.Gateway:
		was := before.(*gatewayv1.Gateway)
		return slices.Concat(turned(was.Status.Conditions, now.Status.Conditions, "Accepted", metav1.ConditionTrue),
			programmed(was.Status.Conditions, now.Status.Conditions), ofListeners(was, now))
	case *gatewayv1.GatewayClass:
		was := before.(*gatewayv1.GatewayClass)
		return append(turned(was.Status.Conditions, now.Status.Conditions, "Accepted", metav1.ConditionTrue),
			turned(was.Status.Conditions, now.Status.Conditions, "SupportedVersion", metav1.ConditionTrue)...)
	case *gatewayv1.HTTPRoute:
		return ofRoute(before.(*gatewayv1.HTTPRoute), now)
	case *v1alpha1.MemberCluster:
		was := before.(*v1alpha1.MemberCluster)
		return slices.Concat(turned(was.Status.Conditions, now.Status.Conditions, v1alpha1.ConditionReachable, metav1.ConditionTrue),
			turned(was.Status.Conditions, now.Status.Conditions, v1alpha1.ConditionSynced, metav1.ConditionTrue),
			turned(was.Status.Conditions, now.Status.Conditions, v1alpha1.ConditionDuplicate, metav1.ConditionFalse))
	}
	return nil
}

// ofListeners notices listeners that are refused and certificates that cannot
// be used, also where the one from before is still served: the Gateway's own
// conditions do not tell of either while another listener serves.
func ofListeners(before, after *gatewayv1.Gateway) []Notice {
	was := map[gatewayv1.SectionName][]metav1.Condition{}
	for _, l := range before.Status.Listeners {
		was[l.Name] = l.Conditions
	}
	var out []Notice
	for _, l := range after.Status.Listeners {
		for _, kind := range []string{"Accepted", "ResolvedRefs"} {
			told := turned(remarked(was[l.Name]), remarked(l.Conditions), kind, metav1.ConditionTrue)
			for i := range told {
				told[i].Note = "listener " + string(l.Name) + ": " + told[i].Note
			}
			out = append(out, of("spec.listeners{"+string(l.Name)+"}", told)...)
		}
	}
	return out
}

// remarked gives a listener's conditions with ResolvedRefs as bad where its
// certificates can be used, but clients will refuse one: a certificate that
// ended is to be noticed, although the Gateway API has nothing against it.
func remarked(all []metav1.Condition) []metav1.Condition {
	all = slices.Clone(all)
	if c := meta.FindStatusCondition(all, "ResolvedRefs"); c != nil && c.Status == metav1.ConditionTrue && conditions.Remarked(*c) {
		c.Status, c.Reason = metav1.ConditionFalse, "CertificateNotTrusted"
	}
	return all
}

func ofRoute(before, after *gatewayv1.HTTPRoute) []Notice {
	was := map[string][]metav1.Condition{}
	for _, p := range before.Status.Parents {
		was[string(p.ControllerName)+" "+parent(p)] = p.Conditions
	}
	var out []Notice
	for _, p := range after.Status.Parents {
		old := was[string(p.ControllerName)+" "+parent(p)]
		out = append(out, of("spec.parentRefs{"+parent(p)+"}", slices.Concat(
			turned(old, p.Conditions, "Accepted", metav1.ConditionTrue),
			turned(old, p.Conditions, "ResolvedRefs", metav1.ConditionTrue),
			turned(old, p.Conditions, "PartiallyInvalid", metav1.ConditionFalse)))...)
	}
	return out
}

// parent tells a route's parents apart.
func parent(p gatewayv1.RouteParentStatus) string {
	key := string(p.ParentRef.Name)
	if p.ParentRef.Namespace != nil {
		key = string(*p.ParentRef.Namespace) + "/" + key
	}
	if p.ParentRef.SectionName != nil {
		key += " " + string(*p.ParentRef.SectionName)
	}
	if p.ParentRef.Port != nil {
		key += fmt.Sprintf(" %d", *p.ParentRef.Port)
	}
	return key
}

// turned notices a condition that turned bad, or is bad for another reason, and
// one that is good again. One that is left out is good where good is False.
func turned(before, after []metav1.Condition, kind string, good metav1.ConditionStatus) []Notice {
	was, now := meta.FindStatusCondition(before, kind), meta.FindStatusCondition(after, kind)
	wasBad := was != nil && was.Status != good
	isBad := now != nil && now.Status != good
	switch {
	case isBad && (!wasBad || was.Reason != now.Reason):
		return []Notice{{Type: corev1.EventTypeWarning, Reason: now.Reason, Action: kind, Note: now.Message}}
	case wasBad && !isBad && now != nil:
		return []Notice{{Type: corev1.EventTypeNormal, Reason: now.Reason, Action: kind, Note: now.Message}}
	}
	return nil
}

// programmed notices when a Gateway begins to serve, and when it stops: not
// what it waits for before it does.
func programmed(before, after []metav1.Condition) []Notice {
	was, is := meta.IsStatusConditionTrue(before, "Programmed"), meta.IsStatusConditionTrue(after, "Programmed")
	now := meta.FindStatusCondition(after, "Programmed")
	switch {
	case is && !was:
		return []Notice{{Type: corev1.EventTypeNormal, Reason: "Programmed", Action: "Programmed", Note: now.Message}}
	case was && !is && now != nil:
		return []Notice{{Type: corev1.EventTypeWarning, Reason: "NotProgrammed", Action: "Programmed", Note: now.Message}}
	}
	return nil
}
