package admin

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"fairway.dev/fairway/reconcile/internal/preview"
)

const account = "system:serviceaccount:fairway-system:fairway-viewer"

// token is an account's, for an audience; signed by somebody that the API
// server knows, or not.
func token(account, audience, signature string) string {
	claims := fmt.Sprintf(`{"sub": %q, "aud": [%q]}`, account, audience)
	return "h." + base64.RawURLEncoding.EncodeToString([]byte(claims)) + "." + signature
}

// reviews answers TokenReviews, as the last part of a token says, and counts
// them: "good", or "bad", or what it is good for in truth: "<user>@<audience>".
func reviews(asked *int) client.Client {
	return fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
		Create: func(_ context.Context, _ client.WithWatch, o client.Object, _ ...client.CreateOption) error {
			r := o.(*authenticationv1.TokenReview)
			*asked++
			_, signature, _ := strings.Cut(r.Spec.Token[2:], ".")
			user, audience, other := strings.Cut(signature, "@")
			if !other {
				user, audience = account, r.Spec.Audiences[0]
			}
			r.Status.User.Username, r.Status.Audiences, r.Status.Authenticated = user, []string{audience}, signature != "bad"
			return nil
		},
	}).Build()
}

func TestOnlyTheViewerIsAnswered(t *testing.T) {
	planned, asked := 0, 0
	viewer := token(account, Audience, "good")
	plan := func(_ context.Context, files preview.Files) (*preview.Preview, error) {
		planned++
		switch files.Objects[0].GetName() {
		case "invalid":
			return nil, &preview.InvalidError{Message: "spec.x: unknown", Objects: []int{0}}
		case "endless":
			return nil, fmt.Errorf("list Gateways: %w", context.DeadlineExceeded)
		case "failing":
			return nil, errors.New("something of the hub's own")
		}
		return &preview.Preview{Notes: []string{"well"}}, nil
	}
	s := &Server{Reviews: reviews(&asked), Account: account, Plan: plan, Log: logr.Discard()}
	handler := s.handler()
	object := func(kind, name string) string {
		return `{"objects": [{"apiVersion": "v1", "kind": "` + kind + `", "metadata": {"name": "` + name + `"}}]}`
	}
	const one = `{"apiVersion": "v1", "kind": "Service"}`
	for _, c := range []struct {
		what, method, token, body string
		code                      int
		says                      string
		planned                   int
	}{
		{"no token", http.MethodPost, "", object("Service", "a"), http.StatusUnauthorized, account, 0},
		{"no token of an account", http.MethodPost, "a.b.c", object("Service", "a"), http.StatusUnauthorized, "", 0},
		{"another account", http.MethodPost, token("system:serviceaccount:shop:default", Audience, "good"), object("Service", "a"), http.StatusUnauthorized, "", 0},
		{"a token for something else", http.MethodPost, token(account, "kubernetes", "good"), object("Service", "a"), http.StatusUnauthorized, "", 0},
		{"a token nobody signed", http.MethodPost, token(account, Audience, "bad"), object("Service", "a"), http.StatusUnauthorized, "", 0},
		{"one that is another account's", http.MethodPost, token(account, Audience, "me@"+Audience), object("Service", "a"), http.StatusUnauthorized, "", 0},
		{"one that is for something else", http.MethodPost, token(account, Audience, account+"@kubernetes"), object("Service", "a"), http.StatusUnauthorized, "", 0},
		{"reading", http.MethodGet, viewer, "", http.StatusMethodNotAllowed, "", 0},
		{"no JSON", http.MethodPost, viewer, "[", http.StatusBadRequest, "fairwayctl of this hub's version", 0},
		{"a Secret", http.MethodPost, viewer, object("Secret", "a"), http.StatusBadRequest, "secrets are not to be sent", 0},
		{"more of a ConfigMap than its name", http.MethodPost, viewer, `{"objects": [{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"b": "c"}}]}`, http.StatusBadRequest, "only names", 0},
		{"a Secret in a List", http.MethodPost, viewer, `{"objects": [{"apiVersion": "v1", "kind": "List", "items": [{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "a"}}]}]}`, http.StatusBadRequest, "only names", 0},
		{"the name of a ConfigMap", http.MethodPost, viewer, object("ConfigMap", "a"), http.StatusOK, "well", 1},
		{"too much", http.MethodPost, viewer, object("Service", strings.Repeat("a", MaxFiles)), http.StatusRequestEntityTooLarge, "longer than 4194304 bytes", 0},
		{"what another version sends", http.MethodPost, viewer, `[{"apiVersion": "v1", "kind": "Service"}]`, http.StatusBadRequest, "of this hub's version", 0},
		{"no object", http.MethodPost, viewer, `{"objects": [null]}`, http.StatusBadRequest, "not null", 0},
		{"what is no object of its kind", http.MethodPost, viewer, object("Service", "invalid"), http.StatusUnprocessableEntity, `{"message":"spec.x: unknown","objects":[0]}`, 1},
		{"a fault of the hub", http.MethodPost, viewer, object("Service", "failing"), http.StatusInternalServerError, "the hub's log", 1},
		{"what takes too long", http.MethodPost, viewer, object("Service", "endless"), http.StatusGatewayTimeout, "longer than 25s", 1},
		{"too many", http.MethodPost, viewer, `{"objects": [` + strings.Repeat(one+",", MaxObjects) + one + `]}`, http.StatusRequestEntityTooLarge, "5001 objects", 0},
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

func TestOnlyTokensThatMayFitAreReviewed(t *testing.T) {
	asked := 0
	s := &Server{Reviews: reviews(&asked), Account: account, Log: logr.Discard()}
	handler := s.handler()
	for given, want := range map[string]int{
		"": 0, "a.b.c": 0, "h.e30.s": 0, "abc": 0,
		token("system:serviceaccount:shop:default", Audience, "good"): 0,
		token(account, "kubernetes", "good"):                          0,
		token(account, Audience, "bad"):                               1,
	} {
		asked = 0
		request := httptest.NewRequest(http.MethodPost, PlanPath, nil)
		request.Header.Set(TokenHeader, given)
		answer := httptest.NewRecorder()
		handler.ServeHTTP(answer, request)
		if answer.Code != http.StatusUnauthorized || asked != want {
			t.Errorf("token %q: %d, %d reviews", given, answer.Code, asked)
		}
	}
}

func TestFewReviewsAreUnderWayAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var under, most atomic.Int32
		slow := fake.NewClientBuilder().WithInterceptorFuncs(interceptor.Funcs{
			Create: func(ctx context.Context, _ client.WithWatch, _ client.Object, _ ...client.CreateOption) error {
				most.Store(max(most.Load(), under.Add(1)))
				defer under.Add(-1)
				<-ctx.Done()
				return ctx.Err()
			},
		}).Build()
		handler := (&Server{Reviews: slow, Account: account, Log: logr.Discard()}).handler()
		var codes sync.Map
		var all sync.WaitGroup
		for i := range 5 {
			all.Go(func() {
				request := httptest.NewRequestWithContext(t.Context(), http.MethodPost, PlanPath, nil)
				request.Header.Set(TokenHeader, token(account, Audience, "good"))
				answer := httptest.NewRecorder()
				handler.ServeHTTP(answer, request)
				codes.Store(i, answer.Code)
			})
		}
		synctest.Wait()
		if n := under.Load(); n != reviewsAtOnce {
			t.Errorf("%d reviews are under way", n)
		}
		all.Wait()
		if n := most.Load(); n > reviewsAtOnce {
			t.Errorf("%d reviews were under way", n)
		}
		codes.Range(func(_, code any) bool {
			if code != http.StatusUnauthorized && code != http.StatusTooManyRequests {
				t.Errorf("answers %d", code)
			}
			return true
		})
	})
}
