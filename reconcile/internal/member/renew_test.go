package member

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

// token is a service account's, as far as it describes itself.
func token(from, end time.Time) string {
	claims, err := json.Marshal(map[string]any{"sub": "system:serviceaccount:fairway-system:fairway-hub", "iat": from.Unix(), "exp": end.Unix()})
	if err != nil {
		panic(err)
	}
	return "h." + base64.RawURLEncoding.EncodeToString(claims) + ".s"
}

const unverified = ", insecure-skip-tls-verify: true"

const tokenPath = "/api/v1/namespaces/fairway-system/serviceaccounts/fairway-hub/token"

func TestATokenIsRenewedBeforeItEnds(t *testing.T) {
	now := time.Now()
	next := token(now, now.Add(time.Hour))
	var asked atomic.Int32
	east := newAPIServer(t, "10.1.0.1")
	east.breaks(tokenPath, func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		o, _, err := clientgoscheme.Codecs.UniversalDeserializer().Decode(body, nil, nil)
		if request, is := o.(*authenticationv1.TokenRequest); !is || *request.Spec.ExpirationSeconds != 3600 {
			t.Errorf("asked for %v, %v", o, err)
		}
		asked.Add(1)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusCreated)
		_, _ = fmt.Fprintf(w, `{"kind":"TokenRequest","apiVersion":"authentication.k8s.io/v1","status":{"token":%q}}`, next)
	})
	old := kubeconfig(east.URL, unverified, "token: "+token(now.Add(-45*time.Minute), now.Add(15*time.Minute)))
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: "fairway", Name: "member-east"}, Data: map[string][]byte{"kubeconfig": old, "other": []byte("kept")}}
	hub := fake.NewClientBuilder().WithObjects(secret).Build()
	p, _, _ := running(t, "east")
	p.hub, p.live = hub, hub
	aim := target{kubeconfig: old, renewal: renewal{secret: types.NamespacedName{Namespace: "fairway", Name: "member-east"}, key: "kubeconfig"}}
	p.aim("east", aim)
	eventually(t, "the member is synced", func() bool { return strings.HasPrefix(known(p, "east", fairway.ConditionSynced), "True") })
	p.sessions["east"].poke()
	eventually(t, "the Secret has the new token", func() bool {
		if err := hub.Get(t.Context(), aim.renewal.secret, secret); err != nil {
			t.Fatal(err)
		}
		config, err := parseKubeconfig(secret.Data["kubeconfig"])
		return err == nil && config.BearerToken == next
	})
	if string(secret.Data["other"]) != "kept" {
		t.Error("another key of the Secret was lost")
	}
	aim.kubeconfig = secret.Data["kubeconfig"]
	p.aim("east", aim)
	eventually(t, "the hub comes with the new token", func() bool {
		c := p.connection("east")
		return c != nil && c.fingerprint == fingerprint(aim.kubeconfig)
	})
	if n := asked.Load(); n != 1 {
		t.Errorf("%d tokens were asked for", n)
	}
}

func TestATokenThatIsNotRenewedIsSaid(t *testing.T) {
	now := time.Now()
	east := newAPIServer(t, "10.1.0.1")
	east.breaks(tokenPath, refuse(http.StatusForbidden, "Forbidden", "no"))
	end := now.Add(15 * time.Minute)
	p, _, _ := running(t, "east")
	p.aim("east", target{kubeconfig: kubeconfig(east.URL, unverified, "token: "+token(now.Add(-45*time.Minute), end)),
		renewal: renewal{secret: types.NamespacedName{Namespace: "fairway", Name: "member-east"}, key: "kubeconfig"}})
	eventually(t, "the member is synced", func() bool { return strings.HasPrefix(known(p, "east", fairway.ConditionSynced), "True") })
	p.sessions["east"].poke()
	eventually(t, "the trouble is said", func() bool {
		said := known(p, "east", fairway.ConditionReachable)
		return strings.HasPrefix(said, "True(Reachable)") && strings.Contains(said, "its token ends at "+end.UTC().Format(time.RFC3339)+" and was not renewed")
	})
}

func TestWhenATokenIsDue(t *testing.T) {
	from := time.Unix(1_000_000, 0)
	for name, c := range map[string]struct {
		token string
		due   time.Time
	}{
		"an hour":     {token(from, from.Add(time.Hour)), from.Add(40 * time.Minute)},
		"never ends":  {"opaque", time.Time{}},
		"no token":    {"", time.Time{}},
		"ends before": {token(from, from.Add(-time.Hour)), time.Time{}},
		"a person's":  {"h." + base64.RawURLEncoding.EncodeToString([]byte(`{"sub":"me","iat":1,"exp":9}`)) + ".s", time.Time{}},
	} {
		l, ok := leaseOf(&rest.Config{BearerToken: c.token})
		if ok != !c.due.IsZero() || ok && !l.due().Equal(c.due) {
			t.Errorf("%s: got %v, %v", name, l, ok)
		}
	}
}
