package gather_test

import (
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

func newKey(t *testing.T) (key crypto.Signer, text []byte) {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(k)
	if err != nil {
		t.Fatal(err)
	}
	return k, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

// pair is a self-signed certificate for hosts and its key, in PEM.
func pair(t *testing.T, hosts ...string) (chain, key []byte) {
	t.Helper()
	signer, key := newKey(t)
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: hosts, NotAfter: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), key
}

func secretOf(namespace, name string, chain, key []byte) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}, Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: chain, corev1.TLSPrivateKeyKey: key}}
}

// vault is a world whose Secrets are read by value, which is counted.
type vault struct {
	*world
	g      *gather.Gatherer
	gw     *gatewayv1.Gateway
	values []string
	fail   error
}

func newVault(t *testing.T, refs []gatewayv1.SecretObjectReference, objects ...client.Object) *vault {
	v := &vault{world: newWorld(t, objects...)}
	v.g = gather.New(v.world)
	v.g.Values = interceptor.NewClient(v.WithWatch, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
			v.values = append(v.values, key.String())
			if v.fail != nil {
				return v.fail
			}
			return c.Get(ctx, key, o, opts...)
		},
	})
	v.gw = &gatewayv1.Gateway{ObjectMeta: meta("web")}
	v.gw.Spec.Listeners = []gatewayv1.Listener{{Name: "https", Port: 443, Protocol: gatewayv1.HTTPSProtocolType, TLS: &gatewayv1.ListenerTLSConfig{CertificateRefs: refs}}}
	return v
}

// held takes a snapshot and gives what it holds of one Secret.
func (v *vault) held(t *testing.T, namespace, name string) (snapshot.Certificate, bool) {
	t.Helper()
	s, err := v.g.Snapshot(t.Context(), v.gw)
	if err != nil {
		t.Fatal(err)
	}
	c, found := s.Certificates[gather.Key{Namespace: namespace, Name: name}]
	return c, found
}

func (v *vault) put(t *testing.T, s *corev1.Secret) {
	t.Helper()
	present := &corev1.Secret{}
	if err := v.Get(t.Context(), client.ObjectKeyFromObject(s), present); err != nil {
		t.Fatal(err)
	}
	present.Data = s.Data
	if err := v.Update(t.Context(), present); err != nil {
		t.Fatal(err)
	}
	if touched := v.g.SecretChanged(client.ObjectKeyFromObject(s)); !slices.Equal(touched, []gather.Key{client.ObjectKeyFromObject(v.gw)}) {
		t.Errorf("touched %v", touched)
	}
}

func TestASecretIsReadOncePerVersionAndKeepsItsLastGoodCertificate(t *testing.T) {
	chain, key := pair(t, "B.example.com", "a.example.com")
	v := newVault(t, []gatewayv1.SecretObjectReference{{Name: "tls"}}, secretOf("n", "tls", chain, key), secretOf("n", "unnamed", chain, key))
	first, found := v.held(t, "n", "tls")
	if !found || !first.Usable || first.Problem != "" {
		t.Fatalf("held %v, %v", first, found)
	}
	if c := first.Certificate; c.Name != "n/tls" || !slices.Equal(c.Hostnames, []string{"a.example.com", "b.example.com"}) || c.KeyType != ir.ECDSAP256 || c.Chain != string(chain) || string(c.Key.Reveal()) != string(key) || c.NotAfter == 0 {
		t.Errorf("certificate %+v", c)
	}
	v.held(t, "n", "tls")
	if !slices.Equal(v.values, []string{"n/tls"}) {
		t.Errorf("read by value: %v", v.values)
	}

	v.put(t, secretOf("n", "tls", []byte("rubbish"), key))
	broken, _ := v.held(t, "n", "tls")
	if broken.Problem == "" || !broken.Usable || !ir.Equal(broken.Certificate, first.Certificate) {
		t.Errorf("a Secret that broke: %v", broken)
	}
	if strings.Contains(broken.Problem, "rubbish") {
		t.Errorf("a value is told: %s", broken.Problem)
	}
	chain, key = pair(t, "c.example.com")
	v.put(t, secretOf("n", "tls", chain, key))
	if now, _ := v.held(t, "n", "tls"); now.Problem != "" || now.Certificate.Hostnames[0] != "c.example.com" {
		t.Errorf("a Secret that was mended: %v", now)
	}
	if err := v.Delete(t.Context(), secretOf("n", "tls", nil, nil)); err != nil {
		t.Fatal(err)
	}
	if c, found := v.held(t, "n", "tls"); found {
		t.Errorf("a Secret that is gone: %v", c)
	}
	if len(v.values) != 3 {
		t.Errorf("read by value: %v", v.values)
	}
}

