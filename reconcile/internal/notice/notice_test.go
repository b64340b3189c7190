package notice

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/events"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/reconcile/internal/conditions"
)

func condition(kind, status, reason string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: metav1.ConditionStatus(status), Reason: reason, Message: reason + " it is"}
}

func gatewayWith(c ...metav1.Condition) *gatewayv1.Gateway {
	return &gatewayv1.Gateway{Status: gatewayv1.GatewayStatus{Conditions: c}}
}

func told(n []Notice) string {
	var all []string
	for _, one := range n {
		all = append(all, one.Type+" "+one.Reason)
	}
	return strings.Join(all, ", ")
}

func TestOnlyChangesOfAGatewayAreNoticed(t *testing.T) {
	accepted, waiting := condition("Accepted", "True", "Accepted"), condition("Programmed", "False", "Pending")
	serving := condition("Programmed", "True", "Programmed")
	for _, c := range []struct {
		name          string
		before, after *gatewayv1.Gateway
		want          string
	}{
		{"new", gatewayWith(), gatewayWith(accepted, waiting), ""},
		{"serves", gatewayWith(accepted, waiting), gatewayWith(accepted, serving), "Normal Programmed"},
		{"the same", gatewayWith(accepted, serving), gatewayWith(accepted, serving), ""},
		{"lost", gatewayWith(accepted, serving), gatewayWith(accepted, waiting), "Warning NotProgrammed"},
		{"refused", gatewayWith(), gatewayWith(condition("Accepted", "False", "InvalidParameters"), waiting), "Warning InvalidParameters"},
		{"refused otherwise", gatewayWith(condition("Accepted", "False", "Invalid")), gatewayWith(condition("Accepted", "False", "InvalidParameters")), "Warning InvalidParameters"},
		{"mended", gatewayWith(condition("Accepted", "False", "Invalid")), gatewayWith(accepted), "Normal Accepted"},
	} {
		if got := told(Of(c.before, c.after)); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestListenersAreNoticedByName(t *testing.T) {
	listening := func(all ...metav1.Condition) *gatewayv1.Gateway {
		gw := gatewayWith(condition("Accepted", "True", "ListenersNotValid"))
		gw.Status.Listeners = []gatewayv1.ListenerStatus{{Name: "https", Conditions: all}}
		return gw
	}
	good := condition("ResolvedRefs", "True", "ResolvedRefs")
	bad := condition("ResolvedRefs", "False", "InvalidCertificateRef")
	bad.Message = "Secret shop/tls: no key; put it there"
	ended := conditions.But(good, "it ended")
	for _, c := range []struct {
		name          string
		before, after *gatewayv1.Gateway
		want, note    string
	}{
		{"new and well", gatewayWith(), listening(good), "", ""},
		{"new without its Secret", gatewayWith(), listening(bad), "Warning InvalidCertificateRef", "listener https: Secret shop/tls: no key; put it there"},
		{"turned bad", listening(good), listening(bad), "Warning InvalidCertificateRef", "listener https: Secret shop/tls: no key; put it there"},
		{"still bad", listening(bad), listening(bad), "", ""},
		{"mended", listening(bad), listening(good), "Normal ResolvedRefs", "listener https: ResolvedRefs it is"},
		{"ended", listening(good), listening(ended), "Warning CertificateNotTrusted", "listener https: ResolvedRefs it is; but it ended"},
		{"still ended", listening(ended), listening(ended), "", ""},
		{"renewed", listening(ended), listening(good), "Normal ResolvedRefs", "listener https: ResolvedRefs it is"},
		{"gone", listening(bad), gatewayWith(), "", ""},
		{"refused", listening(), listening(condition("Accepted", "False", "PortUnavailable")), "Warning PortUnavailable", "listener https: PortUnavailable it is"},
	} {
		got := Of(c.before, c.after)
		if told(got) != c.want || c.want != "" && (got[0].Note != c.note || got[0].Part != "spec.listeners{https}") {
			t.Errorf("%s: %q, want %s: %s", c.name, got, c.want, c.note)
		}
	}
}

// Two listeners that turn bad in one write are two Events: they differ in what
// they regard.
func TestAPartIsRegarded(t *testing.T) {
	gw := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: "web", UID: "u", ResourceVersion: "7"}}
	want := &corev1.ObjectReference{APIVersion: "gateway.networking.k8s.io/v1", Kind: "Gateway", Namespace: "shop", Name: "web", UID: "u", ResourceVersion: "7", FieldPath: "spec.listeners{a}"}
	if got := (Notice{Part: "spec.listeners{a}"}).regarding(gw); !reflect.DeepEqual(got, want) {
		t.Errorf("%+v", got)
	}
	if got := (Notice{}).regarding(gw); got != gw {
		t.Errorf("%+v", got)
	}
}

