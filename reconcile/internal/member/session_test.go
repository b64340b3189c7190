package member

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	"sigs.k8s.io/multicluster-runtime/pkg/multicluster"

	fairway "fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

const pool = "ServiceImport/shop/web/80"

// apiServer plays a member's API server that exports shop/web with one pod.
type apiServer struct {
	*httptest.Server
	address string
	version string

	mu sync.Mutex
	// broken answers a path's requests instead.
	broken map[string]http.HandlerFunc
}

func newAPIServer(t *testing.T, pod string) *apiServer {
	a := &apiServer{address: pod, version: "v1.37.2", broken: map[string]http.HandlerFunc{}}
	a.Server = httptest.NewTLSServer(a)
	t.Cleanup(func() {
		a.CloseClientConnections()
		a.Close()
	})
	return a
}

// trusted is what a kubeconfig says of the server to have it trusted.
func (a *apiServer) trusted() string {
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.Certificate().Raw})
	return `, certificate-authority-data: "` + base64.StdEncoding.EncodeToString(authority) + `"`
}

func (a *apiServer) breaks(path string, f http.HandlerFunc) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.broken[path] = f
}

// moves gives the pod another address.
func (a *apiServer) moves(pod string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.address = pod
}

// becomes gives the server another version.
func (a *apiServer) becomes(version string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.version = version
}

func (a *apiServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	a.mu.Lock()
	broken, address, version := a.broken[r.URL.Path], a.address, a.version
	a.mu.Unlock()
	if broken != nil {
		broken(w, r)
		return
	}
	if r.URL.Query().Get("sendInitialEvents") == "true" {
		refuse(http.StatusBadRequest, "BadRequest", "a plain list, please")(w, r)
		return
	}
	if r.URL.Query().Get("watch") == "true" {
		w.Header().Set("Content-Type", "application/json")
		w.(http.Flusher).Flush()
		<-r.Context().Done()
		return
	}
	body, ok := map[string]string{
		"/version":                       `{"major":"1","minor":"37","gitVersion":"` + version + `"}`,
		"/api/v1/namespaces/kube-system": `{"kind":"Namespace","apiVersion":"v1","metadata":{"name":"kube-system","uid":"uid-of-` + a.URL + `"}}`,
		"/apis/multicluster.x-k8s.io/v1beta1/serviceexports": `{"kind":"ServiceExportList","apiVersion":"multicluster.x-k8s.io/v1beta1","metadata":{"resourceVersion":"1"},
			"items":[{"metadata":{"namespace":"shop","name":"web"}}]}`,
		"/api/v1/services": `{"kind":"ServiceList","apiVersion":"v1","metadata":{"resourceVersion":"1"},
			"items":[{"metadata":{"namespace":"shop","name":"web"},"spec":{"ports":[{"port":80}]}}]}`,
		"/apis/discovery.k8s.io/v1/endpointslices": `{"kind":"EndpointSliceList","apiVersion":"discovery.k8s.io/v1","metadata":{"resourceVersion":"1"},
			"items":[{"metadata":{"namespace":"shop","name":"web-1","labels":{"kubernetes.io/service-name":"web"}},"addressType":"IPv4",
			"ports":[{"name":"","port":3000,"protocol":"TCP"}],"endpoints":[{"addresses":["` + address + `"],"nodeName":"n1"}]}]}`,
		"/api/v1/nodes": `{"kind":"NodeList","apiVersion":"v1","metadata":{"resourceVersion":"1"},
			"items":[{"metadata":{"name":"n1","labels":{"topology.kubernetes.io/zone":"z1"}}}]}`,
	}[r.URL.Path]
	if !ok {
		refuse(http.StatusNotFound, "NotFound", "the server could not find the requested resource")(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprint(w, body)
}

// refuse answers as an API server does with an error.
func refuse(code int, reason, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		_ = json.NewEncoder(w).Encode(map[string]any{
			"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "message": message, "code": code,
		})
	}
}

// hang gives no answer for as long as the client waits.
func hang(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }

// engaged notes which members were engaged, and fails while it has an error.
type engaged struct {
	mu    sync.Mutex
	names []string
	err   error
}

func (e *engaged) fails(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.err = err
}

func (e *engaged) Engage(_ context.Context, name multicluster.ClusterName, _ cluster.Cluster) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.err == nil {
		e.names = append(e.names, name.String())
	}
	return e.err
}

