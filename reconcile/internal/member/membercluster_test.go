package member

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	fairway "fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// fakeHub is a fake API server whose Secrets are read with readSecret's
// answer.
func fakeHub(t *testing.T, readSecret error, objects ...client.Object) client.Client {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, fairway.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(s).WithStatusSubresource(&fairway.MemberCluster{}).WithObjects(objects...).
		WithInterceptorFuncs(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				if _, isSecret := o.(*corev1.Secret); isSecret {
					return readSecret
				}
				return c.Get(ctx, key, o, opts...)
			},
		}).Build()
}

func aMember(name string) *fairway.MemberCluster {
	return &fairway.MemberCluster{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       fairway.MemberClusterSpec{KubeconfigSecretRef: fairway.SecretKeyReference{Name: name, Key: "kubeconfig"}},
	}
}

func TestAMemberThatIsBeingDeletedIsNoMember(t *testing.T) {
	leaving := aMember("leaving")
	leaving.Finalizers = []string{metav1.FinalizerDeleteDependents}
	leaving.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	members, err := listMembers(t.Context(), fakeHub(t, nil, aMember("staying"), leaving))
	if err != nil || len(members) != 1 || members[0].Name != "staying" {
		t.Errorf("members are %v (%v)", members, err)
	}
}

func TestASecretThatCannotBeReadIsSaidAndTriedAgain(t *testing.T) {
	for name, refusal := range map[string]error{
		"forbidden":    apierrors.NewForbidden(corev1.Resource("secrets"), "east", errors.New("no")),
		"invalid name": errors.New(`invalid resource name "a/b": [may not contain '/']`),
	} {
		t.Run(name, func(t *testing.T) {
			p, _, _ := running(t, "east")
			hub := fakeHub(t, refusal, aMember("east"))
			p.writer = statuswriter.New(hub, logr.Discard())
			r := &memberClusters{provider: p, hub: hub, live: hub}
			if _, err := r.Reconcile(t.Context(), requestOf("east")); !errors.Is(err, refusal) {
				t.Errorf("the error is %v", err)
			}
			eventually(t, "the hub waits no longer", p.Synced)
			if got := known(p, "east", fairway.ConditionReachable); !strings.HasPrefix(got, "False(InvalidKubeconfig)") || !strings.HasSuffix(got, refusal.Error()) {
				t.Errorf("it says %s", got)
			}
		})
	}
}

// members are MemberClusters on a fake hub, whose Reconcile is called as the
// controller would.
type members struct {
	*memberClusters
	t *testing.T
}

func reconciled(t *testing.T, p *Provider, names ...string) *members {
	t.Helper()
	var objects []client.Object
	for _, name := range names {
		objects = append(objects, aMember(name))
	}
	hub := fakeHub(t, nil, objects...)
	p.writer = statuswriter.New(hub, logr.Discard())
	go func() { _ = p.writer.Start(t.Context()) }() // it ends with the test, without an error
	return &members{&memberClusters{provider: p, hub: hub, live: hub}, t}
}

// status is a member's status once condition holds of it. What the sessions
// found out is wished for before each look.
func (m *members) status(name, what string, condition func(fairway.MemberClusterStatus) bool) fairway.MemberClusterStatus {
	m.t.Helper()
	var seen fairway.MemberCluster
	eventually(m.t, what, func() bool {
		if err := m.hub.Get(m.t.Context(), client.ObjectKey{Name: name}, &seen); err != nil {
			m.t.Fatal(err)
		}
		m.provider.wishStatus(name)
		return condition(seen.Status)
	})
	return seen.Status
}

func TestStatusSaysWhatIsKnownOfAMember(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	p, _, _ := running(t)
	m := reconciled(t, p, "east")
	p.aim("east", at(a))
	status := m.status("east", "it is synced", func(s fairway.MemberClusterStatus) bool {
		return meta.IsStatusConditionTrue(s.Conditions, fairway.ConditionSynced)
	})
	if status.KubernetesVersion != "v1.37.2" || status.ClusterUID != "uid-of-"+a.URL || status.Services != 1 || status.Endpoints != 1 || len(status.Conditions) != 2 {
		t.Errorf("the status is %+v", status)
	}
	for _, c := range status.Conditions {
		if c.LastTransitionTime.IsZero() {
			t.Errorf("since when %s is %s is not said", c.Type, c.Status)
		}
	}
	since := meta.FindStatusCondition(status.Conditions, fairway.ConditionReachable).LastTransitionTime
	a.breaks("/version", refuse(503, "ServiceUnavailable", "down"))
	to := at(a)
	to.locality.Region = "elsewhere" // has the session look at once
	p.aim("east", to)
	status = m.status("east", "it is lost", func(s fairway.MemberClusterStatus) bool {
		return meta.IsStatusConditionFalse(s.Conditions, fairway.ConditionReachable)
	})
	if c := meta.FindStatusCondition(status.Conditions, fairway.ConditionSynced); c.Status != metav1.ConditionUnknown || c.LastTransitionTime.Before(&since) {
		t.Errorf("Synced is %+v", c)
	}
	if status.Services != 1 || status.Endpoints != 1 || status.KubernetesVersion == "" {
		t.Errorf("what is kept is not said: %+v", status)
	}
}

