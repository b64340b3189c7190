package member

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/workqueue"
	mcreconcile "sigs.k8s.io/multicluster-runtime/pkg/reconcile"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

const nodesPath = "/api/v1/nodes"

func TestAMemberThatDoesNotShowItsNodesIsRead(t *testing.T) {
	const without = "True(Synced) all but the member's nodes has been read, so that its endpoints have a zone only where their EndpointSlices say it, and no region but spec.region: "
	for name, test := range map[string]struct {
		broken http.HandlerFunc
		want   string
	}{
		"denied": {refuse(http.StatusForbidden, "Forbidden", "no"), "the kubeconfig's user may not list and watch nodes: grant it get, list and watch"},
		"hangs":  {hang, "nodes could not be read within 10s: see whether kubectl get nodes -A answers there"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := newAPIServer(t, "10.1.0.1")
			a.breaks(nodesPath, test.broken)
			p, store, _ := running(t, "east")
			p.aim("east", at(a))
			eventually(t, "it is synced", isSynced(p))
			if got := known(p, "east", fairway.ConditionSynced); got != without+test.want {
				t.Errorf("it says\n%s, want\n%s", got, without+test.want)
			}
			if got, want := fmt.Sprint(store.Endpoints(pool)), "[{east true [{10.1.0.1 3000  r n n1   true false}]}]"; got != want {
				t.Errorf("endpoints are %s, want %s", got, want)
			}
		})
	}
}

func TestNodesThatAreShownLaterAreFollowed(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	a.breaks(nodesPath, refuse(http.StatusForbidden, "Forbidden", "no"))
	p, store, _ := running(t)
	p.aim("east", at(a))
	eventually(t, "it is synced", isSynced(p))
	requests := movedIn(p)
	a.breaks(nodesPath, nil)
	eventually(t, "its services are looked at again", func() bool { return len(requests()) > 0 })
	if got := requests()[0]; got.ClusterName != "east" || got.NamespacedName != (types.NamespacedName{Namespace: "shop", Name: "web"}) {
		t.Errorf("looked at again is %v", got)
	}
	if _, err := p.reconcileEndpoints(t.Context(), requests()[0]); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(store.Endpoints(pool)); !strings.Contains(got, "z1") {
		t.Errorf("endpoints have no zone: %s", got)
	}
	eventually(t, "that is said", func() bool {
		p.sessions["east"].poke()
		return known(p, "east", fairway.ConditionSynced) == "True(Synced) everything that Fairway watches in the member has been read"
	})
}

func TestNodesThatAreDeniedLaterAreKeptAndSaid(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	p, store, aware := running(t)
	p.aim("east", at(a))
	eventually(t, "it is synced", isSynced(p))
	a.breaks(nodesPath, refuse(http.StatusForbidden, "Forbidden", "no"))
	a.CloseClientConnections()
	eventually(t, "the denial is said", func() bool {
		said := known(p, "east", fairway.ConditionSynced)
		return strings.HasPrefix(said, "True(Synced)") && strings.Contains(said, "may not list and watch nodes")
	})
	if got := fmt.Sprint(store.Endpoints(pool)); !strings.Contains(got, "z1") {
		t.Errorf("endpoints lost their zone: %s", got)
	}
	aware.mu.Lock()
	defer aware.mu.Unlock()
	if len(aware.names) != 1 {
		t.Errorf("it was connected %d times", len(aware.names))
	}
}

// movedIn starts the source of requests that nodes cause, as a controller
// would, and gives those that came.
func movedIn(p *Provider) func() []mcreconcile.Request {
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[mcreconcile.Request]())
	_ = p.moved.Start(context.Background(), queue) // it gives no error
	var all []mcreconcile.Request
	return func() []mcreconcile.Request {
		for queue.Len() > 0 {
			r, _ := queue.Get()
			all = append(all, r)
			queue.Done(r)
		}
		return all
	}
}
