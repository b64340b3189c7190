package member

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

func isSynced(p *Provider) func() bool {
	return func() bool { return strings.HasPrefix(known(p, "east", fairway.ConditionSynced), "True") }
}

func TestAKindThatIsDeniedLaterIsSaidAndReadAgain(t *testing.T) {
	for name, test := range map[string]struct {
		path   string
		broken http.HandlerFunc
		want   string
	}{
		"rights": {"/api/v1/services", refuse(http.StatusForbidden, "Forbidden", "no"), "may not list and watch services: grant it"},
		"definition": {exportsPath, refuse(http.StatusNotFound, "NotFound", "the server could not find the requested resource"),
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
			a.moves("10.1.0.2")
			a.breaks(test.path, nil)
			eventually(t, "it is synced again", isSynced(p))
			eventually(t, "it is read again", func() bool {
				return strings.Contains(fmt.Sprint(store.Endpoints(pool)), "10.1.0.2")
			})
		})
	}
}

func TestAnOldKubernetesIsNotRead(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	a.becomes("v1.25.9-eks")
	p, store, _ := running(t, "east")
	to := at(a)
	p.aim("east", to)
	eventually(t, "the first attempt is over", p.Synced)
	if got, want := known(p, "east", fairway.ConditionSynced), "False(UnsupportedVersion) the member runs Kubernetes v1.25.9-eks: upgrade it to v1.26 or later"; got != want {
		t.Errorf("it says\n%s, want\n%s", got, want)
	}
	if got := known(p, "east", fairway.ConditionReachable); !strings.HasPrefix(got, "True") {
		t.Errorf("it says %s", got)
	}
	if got := store.Endpoints(pool); len(got) != 0 {
		t.Errorf("it was read: %v", got)
	}
	a.becomes("v1.26.0+k3s1")
	to.locality.Region = "elsewhere" // has the session look at once
	p.aim("east", to)
	eventually(t, "it is synced", isSynced(p))
}

func TestCredentialsThatEndedAreSaid(t *testing.T) {
	claims := base64.RawURLEncoding.EncodeToString([]byte(`{"exp":1700000000}`))
	for what, c := range map[string]struct {
		config rest.Config
		err    error
		want   string
	}{
		"a token": {rest.Config{BearerToken: "head." + claims + ".signature"}, apierrors.NewUnauthorized("no"),
			"the kubeconfig's credentials ended at 2023-11-14T22:13:20Z: renew them in the Secret (fairwayctl clusters join does that)"},
		"a certificate": {rest.Config{TLSClientConfig: rest.TLSClientConfig{CertData: certificateUntil(t, time.Unix(1600000000, 0))}}, apierrors.NewUnauthorized("no"),
			"the kubeconfig's credentials ended at 2020-09-13T12:26:40Z: renew them in the Secret (fairwayctl clusters join does that)"},
		"a certificate that lasts":    {rest.Config{TLSClientConfig: rest.TLSClientConfig{CertData: certificateUntil(t, time.Now().Add(time.Hour))}}, apierrors.NewUnauthorized("no"), ""},
		"a token that does not say":   {rest.Config{BearerToken: "opaque"}, apierrors.NewUnauthorized("no"), ""},
		"a token of something else":   {rest.Config{BearerToken: "a.e30.c"}, apierrors.NewUnauthorized("no"), ""},
		"another trouble than access": {rest.Config{BearerToken: "head." + claims + ".signature"}, errors.New("no route"), ""},
	} {
		connection := &connection{credentialsEnd: endOfCredentials(&c.config)}
		if got := connection.credentialsEnded(c.err); got != c.want {
			t.Errorf("%s: it says %q, want %q", what, got, c.want)
		}
	}
}

func certificateUntil(t *testing.T, end time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: end.Add(-time.Hour), NotAfter: end}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
}

// The connection that is in use is watched while the kubeconfig that is to
// replace it cannot be used.
func TestAMemberThatDiesAfterItsSecretIsSaidToBeUnknown(t *testing.T) {
	a := newAPIServer(t, "10.1.0.1")
	p, store, _ := running(t)
	p.aim("east", at(a))
	eventually(t, "it is synced", isSynced(p))
	p.aim("east", target{refusal: "there is no Secret"})
	eventually(t, "the lost Secret is said", func() bool {
		return strings.HasPrefix(known(p, "east", fairway.ConditionReachable), "False(InvalidKubeconfig)")
	})
	if !isSynced(p)() {
		t.Error("a member that is still followed is said not to be")
	}
	a.breaks("/version", refuse(http.StatusServiceUnavailable, "ServiceUnavailable", "down"))
	eventually(t, "it is unknown", func() bool {
		return strings.HasPrefix(known(p, "east", fairway.ConditionSynced), "Unknown(Unreachable)")
	})
	if got := fmt.Sprint(store.Endpoints(pool)); !strings.Contains(got, "10.1.0.1") {
		t.Errorf("what was read went: %s", got)
	}
	a.breaks("/version", nil)
	p.aim("east", at(a))
	eventually(t, "it is synced again", isSynced(p))
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