// running is a provider that was started, with no manager around it.
func running(t *testing.T, initial ...string) (*Provider, *endpoints.Store, *engaged) {
	t.Helper()
	return runningWith(t, prometheus.NewRegistry(), initial...)
}

func runningWith(t *testing.T, registry prometheus.Registerer, initial ...string) (*Provider, *endpoints.Store, *engaged) {
	t.Helper()
	store := endpoints.NewStore()
	p, err := NewProvider(Options{Namespace: "fairway", Store: store, Registerer: registry})
	if err != nil {
		t.Fatal(err)
	}
	p.poke = func(...types.NamespacedName) {}
	p.begin(initial, map[string]string{})
	aware := &engaged{}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- p.Start(ctx, aware) }()
	<-p.started
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return p, store, aware
}

func eventually(t *testing.T, what string, condition func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !condition() {
		if time.Now().After(deadline) {
			t.Fatalf("not so within 30 s: %s", what)
		}
		<-time.After(5 * time.Millisecond)
	}
}

func known(p *Provider, name, condition string) string {
	st, _ := p.known(name)
	if c := meta.FindStatusCondition(st.withSynced(), condition); c != nil {
		return fmt.Sprintf("%s(%s) %s", c.Status, c.Reason, c.Message)
	}
	return ""
}

func at(a *apiServer) target {
	return target{kubeconfig: kubeconfig(a.URL, a.trusted(), "token: t"), locality: endpoints.Locality{Region: "r", Network: "n"}}
}

func TestAMemberThatHangsDelaysNobody(t *testing.T) {
	good, bad := newAPIServer(t, "10.1.0.1"), newAPIServer(t, "10.2.0.1")
	bad.breaks("/apis/discovery.k8s.io/v1/endpointslices", hang)
	p, store, aware := running(t, "bad", "good")
	p.aim("bad", at(bad))
	p.aim("good", at(good))
	eventually(t, "the good member is synced", func() bool {
		return strings.HasPrefix(known(p, "good", fairway.ConditionSynced), "True(Synced)")
	})
	if p.Synced() {
		t.Error("the hub counts as synced although a member may still be read")
	}
	want := []ir.ClusterEndpoints{{Cluster: "good", Known: true, Endpoints: []ir.Endpoint{
		{Address: "10.1.0.1", Port: 3000, Zone: "z1", Region: "r", Network: "n", Node: "n1", Serving: true}}}}
	if got := store.Endpoints(pool); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("endpoints are\n%v, want\n%v", got, want)
	}
	if _, err := p.Get(t.Context(), "good"); err != nil {
		t.Error(err)
	}
	if _, err := p.Get(t.Context(), "bad"); err == nil {
		t.Error("a member that was not read can be had")
	}
	eventually(t, "the hub gives up waiting", p.Synced)
	eventually(t, "the bad member's trouble is said", func() bool {
		return known(p, "bad", fairway.ConditionSynced) == "False(NotSynced) endpointslices.discovery.k8s.io could not be read within 10s: see whether kubectl get endpointslices.discovery.k8s.io -A answers there"
	})
	aware.mu.Lock()
	defer aware.mu.Unlock()
	if got := fmt.Sprint(aware.names); got != "[good]" {
		t.Errorf("engaged are %s", got)
	}
}

const exportsPath = "/apis/multicluster.x-k8s.io/v1beta1/serviceexports"

