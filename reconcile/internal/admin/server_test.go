package admin

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"fairway.dev/fairway/reconcile/internal/preview"
)

const viewer = "system:serviceaccount:fairway-system:fairway-viewer"

// reviews answers TokenReviews: a token is "<user>" for our audience, or
// "<user>@<audience>".
func reviews() client.Client {
	return fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
		Create: func(_ context.Context, _ client.WithWatch, o client.Object, _ ...client.CreateOption) error {
			r := o.(*authenticationv1.TokenReview)
			user, audience, other := strings.Cut(r.Spec.Token, "@")
			if !other {
				audience = r.Spec.Audiences[0]
			}
			r.Status.User.Username, r.Status.Audiences, r.Status.Authenticated = user, []string{audience}, user != "nobody"
			return nil
		},
	}).Build()
}

func TestOnlyTheViewerIsAnswered(t *testing.T) {
	planned := 0
	plan := func(_ context.Context, files preview.Files) (*preview.Preview, error) {
		planned++
		switch files.Objects[0].GetName() {
		case "invalid":
			return nil, &preview.InvalidError{Message: "spec.x: unknown", Objects: []int{0}}
		case "failing":
			return nil, errors.New("something of the hub's own")
		}
		return &preview.Preview{Notes: []string{"well"}}, nil
	}
	s := &Server{Reviews: reviews(), Account: viewer, Plan: plan, Log: logr.Discard()}
	handler := s.handler()
	object := func(kind, name string) string {
		return `{"objects": [{"apiVersion": "v1", "kind": "` + kind + `", "metadata": {"name": "` + name + `"}}]}`
	}
	for _, c := range []struct {
		what, method, token, body string
		code                      int
		says                      string
		planned                   int
	}{
		{"no token", http.MethodPost, "", object("Service", "a"), http.StatusUnauthorized, viewer, 0},
		{"an unknown token", http.MethodPost, "nobody", object("Service", "a"), http.StatusUnauthorized, "", 0},
		{"another account", http.MethodPost, "system:serviceaccount:shop:default", object("Service", "a"), http.StatusUnauthorized, "", 0},
		{"a token for something else", http.MethodPost, viewer + "@kubernetes", object("Service", "a"), http.StatusUnauthorized, "", 0},
		{"reading", http.MethodGet, viewer, "", http.StatusMethodNotAllowed, "", 0},
		{"no JSON", http.MethodPost, viewer, "[", http.StatusBadRequest, "fairwayctl of this hub's version", 0},
		{"a Secret", http.MethodPost, viewer, object("Secret", "a"), http.StatusBadRequest, "secrets are not to be sent", 0},
		{"too much", http.MethodPost, viewer, object("Service", strings.Repeat("a", MaxFiles)), http.StatusRequestEntityTooLarge, "longer than 4194304 bytes", 0},
		{"what another version sends", http.MethodPost, viewer, `[{"apiVersion": "v1", "kind": "Service"}]`, http.StatusBadRequest, "of this hub's version", 0},
		{"no object", http.MethodPost, viewer, `{"objects": [null]}`, http.StatusBadRequest, "not null", 0},
		{"what is no object of its kind", http.MethodPost, viewer, object("Service", "invalid"), http.StatusUnprocessableEntity, `{"message":"spec.x: unknown","objects":[0]}`, 1},
		{"a fault of the hub", http.MethodPost, viewer, object("Service", "failing"), http.StatusInternalServerError, "the hub's log", 1},
		{"a question", http.MethodPost, viewer, object("Service", "a"), http.StatusOK, "well", 1},
	} {
		planned = 0
		request := httptest.NewRequest(c.method, PlanPath, strings.NewReader(c.body))
		request.Header.Set(TokenHeader, c.token)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		said := answer.Body.String()
		if answer.Code != c.code || !strings.Contains(said, c.says) || planned != c.planned || strings.Contains(said, "something of") {
			t.Errorf("%s: %d, %d plans: %s", c.what, answer.Code, planned, said)
		}
	}
}
