package multicluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// TestBadRouteStopsOnlyItself gives a Gateway routes that cannot be served beside one that can.
func TestBadRouteStopsOnlyItself(t *testing.T) {
	r := newRoom(t)
	east := stack.Member("east")
	r.serve("echo", east)
	r.create(stack.Hub, gateway("web", "fairway"), route("good", "web", "good.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("good.example", "/", "echo", east)

	r.create(stack.Hub,
		route("unknown", "web", "unknown.example", backend("nothing", 1)),
		route("kind", "web", "kind.example", `{group: "", kind: ConfigMap, name: echo, port: 8080}`),
		route("half", "web", "half.example", backend("echo", 1), backend("nothing", 0)),
		strings.Replace(route("listener", "web", "listener.example", backend("echo", 1)), "{name: web}", "{name: web, sectionName: none}", 1),
	)
	r.refused("unknown", gatewayv1.RouteConditionResolvedRefs, gatewayv1.RouteReasonBackendNotFound)
	web.answers("unknown.example", "/", http.StatusInternalServerError)
	r.refused("kind", gatewayv1.RouteConditionResolvedRefs, gatewayv1.RouteReasonInvalidKind)
	web.answers("kind.example", "/", http.StatusInternalServerError)
	r.refused("half", gatewayv1.RouteConditionResolvedRefs, gatewayv1.RouteReasonBackendNotFound)
	web.servedBy("half.example", "/", "echo", east)
	r.refused("listener", gatewayv1.RouteConditionAccepted, gatewayv1.RouteReasonNoMatchingParent)
	web.answers("listener.example", "/", http.StatusNotFound)

	r.routed("good")
	r.programmed("web")
	web.servedBy("good.example", "/", "echo", east)

	// What was missing comes, and no one has to touch the route.
	r.serve("nothing", east)
	r.routed("unknown")
	web.servedBy("unknown.example", "/", "nothing", east)
}

// TestBadMemberStopsOnlyItself registers members that cannot be used beside those that can.
func TestBadMemberStopsOnlyItself(t *testing.T) {
	r := newRoom(t)
	east := stack.Member("east")
	r.serve("echo", stack.Members...)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", stack.Members...)

	r.register("broken", []byte("this is no kubeconfig"))
	// An address for documentation: nobody is there.
	away := strings.ReplaceAll(string(east.InsideKubeconfig()), east.Server(), "https://203.0.113.1:6443")
	r.register("away", []byte(away))
	// A hub must not run what a Secret says.
	r.register("program", []byte(execKubeconfig))
	r.unusable("broken", "InvalidKubeconfig")
	r.unusable("program", "InvalidKubeconfig")
	r.unusable("away", "Unreachable")

	r.scale(east, "echo", 2)
	web.servedBy("shop.example", "/", "echo", stack.Members...)
	for _, member := range stack.Members {
		r.memberIs(member, metav1.ConditionTrue)
	}
}

const execKubeconfig = `
apiVersion: v1
kind: Config
clusters: [{name: c, cluster: {server: "https://203.0.113.1:6443"}}]
users: [{name: u, user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: /bin/sh, interactiveMode: Never}}}]
contexts: [{name: x, context: {cluster: c, user: u}}]
current-context: x
`

// register registers a member for the time of the test, or until the function that it gives is
// called.
func (r *room) register(name string, kubeconfig []byte) (leave func()) {
	r.t.Helper()
	if err := stack.Register(r.t.Context(), name, kubeconfig); err != nil {
		r.t.Fatal(err)
	}
	leave = sync.OnceFunc(func() {
		member := &unstructured.Unstructured{}
		member.SetGroupVersionKind(install.MemberClusterKind)
		member.SetName(name)
		secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: install.Namespace, Name: name}}
		ctx := context.Background()
		if err := errors.Join(stack.Hub.Client.Delete(ctx, member), stack.Hub.Client.Delete(ctx, secret)); err != nil {
			r.t.Error(err)
		}
	})
	r.t.Cleanup(leave)
	return leave
}

// unusable waits until the hub says that it does not reach a member, with the reason, and why.
func (r *room) unusable(name, reason string) {
	r.t.Helper()
	r.eventually("the hub says what is wrong with member "+name, func(ctx context.Context) error {
		conditions, err := stack.MemberConditions(ctx, name)
		if err != nil {
			return err
		}
		return wrong(conditions, "Reachable", reason, 0)
	})
}

// refused waits until the only parent of a route says no, with the reason.
func (r *room) refused(name string, kind gatewayv1.RouteConditionType, reason gatewayv1.RouteConditionReason) {
	r.t.Helper()
	r.eventually(fmt.Sprintf("HTTPRoute %s is refused", name), func(ctx context.Context) error {
		var route gatewayv1.HTTPRoute
		if err := stack.Hub.Client.Get(ctx, r.key(name), &route); err != nil {
			return err
		}
		if len(route.Status.Parents) != 1 {
			return fmt.Errorf("%d parents have answered", len(route.Status.Parents))
		}
		return wrong(route.Status.Parents[0].Conditions, string(kind), string(reason), route.Generation)
	})
}

// wrong says what is missing to a condition that is False with this reason and a message.
func wrong(conditions []metav1.Condition, kind, reason string, generation int64) error {
	if err := install.Met(conditions, kind, metav1.ConditionFalse, generation); err != nil {
		return err
	}
	if c := meta.FindStatusCondition(conditions, kind); c.Reason != reason || c.Message == "" {
		return fmt.Errorf("the reason is %q with the message %q, not %q", c.Reason, c.Message, reason)
	}
	return nil
}