// failures are ways in which a member fails at its first attempt, and what is
// then said of it.
var failures = map[string]struct {
	path      string
	broken    http.HandlerFunc
	target    func(*apiServer) target
	condition string
	want      string
}{
	"credentials refused": {
		path: "/version", broken: refuse(http.StatusUnauthorized, "Unauthorized", "Unauthorized"),
		condition: fairway.ConditionReachable,
		want:      "False(Unauthorized) SERVER refuses the kubeconfig's credentials (401): renew them in the Secret (fairwayctl clusters join does that)",
	},
	"server in trouble": {
		path: "/version", broken: refuse(http.StatusInternalServerError, "InternalError", "etcd is gone"),
		condition: fairway.ConditionReachable,
		want:      "False(Unreachable) SERVER answers with an error: an error on the server (\"unknown\") has prevented the request from succeeding; see what it is not ready for (kubectl get --raw '/readyz?verbose' there)",
	},
	"no rights": {
		path: "/api/v1/services", broken: refuse(http.StatusForbidden, "Forbidden", "no"),
		condition: fairway.ConditionSynced,
		want:      "False(NotSynced) the kubeconfig's user may not list and watch services: grant it get, list and watch",
	},
	"no ServiceExport": {
		path: exportsPath, broken: refuse(http.StatusNotFound, "NotFound", "the server could not find the requested resource"),
		condition: fairway.ConditionSynced,
		want:      "False(NotSynced) the member has no ServiceExport of multicluster.x-k8s.io/v1beta1: install the MCS API's definition serviceexports.multicluster.x-k8s.io there (kubectl apply -f https://raw.githubusercontent.com/kubernetes-sigs/mcs-api/v0.5.2/config/crd/multicluster.x-k8s.io_serviceexports.yaml)",
	},
	"nobody listens": {
		target: func(a *apiServer) target {
			a.Close()
			return at(a)
		},
		condition: fairway.ConditionReachable,
		want:      "False(Unreachable) SERVER cannot be reached: connection refused; see that it runs, that the kubeconfig names it, and that the hub's pods can reach it",
	},
	"a certificate of somebody else": {
		target: func(a *apiServer) target {
			return target{kubeconfig: kubeconfig(a.URL, "", "token: t")}
		},
		condition: fairway.ConditionReachable,
		want:      "False(Unreachable) SERVER shows a certificate that cannot be verified: x509: certificate signed by unknown authority; correct clusters[].cluster.server of the kubeconfig if another cluster answers there, or else certificate-authority-data",
	},
	"a certificate for other names": {
		target: func(a *apiServer) target {
			return target{kubeconfig: kubeconfig(a.URL, a.trusted()+", tls-server-name: east.internal", "token: t")}
		},
		condition: fairway.ConditionReachable,
		want:      "False(Unreachable) SERVER shows a certificate for example.com, *.example.com, 127.0.0.1, ::1, not for east.internal; put a name that it is for into clusters[].cluster.tls-server-name of the kubeconfig (fairwayctl clusters join --tls-server-name does that)",
	},
	"a certificate that is not checked": {
		target: func(a *apiServer) target {
			return target{kubeconfig: kubeconfig(a.URL, unverified, "token: t")}
		},
		condition: fairway.ConditionReachable,
		want:      "True(Reachable) the member's API server answers; its certificate is not checked: in the kubeconfig, put clusters[].cluster.certificate-authority-data in the place of insecure-skip-tls-verify",
	},
	"a server without TLS": {
		target: func(a *apiServer) target {
			return target{kubeconfig: kubeconfig("http://127.0.0.1:1", "", "token: t")}
		},
		condition: fairway.ConditionReachable,
		want:      "False(InvalidKubeconfig) the kubeconfig cannot be used: clusters[].cluster.server is no https URL: the token and all that is read would go over the network in the clear; name the port that speaks TLS",
	},
	"no kubeconfig": {
		target:    func(*apiServer) target { return target{refusal: "there is no Secret"} },
		condition: fairway.ConditionReachable,
		want:      "False(InvalidKubeconfig) there is no Secret",
	},
	"a kubeconfig that runs a program": {
		target: func(a *apiServer) target {
			return target{kubeconfig: kubeconfig(a.URL, a.trusted(), "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}")}
		},
		condition: fairway.ConditionReachable,
		want:      "False(InvalidKubeconfig) the kubeconfig cannot be used: users[].user.exec runs a program, which the hub does not do: use a token or a client certificate",
	},
}

