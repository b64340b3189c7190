package install

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	discoveryv1 "k8s.io/api/discovery/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// store is the Gateway and the HTTPRoute of the examples, and storeHost the route's host.
var store = client.ObjectKey{Namespace: "shop", Name: "store"}

const (
	storeHost = "store.example.com"
	patience  = time.Minute
)

// TestLifeOfAnotherRelease has Fairway under another name, in another namespace. It is upgraded,
// uninstalled and installed again while requests go on, of which none fails.
func TestLifeOfAnotherRelease(t *testing.T) {
	s, err := Up(t.Context(), Options{
		Name: "release", Members: []string{"east"}, Release: "other", Namespace: "elsewhere", Log: Elapsed(os.Stderr),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	r := &release{Stack: s, t: t}
	r.must(s.ApplyExamples(t.Context()))
	gateway := r.programmed()
	r.eventually("all is well", func(ctx context.Context) error { return r.ctl(ctx, "status") })
	r.must(r.ctl(t.Context(), "clusters", "list"))
	r.must(r.ctl(t.Context(), "plan", "-f", s.example("."), "--release", s.release, "--fairway-namespace", s.namespace))
	err = s.helm(t.Context(), nil, "install", "second", s.chart())
	if err == nil || !strings.Contains(err.Error(), `this cluster is a hub already, by release "other" in namespace "elsewhere"`) {
		t.Errorf("a second hub: %v", err)
	}

	load := r.load(Address(gateway, 0))
	before := r.proxies()
	r.must(s.Upgrade(t.Context(), "replicas=2", "logLevel=debug"))
	load.goesOn()
	if err := r.same(t.Context(), before); err != nil {
		t.Errorf("the hub was upgraded: %v", err)
	}
	r.must(s.Upgrade(t.Context(), "proxyImage.tag=next"))
	r.eventually("the proxies have the new image", r.imageIs(":next"))
	load.goesOn()

	before = r.proxies()
	r.must(s.Uninstall(t.Context()))
	load.goesOn()
	if err := r.same(t.Context(), before); err != nil {
		t.Errorf("the release was uninstalled: %v", err)
	}
	r.must(s.Install(t.Context(), "proxyImage.tag=next"))
	r.rename("again.example.com")
	r.eventually("the new hub follows the route", func(ctx context.Context) error {
		answer, err := Ask(ctx, s.HTTP, Address(gateway, 0), "again.example.com", "/")
		if err == nil && answer.Status != http.StatusOK {
			err = fmt.Errorf("the answer is %d: %s", answer.Status, answer.Text)
		}
		return err
	})
	r.eventually("all is well", func(ctx context.Context) error { return r.ctl(ctx, "status") })
	load.end()

	r.must(s.Hub.Client.Delete(t.Context(), gateway))
	r.eventually("the Gateway is gone", func(ctx context.Context) error {
		if err := s.Hub.Client.Get(ctx, store, gateway); err == nil {
			return fmt.Errorf("it has the finalizers %v", gateway.Finalizers)
		} else {
			return client.IgnoreNotFound(err)
		}
	})
	r.must(r.ctl(t.Context(), "clusters", "remove", "east", "--yes", "--fairway-namespace", s.namespace))
	var kept discoveryv1.EndpointSliceList
	r.must(s.Hub.Client.List(t.Context(), &kept, client.HasLabels{mcsv1beta1.LabelSourceCluster}))
	if len(kept.Items) != 0 {
		t.Errorf("the member was removed, and the hub keeps %d EndpointSlices of it", len(kept.Items))
	}
}

// release is the stack under test.
type release struct {
	*Stack
	t *testing.T
}

func (r *release) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatalf("%v\n%s", err, r.Explain(context.Background(), ""))
	}
}

func (r *release) eventually(what string, condition func(context.Context) error) {
	r.t.Helper()
	r.must(Wait(r.t.Context(), what, patience, condition))
}

func (r *release) programmed() *gatewayv1.Gateway {
	r.t.Helper()
	gateway, err := r.Programmed(r.t.Context(), store)
	r.must(err)
	return gateway
}