// Joining waits for that: conditions of the Secret before must not pass for
// those of the one that was written just now.
func TestStatusSaysWhichSecretWasTriedLast(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	p, _, _ := running(t)
	m := reconciled(t, p, "east")
	tried := func(version string) func(fairway.MemberClusterStatus) bool {
		return func(s fairway.MemberClusterStatus) bool { return s.KubeconfigVersion == version }
	}
	to := at(a)
	to.version = "8"
	p.aim("east", to)
	status := m.status("east", "the first is tried", tried("8"))
	if !meta.IsStatusConditionTrue(status.Conditions, fairway.ConditionSynced) {
		t.Errorf("with the first it says %+v", status)
	}
	good := to.kubeconfig
	to.version, to.kubeconfig = "9", kubeconfig("https://127.0.0.1:1", a.trusted(), "token: t")
	p.aim("east", to)
	status = m.status("east", "the bad one is tried", tried("9"))
	if !meta.IsStatusConditionFalse(status.Conditions, fairway.ConditionReachable) {
		t.Errorf("with the bad one it says %+v", status)
	}
	p.aim("east", target{refusal: "there is no Secret"})
	status = m.status("east", "the lost Secret is said", func(s fairway.MemberClusterStatus) bool {
		return meta.FindStatusCondition(s.Conditions, fairway.ConditionReachable).Reason == fairway.ReasonInvalidKubeconfig
	})
	if status.KubeconfigVersion != "9" {
		t.Errorf("without a Secret it says that version %q was tried", status.KubeconfigVersion)
	}
	to.version, to.kubeconfig = "10", good
	p.aim("east", to)
	status = m.status("east", "the good one is tried", tried("10"))
	if !meta.IsStatusConditionTrue(status.Conditions, fairway.ConditionReachable) {
		t.Errorf("with the good one it says %+v", status)
	}
	// The Secret got a label: the connection stays, and is looked at.
	to.version = "11"
	p.aim("east", to)
	m.status("east", "the same one is tried", tried("11"))
}

// A Secret without a kubeconfig was tried as well; one that is not there was not.
func TestTheVersionThatIsTriedIsTheSecrets(t *testing.T) {
	p, _, _ := running(t)
	for what, c := range map[string]struct {
		secret  *corev1.Secret
		version string
	}{
		"a kubeconfig": {&corev1.Secret{Data: map[string][]byte{"kubeconfig": []byte("k")}}, "7"},
		"no key":       {&corev1.Secret{}, "7"},
		"no Secret":    {&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "another"}}, ""},
	} {
		c.secret.Namespace, c.secret.ResourceVersion = "fairway", "7"
		if c.secret.Name == "" {
			c.secret.Name = "east"
		}
		r := &memberClusters{provider: p, live: fake.NewClientBuilder().WithObjects(c.secret).Build()}
		if to, err := r.target(t.Context(), aMember("east")); err != nil || to.version != c.version {
			t.Errorf("%s: the version is %q, want %q (%v)", what, to.version, c.version, err)
		}
	}
}

// A member that stays as it is costs the hub's API server nothing.
func TestAStatusThatStaysIsNotWrittenAgain(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	p, _, _ := running(t)
	m := reconciled(t, p, "east")
	to := at(a)
	to.version = "8"
	p.aim("east", to)
	var seen fairway.MemberCluster
	version := func() int {
		t.Helper()
		if err := m.hub.Get(t.Context(), client.ObjectKey{Name: "east"}, &seen); err != nil {
			t.Fatal(err)
		}
		n, err := strconv.Atoi(seen.ResourceVersion)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	m.status("east", "it is tried", func(s fairway.MemberClusterStatus) bool { return s.KubeconfigVersion == "8" })
	before := version()
	probed := make(chan struct{})
	a.breaks("/version", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprint(w, `{"major":"1","minor":"37","gitVersion":"v1.37.2"}`)
		select {
		case probed <- struct{}{}:
		case <-r.Context().Done():
		}
	})
	for range 3 {
		p.sessions["east"].poke()
		<-probed
		p.wishStatus("east")
	}
	a.breaks("/version", nil)
	to.version = "9"
	p.aim("east", to)
	m.status("east", "the next version is tried", func(s fairway.MemberClusterStatus) bool { return s.KubeconfigVersion == "9" })
	if now := version(); now != before+1 {
		t.Errorf("the status was written %d times for one thing that is new", now-before)
	}
}

