package main

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/api/v1alpha1"
)

// joining is a join of member east whose hub gets a moment to answer.
func joining(said *bytes.Buffer) *join {
	return &join{globals: &globals{streams: streams{out: said, err: said}, namespace: "fairway-system", program: "fairwayctl"},
		name: "east", memberContext: "east", timeout: 20 * time.Millisecond}
}

// userConfig is how the user reaches the member.
func userConfig(server string) *rest.Config {
	return &rest.Config{Host: server, TLSClientConfig: rest.TLSClientConfig{CAData: []byte("the user's")}}
}

// condition is what a hub says of a member.
func condition(kind string, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: status, Reason: reason, Message: message}
}

// unreachable is a hub's answer that it does not get through.
func unreachable(reason, message string) []metav1.Condition {
	return []metav1.Condition{condition(v1alpha1.ConditionReachable, metav1.ConditionFalse, reason, message)}
}

// wasRead is the answer of a hub that has read a member.
func wasRead() []metav1.Condition {
	return []metav1.Condition{condition(v1alpha1.ConditionReachable, metav1.ConditionTrue, v1alpha1.ReasonReachable, "it answers"),
		condition(v1alpha1.ConditionSynced, metav1.ConditionTrue, v1alpha1.ReasonSynced, "it is read")}
}

// answers has a hub say something of every member that joins.
func answers(hub *fake.ClientBuilder, says []metav1.Condition) *fake.ClientBuilder {
	return hub.WithInterceptorFuncs(interceptor.Funcs{
		Create: func(ctx context.Context, c client.WithWatch, o client.Object, opts ...client.CreateOption) error {
			if m, is := o.(*v1alpha1.MemberCluster); is {
				m.Status.Conditions, m.Status.KubeconfigVersion = says, "1"
			}
			return c.Create(ctx, o, opts...)
		},
	})
}

// lacking is the mapper of a hub that has all but one kind.
func lacking(kind string) meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper(nil)
	for _, gvk := range []schema.GroupVersionKind{schema.GroupVersion(gatewayv1.GroupVersion).WithKind("Gateway"), schema.GroupVersion(gatewayv1.GroupVersion).WithKind("ReferenceGrant"),
		schema.GroupVersion(mcsv1beta1.GroupVersion).WithKind("ServiceImport")} {
		if gvk.Kind != kind {
			mapper.Add(gvk, meta.RESTScopeNamespace)
		}
	}
	return mapper
}

func TestWhatJoinSaysOfAMemberThatIsNotRead(t *testing.T) {
	for what, c := range map[string]struct {
		lacks string
		says  []metav1.Condition
		want  []string
	}{
		"it is read": {says: wasRead()},
		"no answer":  {want: []string{"the hub has not read east within 20ms", "the hub does not answer at all; does Fairway run on it?"}},
		"no Gateway API": {lacks: "Gateway", want: []string{
			"it lacks the Gateway API v1.5 or later (no kind Gateway of gateway.networking.k8s.io/v1): kubectl apply --server-side -f https://github.com/"}},
		"an old Gateway API": {lacks: "ReferenceGrant", want: []string{"it lacks the Gateway API v1.5 or later (no kind ReferenceGrant of"}},
		"no Multi-Cluster Services API": {lacks: "ServiceImport", want: []string{
			"it lacks the Multi-Cluster Services API (no kind ServiceImport of multicluster.x-k8s.io/v1beta1): kubectl apply --server-side -f https://raw"}},
		"no way there": {says: unreachable(v1alpha1.ReasonUnreachable, "S gives no answer"),
			want: []string{"S gives no answer; --server names the address that they reach"}},
		"an unknown authority": {says: unreachable(v1alpha1.ReasonUnreachable, "S shows a certificate that cannot be verified: x509: certificate signed by unknown authority; correct it"),
			want: []string{"correct it; most likely another cluster answers there", "--server names", "--certificate-authority names"}},
		"another's 401": {says: unreachable(v1alpha1.ReasonUnauthorized, "S refuses the kubeconfig's credentials (401): renew them"),
			want: []string{"renew them; the token is new, so most likely another cluster answers there", "--server names"}},
		"a 403": {says: unreachable(v1alpha1.ReasonUnauthorized, "S does not let the kubeconfig's user read /version (403): bind it"),
			want: []string{"(403): bind it"}},
		"another namespace": {says: unreachable(v1alpha1.ReasonInvalidKubeconfig, "there is no Secret"),
			want: []string{"there is no Secret; --fairway-namespace names"}},
		"not begun": {says: wasRead()[:1], want: []string{"the hub has not begun to read it"}},
		"not to be read": {says: append(wasRead()[:1], condition(v1alpha1.ConditionSynced, metav1.ConditionFalse, v1alpha1.ReasonNotSynced, "no rights")),
			want: []string{"no rights"}},
	} {
		hub := answers(hubOf().WithRESTMapper(lacking(c.lacks)), c.says).Build()
		var said bytes.Buffer
		err := joining(&said).meet(t.Context(), hub, memberCluster("1").Build(), userConfig("https://192.0.2.1"))
		if len(c.want) == 0 && err != nil || len(c.want) > 0 && err == nil {
			t.Errorf("%s: got %v", what, err)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: it says %q, want %q in it", what, err, w)
			}
		}
		if c.lacks != "" && !strings.Contains(said.String(), "Note: the hub reads no member yet: it lacks") {
			t.Errorf("%s: nothing tells of it beforehand: %s", what, said.String())
		}
		if len(c.says) > 0 && c.says[0].Status == metav1.ConditionFalse && !strings.Contains(said.String(), c.says[0].Message) {
			t.Errorf("%s: what the hub says meanwhile is not told: %s", what, said.String())
		}
	}
}