func TestRoutesAreNoticedForEachParent(t *testing.T) {
	route := func(c ...metav1.Condition) *gatewayv1.HTTPRoute {
		r := &gatewayv1.HTTPRoute{}
		r.Status.Parents = []gatewayv1.RouteParentStatus{{ParentRef: gatewayv1.ParentReference{Name: "web"}, Conditions: c}}
		return r
	}
	good := route(condition("Accepted", "True", "Accepted"), condition("ResolvedRefs", "True", "ResolvedRefs"))
	bad := route(condition("Accepted", "True", "Accepted"), condition("ResolvedRefs", "False", "BackendNotFound"), condition("PartiallyInvalid", "True", "UnsupportedValue"))
	if got := told(Of(&gatewayv1.HTTPRoute{}, good)); got != "" {
		t.Errorf("a good route: %q", got)
	}
	if got, want := told(Of(good, bad)), "Warning BackendNotFound, Warning UnsupportedValue"; got != want {
		t.Errorf("a route that turned bad: %q, want %q", got, want)
	}
	if got, want := told(Of(bad, good)), "Normal ResolvedRefs"; got != want {
		t.Errorf("a route that was mended: %q, want %q", got, want)
	}
}

func TestMembersAndClassesAreNoticed(t *testing.T) {
	member := func(c metav1.Condition) *v1alpha1.MemberCluster {
		return &v1alpha1.MemberCluster{Status: v1alpha1.MemberClusterStatus{Conditions: []metav1.Condition{c}}}
	}
	if got, want := told(Of(member(condition("Reachable", "True", "Reachable")), member(condition("Reachable", "False", "TimedOut")))), "Warning TimedOut"; got != want {
		t.Errorf("a lost member: %q, want %q", got, want)
	}
	twin := member(condition("Duplicate", "True", "SameCluster"))
	if got, want := told(Of(&v1alpha1.MemberCluster{}, twin)), "Warning SameCluster"; got != want {
		t.Errorf("a member that is there twice: %q, want %q", got, want)
	}
	if got := told(Of(twin, twin)) + told(Of(twin, &v1alpha1.MemberCluster{})); got != "" {
		t.Errorf("a member that is there twice still, and then once: %q", got)
	}
	class := &gatewayv1.GatewayClass{Status: gatewayv1.GatewayClassStatus{Conditions: []metav1.Condition{condition("SupportedVersion", "False", "UnsupportedVersion")}}}
	if got, want := told(Of(&gatewayv1.GatewayClass{}, class)), "Warning UnsupportedVersion"; got != want {
		t.Errorf("a class: %q, want %q", got, want)
	}
}

func TestNotesFitTheAPI(t *testing.T) {
	fake := events.NewFakeRecorder(2)
	r := Recorder{Events: fake}
	long := condition("Accepted", "False", "Invalid")
	long.Message = strings.Repeat("100%", 1000)
	r.StatusWritten(gatewayWith(), gatewayWith(long))
	if got := <-fake.Events; len(got) > longest+30 || !strings.HasSuffix(got, "...") || !strings.Contains(got, "100%100%") {
		t.Errorf("%d bytes: %s", len(got), got)
	}
	// The API refuses half a letter.
	long.Message = strings.Repeat("ä", 1000)
	r.StatusWritten(gatewayWith(), gatewayWith(long))
	long.Message = "x" + long.Message
	r.StatusWritten(gatewayWith(), gatewayWith(long))
	for range 2 {
		if got := <-fake.Events; !utf8.ValidString(got) {
			t.Errorf("not UTF-8: %q", got)
		}
	}
	r.LoadBalancerCreated(gatewayWith(), "local")
	if got := <-fake.Events; !slices.Contains(strings.Fields(got), "LoadBalancerCreated") {
		t.Error(got)
	}
}