func TestTheSameClusterTwiceIsNoticed(t *testing.T) {
	a, other := newAPIServer(t, "10.1.0.1"), newAPIServer(t, "10.2.0.1")
	p, _, _ := running(t)
	m := reconciled(t, p, "east", "again", "west")
	p.aim("east", at(a))
	p.aim("again", at(a))
	p.aim("west", at(other))
	for name, twin := range map[string]string{"east": "again", "again": "east"} {
		status := m.status(name, "it is said of "+name, func(s fairway.MemberClusterStatus) bool {
			return meta.IsStatusConditionTrue(s.Conditions, fairway.ConditionDuplicate)
		})
		want := `the MemberCluster "` + twin + `" leads to the same cluster, whose pods count more than once: delete all but one (fairwayctl clusters remove)`
		if got := meta.FindStatusCondition(status.Conditions, fairway.ConditionDuplicate).Message; got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	status := m.status("west", "west is synced", func(s fairway.MemberClusterStatus) bool {
		return meta.IsStatusConditionTrue(s.Conditions, fairway.ConditionSynced)
	})
	if len(status.Conditions) != 2 {
		t.Errorf("the status of west is %+v", status)
	}
	p.remove("again")
	m.status("east", "it is one again", func(s fairway.MemberClusterStatus) bool {
		return meta.FindStatusCondition(s.Conditions, fairway.ConditionDuplicate) == nil
	})
}

// A hub that starts knows twins from their statuses, also before it has read
// each: it does not take back what it said, and say it again.
func TestTwinsAreRememberedAcrossRestarts(t *testing.T) {
	a, other := newAPIServer(t, "10.1.0.1"), newAPIServer(t, "10.2.0.1")
	p, _, _ := running(t)
	p.uids = map[string]string{"again": "uid-of-" + a.URL}
	m := reconciled(t, p, "east", "again")
	p.aim("east", at(a))
	m.status("east", "it is said of east", func(s fairway.MemberClusterStatus) bool {
		return meta.IsStatusConditionTrue(s.Conditions, fairway.ConditionDuplicate)
	})
	p.aim("again", at(other))
	m.status("east", "the other one turns out to lead elsewhere by now", func(s fairway.MemberClusterStatus) bool {
		return meta.FindStatusCondition(s.Conditions, fairway.ConditionDuplicate) == nil
	})
}

func TestAMemberLeavesAndComesBackUnderItsName(t *testing.T) {
	registry := prometheus.NewRegistry()
	p, store, _ := runningWith(t, registry)
	for _, address := range []string{"10.1.0.1", "10.1.0.2"} {
		p.aim("east", at(newAPIServer(t, address)))
		eventually(t, "it is synced", isSynced(p))
		if got := fmt.Sprint(store.Endpoints(pool)); !strings.Contains(got, address) || strings.Count(got, "{") != 2 {
			t.Errorf("endpoints are %s, want %s", got, address)
		}
		for metric, want := range map[*prometheus.GaugeVec]float64{
			p.metrics.reachable: 1, p.metrics.synced: 1, p.metrics.services: 1, p.metrics.endpoints: 1,
		} {
			if got := testutil.ToFloat64(metric.WithLabelValues("east")); got != want {
				t.Errorf("got %v, want %v", got, want)
			}
		}
		if testutil.ToFloat64(p.metrics.confirmed.WithLabelValues("east")) == 0 {
			t.Error("when it was last synced is not told")
		}
		p.remove("east")
		if n, err := testutil.GatherAndCount(registry); err != nil || n != 0 {
			t.Errorf("%d numbers are left of a member that left (%v)", n, err)
		}
	}
}

func TestTheHubDoesNotWaitForEverForAMemberThatNobodyAims(t *testing.T) {
	p, _, _ := running(t, "east")
	if p.Synced() {
		t.Error("it did not wait at all")
	}
	p.giveUp = time.Now()
	eventually(t, "the hub gives up waiting", p.Synced)
}

// The API server would refuse the whole status for a text that is too long.
func TestWhatAMemberSaysOfItselfIsCut(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	a.becomes("v1.37.2+" + strings.Repeat("é", 100))
	a.breaks("/api/v1/namespaces/kube-system", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = fmt.Fprintf(w, `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"kube-system","uid":%q}}`, strings.Repeat("u", 1000))
	})
	p, _, _ := running(t)
	m := reconciled(t, p, "east")
	p.aim("east", at(a))
	status := m.status("east", "it is synced", func(s fairway.MemberClusterStatus) bool {
		return meta.IsStatusConditionTrue(s.Conditions, fairway.ConditionSynced)
	})
	if want := "v1.37.2+" + strings.Repeat("é", 55); status.KubernetesVersion != want {
		t.Errorf("the version is %q, want %q", status.KubernetesVersion, want)
	}
	if want := strings.Repeat("u", 128); status.ClusterUID != want {
		t.Errorf("the UID is %q, want %q", status.ClusterUID, want)
	}
}

func TestAMembersErrorIsCut(t *testing.T) {
	long := strings.Repeat("x", 100_000)
	for _, err := range []error{apierrors.NewBadRequest(long), errors.New(long)} {
		if _, message := noAnswer("https://east", err); len(message) > 1000 {
			t.Errorf("the message has %d characters", len(message))
		}
	}
}