func TestWhatIsSaidOfAMemberThatFails(t *testing.T) {
	for name, test := range failures {
		t.Run(name, func(t *testing.T) {
			a := newAPIServer(t, "10.1.0.1")
			if test.broken != nil {
				a.breaks(test.path, test.broken)
			}
			if test.target == nil {
				test.target = at
			}
			p, _, _ := running(t, "east")
			p.aim("east", test.target(a))
			eventually(t, "the first attempt is over", p.Synced)
			if got, want := known(p, "east", test.condition), strings.ReplaceAll(test.want, "SERVER", a.URL); got != want {
				t.Errorf("it says\n%s, want\n%s", got, want)
			}
		})
	}
}

func TestANewKubeconfigReplacesTheOldOneOnlyWhenItWorks(t *testing.T) {
	first, second := newAPIServer(t, "10.1.0.1"), newAPIServer(t, "10.1.0.2")
	p, store, _ := running(t)
	endpointIs := func(address string) func() bool {
		return func() bool { return strings.Contains(fmt.Sprint(store.Endpoints(pool)), address) }
	}
	p.aim("east", at(first))
	eventually(t, "the first is read", endpointIs("10.1.0.1"))
	p.aim("east", target{refusal: "there is no Secret"})
	eventually(t, "the lost Secret is reported", func() bool {
		return strings.Contains(known(p, "east", fairway.ConditionReachable), "there is no Secret")
	})
	if !endpointIs("10.1.0.1")() || p.Reader("east") == nil {
		t.Error("what was read went with the Secret")
	}
	p.aim("east", at(second))
	eventually(t, "the second is read", endpointIs("10.1.0.2"))
}

func TestAMemberThatComesBackIsReadAgain(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	p, store, aware := running(t)
	to := at(a)
	p.aim("east", to)
	eventually(t, "it is synced", func() bool {
		return strings.HasPrefix(known(p, "east", fairway.ConditionSynced), "True")
	})
	a.breaks("/version", refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "down"))
	to.locality.Region = "elsewhere" // has the session look at once
	p.aim("east", to)
	eventually(t, "it is lost", func() bool {
		return strings.HasPrefix(known(p, "east", fairway.ConditionReachable), "False(Unreachable)")
	})
	if got := fmt.Sprint(store.Endpoints(pool)); !strings.Contains(got, "10.1.0.1") || !strings.Contains(got, "elsewhere") {
		t.Errorf("a lost member has %s", got)
	}
	if got := known(p, "east", fairway.ConditionSynced); got != "Unknown(Unreachable) the member does not answer, so that changes in it are not seen; what was last read is kept; its condition Reachable says why" {
		t.Errorf("of a lost member it says %s", got)
	}
	a.moves("10.1.0.2")
	a.breaks("/version", nil)
	eventually(t, "it is read again", func() bool {
		return strings.Contains(fmt.Sprint(store.Endpoints(pool)), "10.1.0.2")
	})
	aware.mu.Lock()
	defer aware.mu.Unlock()
	if got := fmt.Sprint(aware.names); got != "[east east]" {
		t.Errorf("engaged are %s", got)
	}
}

func TestARemovedMemberHasNoEndpoints(t *testing.T) {
	p, store, _ := running(t)
	var poked []types.NamespacedName
	p.poke = func(all ...types.NamespacedName) { poked = append(poked, all...) }
	p.aim("east", at(newAPIServer(t, "10.1.0.1")))
	eventually(t, "it is synced", func() bool {
		return strings.HasPrefix(known(p, "east", fairway.ConditionSynced), "True")
	})
	p.remove("east")
	if got, want := fmt.Sprint(store.Endpoints(pool)), "[{east true []}]"; got != want {
		t.Errorf("endpoints are %s, want %s", got, want)
	}
	if want := []types.NamespacedName{{Namespace: "shop", Name: "web"}}; fmt.Sprint(poked) != fmt.Sprint(want) {
		t.Errorf("looked at again are %v, want %v", poked, want)
	}
	if p.Reader("east") != nil {
		t.Error("it can still be read")
	}
}