func TestWaitEndsWithTheUserAndWithTheHub(t *testing.T) {
	var said bytes.Buffer
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := joining(&said).wait(ctx, hubOf(memberOf("east", "1")).Build(), attempt{version: "1"}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted, it says %v", err)
	}
	j := joining(&said)
	j.timeout = time.Minute // an error must not take that long
	err := j.wait(t.Context(), hubOf().Build(), attempt{version: "1"})
	if err == nil || !strings.Contains(err.Error(), "wait for MemberCluster east") {
		t.Errorf("of a MemberCluster that is gone it says %v", err)
	}
}

// TestJoiningAgainIsAboutTheNewKubeconfig: what the hub says of the old one,
// good or bad, ends no wait.
func TestJoiningAgainIsAboutTheNewKubeconfig(t *testing.T) {
	silent := unreachable(v1alpha1.ReasonUnreachable, "S gives no answer")
	for what, c := range map[string]struct {
		before, after []metav1.Condition
		// tried is the version of the Secret after which after is said, where the
		// new one has version 1000.
		tried string
		fails string
		says  string
	}{
		"well, and not tried":     {before: wasRead(), after: wasRead(), tried: "999", fails: "the hub has not tried the new kubeconfig; does Fairway run on it?", says: "Waiting for the hub to try the new kubeconfig."},
		"well, of an older hub":   {before: wasRead(), after: wasRead(), fails: "the hub has not tried the new kubeconfig; does Fairway run on it?"},
		"well, and bad now":       {before: wasRead(), after: silent, tried: "1000", fails: "S gives no answer; --server names", says: "Reachable: Unreachable: S gives no answer"},
		"well, and so again":      {before: wasRead(), after: wasRead(), tried: "1000", says: "and has read it"},
		"well, and renewed":       {before: wasRead(), after: wasRead(), tried: "1001", says: "and has read it"},
		"well, and much renewed":  {before: wasRead(), after: wasRead(), tried: "10000", says: "and has read it"},
		"silent, and not tried":   {before: silent, after: silent, tried: "999", fails: "the hub has not tried", says: "Waiting for the hub to try the new kubeconfig."},
		"silent, and so again":    {before: silent, after: silent, tried: "1000", fails: "S gives no answer; --server names", says: "Reachable: Unreachable: S gives no answer"},
		"silent, and well now":    {before: silent, after: wasRead(), tried: "1000", says: "and has read it"},
		"another hub's namespace": {before: wasRead(), after: unreachable(v1alpha1.ReasonInvalidKubeconfig, "there is no Secret"), tried: "999", fails: "there is no Secret; --fairway-namespace names"},
	} {
		m, secret := memberOf("east", "1"), secretOf("east")
		m.Status.Conditions, m.Status.KubeconfigVersion, secret.ResourceVersion = c.before, "999", "999"
		hub := hubOf(m, secret).WithRESTMapper(lacking("")).WithInterceptorFuncs(interceptor.Funcs{
			Update: func(ctx context.Context, w client.WithWatch, o client.Object, opts ...client.UpdateOption) error {
				if err := w.Update(ctx, o, opts...); err != nil || o.GetName() != secretName("east") {
					return err
				}
				if o.GetResourceVersion() != "1000" {
					t.Errorf("%s: the Secret has version %s", what, o.GetResourceVersion())
				}
				m := &v1alpha1.MemberCluster{}
				if err := w.Get(ctx, client.ObjectKey{Name: "east"}, m); err != nil {
					return err
				}
				m.Status.Conditions, m.Status.KubeconfigVersion = c.after, c.tried
				return w.Update(ctx, m)
			},
		}).Build()
		var said bytes.Buffer
		err := joining(&said).meet(t.Context(), hub, memberCluster("1").Build(), userConfig("https://192.0.2.1"))
		if c.fails == "" && err != nil || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%s: got %v", what, err)
		}
		if !strings.Contains(said.String(), c.says) {
			t.Errorf("%s: it says %s, want %q in it", what, said.String(), c.says)
		}
	}
}