// ctl runs fairwayctl on the hub; any exit code but 0 is an error.
func (r *release) ctl(ctx context.Context, args ...string) error {
	output, err := exec.CommandContext(ctx, r.Ctl(), append(args, "--kubeconfig", r.Hub.KubeconfigFile())...).CombinedOutput()
	if err != nil {
		return fmt.Errorf("fairwayctl %s: %w\n%s", args[0], err, output)
	}
	return nil
}

// proxies are the names of the Gateway's pods.
func (r *release) proxies() map[string]bool {
	r.t.Helper()
	pods, err := r.Proxies(r.t.Context(), store)
	r.must(err)
	names := map[string]bool{}
	for _, pod := range pods {
		names[pod.Name] = true
	}
	return names
}

// same says which of the Gateway's pods are not those of before.
func (r *release) same(ctx context.Context, before map[string]bool) error {
	pods, err := r.Proxies(ctx, store)
	for _, pod := range pods {
		if !before[pod.Name] {
			err = errors.Join(err, fmt.Errorf("proxy %s is new", pod.Name))
		}
	}
	return err
}

// imageIs says whether all of the Gateway's pods are ready with an image of that ending.
func (r *release) imageIs(ending string) func(context.Context) error {
	return func(ctx context.Context) error {
		pods, err := r.Proxies(ctx, store)
		if err == nil && len(pods) == 0 {
			err = errors.New("there are none")
		}
		for _, pod := range pods {
			if !strings.HasSuffix(pod.Spec.Containers[0].Image, ending) {
				err = errors.Join(err, fmt.Errorf("%s has %s", pod.Name, pod.Spec.Containers[0].Image))
			}
		}
		return err
	}
}

// rename gives the route another host name beside its own.
func (r *release) rename(host gatewayv1.Hostname) {
	r.t.Helper()
	route := new(gatewayv1.HTTPRoute)
	r.must(r.Hub.Client.Get(r.t.Context(), store, route))
	before := route.DeepCopy()
	route.Spec.Hostnames = append(route.Spec.Hostnames, host)
	r.must(r.Hub.Client.Patch(r.t.Context(), route, client.MergeFrom(before)))
}

// load sends requests until it is ended, over a connection that is kept and over new ones.
type load struct {
	r        *release
	stop     context.CancelFunc
	clients  sync.WaitGroup
	answered atomic.Int64

	mu       sync.Mutex
	failures []string
}

func (r *release) load(address string) *load {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	l := &load{r: r, stop: cancel}
	for _, keep := range []bool{true, false} {
		transport := &http.Transport{DialContext: r.Fleet.DialContext, DisableKeepAlives: !keep}
		l.clients.Go(func() {
			defer transport.CloseIdleConnections()
			l.run(ctx, &http.Client{Timeout: 10 * time.Second, Transport: transport}, address)
		})
	}
	r.t.Cleanup(func() { cancel(); l.clients.Wait() })
	l.goesOn()
	return l
}

func (l *load) run(ctx context.Context, client *http.Client, address string) {
	ticks := time.NewTicker(5 * time.Millisecond)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		// The end of the load must not cut a request.
		answer, err := Ask(context.WithoutCancel(ctx), client, address, storeHost, "/")
		if err == nil && answer.Status != http.StatusOK {
			err = fmt.Errorf("%d: %s", answer.Status, answer.Text)
		}
		if err == nil {
			l.answered.Add(1)
			continue
		}
		l.mu.Lock()
		l.failures = append(l.failures, time.Now().Format("15:04:05.000 ")+err.Error())
		l.mu.Unlock()
	}
}

// goesOn waits until further requests have been answered.
func (l *load) goesOn() {
	l.r.t.Helper()
	least := l.answered.Load() + 50
	l.r.eventually("traffic goes on", func(context.Context) error {
		if got := l.answered.Load(); got < least {
			return fmt.Errorf("%d requests were answered, %d are wanted", got, least)
		}
		return nil
	})
}

// end stops the clients; a request that failed fails the test.
func (l *load) end() {
	l.r.t.Helper()
	l.goesOn()
	l.stop()
	l.clients.Wait()
	l.r.t.Logf("%d requests answered", l.answered.Load())
	if failed := len(l.failures); failed != 0 {
		l.r.t.Errorf("%d requests failed: %q", failed, l.failures[:min(failed, 5)])
	}
}
