package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
)

func TestOnlyWhereNobodyLeadsThatIsSaid(t *testing.T) {
	slow := fmt.Errorf("the hub does not answer: %w", context.DeadlineExceeded)
	for name, c := range map[string]struct {
		answers []error
		want    error
	}{
		"a leader":            {[]error{nil}, nil},
		"a leader at last":    {[]error{errNoLeader, errNoLeader, nil}, nil},
		"no leader":           {[]error{errNoLeader}, errNoLeader},
		"a leader that hangs": {[]error{errNoLeader, slow}, slow},
	} {
		synctest.Test(t, func(t *testing.T) {
			asked := 0
			err := untilLed(t.Context(), func() error {
				asked++
				return c.answers[min(asked, len(c.answers))-1]
			})
			if !errors.Is(err, c.want) || c.want == nil && err != nil {
				t.Errorf("%s: after %d questions: %v", name, asked, err)
			}
		})
	}
	gone, leave := context.WithCancel(t.Context())
	leave()
	if err := untilLed(gone, func() error { return errNoLeader }); !errors.Is(err, context.Canceled) {
		t.Errorf("whoever went away is told %v", err)
	}
}

// kubeconfig writes one whose current context is at a server, and has a namespace.
func kubeconfig(t *testing.T, server, namespace string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "kubeconfig")
	content := fmt.Sprintf(`{"apiVersion": "v1", "kind": "Config", "current-context": "hub",
"contexts": [{"name": "hub", "context": {"cluster": "hub", "user": "me", "namespace": %q}}],
"clusters": [{"name": "hub", "cluster": {"server": %q}}], "users": [{"name": "me", "user": {}}]}`, namespace, server)
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestAHubThatTakesNoQuestionsIsToldByItsValue(t *testing.T) {
	hub := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if strings.HasSuffix(r.URL.Path, "/api/v1") {
			_, _ = w.Write([]byte(`{"kind": "APIResourceList", "groupVersion": "v1", "resources": [{"name": "serviceaccounts", "kind": "ServiceAccount", "namespaced": true}]}`))
			return
		}
		w.WriteHeader(http.StatusNotFound)
		_, _ = w.Write([]byte(`{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": "NotFound", "code": 404}`))
	}))
	defer hub.Close()
	const service = "apiVersion: v1\nkind: Service\nmetadata: {name: a}\n"
	code, said := ctl(t, service, "plan -f - --kubeconfig "+kubeconfig(t, hub.URL, ""))
	if code != exitFailed || !strings.Contains(said, "no ServiceAccount fairway-system/fairway-viewer") || !strings.Contains(said, "admin.enabled=false") {
		t.Errorf("exit code %d: %s", code, said)
	}
}
