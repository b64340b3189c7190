package member

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

func isSynced(p *Provider) func() bool {
	return func() bool { return strings.HasPrefix(known(p, "east", fairway.ConditionSynced), "True") }
}

func TestAKindThatIsDeniedLaterIsSaidAndReadAgain(t *testing.T) {
	const exports = "/apis/multicluster.x-k8s.io/v1beta1/serviceexports"
	for name, test := range map[string]struct {
		path   string
		broken http.HandlerFunc
		want   string
	}{
		"rights": {"/api/v1/services", refuse(http.StatusForbidden, "Forbidden", "no"), "may not list and watch services: grant it"},
		"definition": {exports, refuse(http.StatusNotFound, "NotFound", "the server could not find the requested resource"),
			"install the MCS API's definition"},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPIServer(t, "10.1.0.1")
			p, store, _ := running(t)
			p.aim("east", at(a))
			eventually(t, "it is synced", isSynced(p))
			a.breaks(test.path, test.broken)
			a.CloseClientConnections()
			eventually(t, "the denial is said", func() bool {
				said := known(p, "east", fairway.ConditionSynced)
				return strings.HasPrefix(said, "False(NotSynced)") && strings.Contains(said, test.want)
			})
			if got := fmt.Sprint(store.Endpoints(pool)); !strings.Contains(got, "10.1.0.1") {
				t.Errorf("what was read went: %s", got)
			}
			a.mu.Lock()
			a.address = "10.1.0.2"
			a.mu.Unlock()
			a.breaks(test.path, nil)
			eventually(t, "it is synced again", isSynced(p))
			eventually(t, "it is read again", func() bool {
				return strings.Contains(fmt.Sprint(store.Endpoints(pool)), "10.1.0.2")
			})
		})
	}
}

func TestAMemberThatCannotBeEngagedStartsFromScratch(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	p, store, aware := running(t)
	to := at(a)
	p.aim("east", to)
	eventually(t, "it is synced", isSynced(p))
	aware.fails(errors.New("no room"))
	to.kubeconfig = append(to.kubeconfig, "# new\n"...)
	p.aim("east", to)
	eventually(t, "the failure is said", func() bool {
		return strings.HasSuffix(known(p, "east", fairway.ConditionSynced), "could not be started: engage member \"east\": no room")
	})
	if p.Reader("east") != nil {
		t.Error("a connection whose events nobody handles is in service")
	}
	if got := fmt.Sprint(store.Endpoints(pool)); !strings.Contains(got, "10.1.0.1") {
		t.Errorf("what was read went: %s", got)
	}
	aware.fails(nil)
	eventually(t, "it is synced again", isSynced(p))
	if p.Reader("east") == nil {
		t.Error("it cannot be read")
	}
}