func TestASecretElsewhereIsReadOnlyIfItIsGranted(t *testing.T) {
	chain, key := pair(t, "a.example.com")
	far := gatewayv1.Namespace("vault")
	v := newVault(t, []gatewayv1.SecretObjectReference{{Name: "tls", Namespace: &far}}, secretOf("vault", "tls", chain, key))
	if _, found := v.held(t, "vault", "tls"); found || len(v.values) != 0 {
		t.Errorf("read without a grant: %v", v.values)
	}
	grant := &gatewayv1.ReferenceGrant{ObjectMeta: metav1.ObjectMeta{Namespace: "vault", Name: "g"}}
	grant.Spec.From = []gatewayv1.ReferenceGrantFrom{{Group: gatewayv1.GroupName, Kind: "Gateway", Namespace: "n"}}
	grant.Spec.To = []gatewayv1.ReferenceGrantTo{{Kind: "Secret"}}
	if err := v.Create(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	if touched := v.g.NamespaceChanged("vault"); len(touched) != 1 {
		t.Errorf("the grant touched %v", touched)
	}
	if c, found := v.held(t, "vault", "tls"); !found || !c.Usable {
		t.Errorf("granted: %v, %v", c, found)
	}
	v.g.Forget(client.ObjectKeyFromObject(v.gw))
	if touched := v.g.SecretChanged(gather.Key{Namespace: "vault", Name: "tls"}); len(touched) != 0 {
		t.Errorf("a Gateway that was forgotten is touched: %v", touched)
	}
}

// A Secret of which nothing is known yet holds its Gateway as it is for a
// while, and then only itself.
func TestASecretThatCannotBeReadStopsOnlyItself(t *testing.T) {
	chain, key := pair(t, "a.example.com")
	for cause, want := range map[error]string{
		apierrors.NewForbidden(schema.GroupResource{Resource: "secrets"}, "tls", errors.New("no")): "ServiceAccount",
		errors.New("the value cannot be decrypted"):                                                "tried again",
	} {
		synctest.Test(t, func(t *testing.T) {
			v := newVault(t, []gatewayv1.SecretObjectReference{{Name: "tls"}}, secretOf("n", "tls", chain, key))
			v.fail = cause
			if _, err := v.g.Snapshot(t.Context(), v.gw); !errors.Is(err, cause) {
				t.Errorf("at first: %v", err)
			}
			<-time.After(time.Minute)
			if c, found := v.held(t, "n", "tls"); !found || c.Usable || !strings.Contains(c.Problem, want) || !c.Again.After(time.Now()) {
				t.Errorf("later: %v, %v", c, found)
			}
			v.fail = nil
			if c, _ := v.held(t, "n", "tls"); !c.Usable || c.Problem != "" || !c.Again.IsZero() {
				t.Errorf("read at last: %v", c)
			}
			v.put(t, secretOf("n", "tls", chain, nil))
			v.fail = cause
			if c, _ := v.held(t, "n", "tls"); !c.Usable || c.Problem == "" {
				t.Errorf("what was read before: %v", c)
			}
		})
	}
}

func TestWhatIsWrongWithASecretIsSaid(t *testing.T) {
	chain, key := pair(t, "a.example.com")
	other, otherKey := pair(t, "b.example.com")
	for name, c := range map[string]struct {
		chain, key []byte
		want       string
	}{
		"no certificate":     {nil, key, "it has no tls.crt; put the certificate there in PEM, the leaf first"},
		"no key":             {chain, nil, "it has no tls.key; put the private key there in PEM"},
		"rubbish":            {[]byte("Hello world\n"), []byte("Hello world\n"), "tls.crt holds no readable PEM certificate; put the certificate there, the leaf first"},
		"rubbish key":        {chain, []byte("Hello world\n"), "tls.key holds no readable PEM private key; put the key there, without a passphrase"},
		"another's key":      {chain, otherKey, "tls.key is not the key of the first certificate in tls.crt; put the leaf first and its own key beside it"},
		"leaf not first":     {slices.Concat(other, chain), key, "tls.key is not the key of the first certificate in tls.crt; put the leaf first and its own key beside it"},
		"well, with remarks": {slices.Concat([]byte("Bag Attributes\n"), chain, other), key, ""},
	} {
		v := newVault(t, []gatewayv1.SecretObjectReference{{Name: "tls"}}, secretOf("n", "tls", c.chain, c.key))
		got, _ := v.held(t, "n", "tls")
		if got.Problem != c.want || got.Usable != (c.want == "") {
			t.Errorf("%s: %v", name, got)
		}
		if strings.Contains(fmt.Sprintf("%+v %#v", got, got), "PRIVATE KEY") {
			t.Errorf("%s: the key is printed", name)
		}
	}
}
