package multicluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
)

const (
	// shortestLife is that of the shortest token that an API server gives.
	shortestLife = 10 * time.Minute
	// restOfLife is for how long the token that the hub is given is still taken: more than it takes to
	// connect and to look at the member once more, which is when it renews.
	restOfLife = 30 * time.Second
	// leeway is for how long an API server takes a token after its end.
	leeway = time.Minute
)

// TestMembersTokenIsRenewed gives the hub a token of a member that is about to end. The hub puts
// another into the Secret, and the member is reached before and after the old one's end.
func TestMembersTokenIsRenewed(t *testing.T) {
	r := newRoom(t)
	east := stack.Member("east")
	r.serve("echo", east)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", east)
	load := web.load("shop.example", "/")

	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: install.Namespace, Name: install.MemberSecret(east.Name())}}
	var old string
	end := time.Now().Add(restOfLife - leeway)
	r.update(stack.Hub, secret, func(client.Object) {
		kubeconfig, user := r.memberUser(secret)
		old = r.aged(east, user.Token, end.Add(-shortestLife), end)
		user.Token = old
		content, err := clientcmd.Write(*kubeconfig)
		if err != nil {
			t.Fatal(err)
		}
		secret.Data["kubeconfig"] = content
	})
	given, _ := r.memberUser(secret)

	r.eventually("the Secret has another token", func(ctx context.Context) error {
		if err := stack.Hub.Client.Get(ctx, client.ObjectKeyFromObject(secret), secret); err != nil {
			return err
		}
		if _, user := r.memberUser(secret); user.Token == old {
			return errors.New("it has the old one")
		}
		return nil
	})
	renewed, user := r.memberUser(secret)
	if life := lifeOf(t, user.Token); life != shortestLife {
		t.Errorf("the new token lasts %s, not %s as the old one did", life, shortestLife)
	}
	if got, want := renewed.Clusters[renewed.Contexts[renewed.CurrentContext].Cluster].Server,
		given.Clusters[given.Contexts[given.CurrentContext].Cluster].Server; got != want {
		t.Errorf("the kubeconfig names the server %s now, and named %s", got, want)
	}
	if err := r.comesWith(t.Context(), east, user.Token); err != nil {
		t.Errorf("the new token: %v", err)
	}

	r.eventually("the old token is refused", func(ctx context.Context) error {
		if err := r.comesWith(ctx, east, old); !apierrors.IsUnauthorized(err) {
			return fmt.Errorf("the member answers it with %v", err)
		}
		return nil
	})
	conditions, err := stack.MemberConditions(t.Context(), east.Name())
	if err := errors.Join(err, install.Met(conditions, "Reachable", metav1.ConditionTrue, 0), install.Met(conditions, "Synced", metav1.ConditionTrue, 0)); err != nil {
		t.Error(err)
	}
	r.scale(east, "echo", 2)
	web.servedBy("shop.example", "/", "echo", east)
	load.end()
}

// memberUser is the kubeconfig in a member's Secret, and the user in it that the hub comes as.
func (r *room) memberUser(secret *corev1.Secret) (*clientcmdapi.Config, *clientcmdapi.AuthInfo) {
	r.t.Helper()
	kubeconfig, err := clientcmd.Load(secret.Data["kubeconfig"])
	if err != nil {
		r.t.Fatal(err)
	}
	return kubeconfig, kubeconfig.AuthInfos[kubeconfig.Contexts[kubeconfig.CurrentContext].AuthInfo]
}

// comesWith asks a member, as the hub does, with a token.
func (r *room) comesWith(ctx context.Context, member *install.Cluster, token string) error {
	config := rest.AnonymousClientConfig(member.RESTConfig())
	config.BearerToken = token
	kube, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	_, err = kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	return err
}

// aged is a token of the same account with another life, signed as the member's API server does.
func (r *room) aged(member *install.Cluster, token string, from, end time.Time) string {
	r.t.Helper()
	claims := claimsOf(r.t, token)
	claims["iat"], claims["nbf"], claims["exp"] = from.Unix(), from.Unix(), end.Unix()
	payload, err := json.Marshal(claims)
	if err != nil {
		r.t.Fatal(err)
	}
	block, _ := pem.Decode(member.ServiceAccountKey())
	key, err := x509.ParseECPrivateKey(block.Bytes)
	if err != nil {
		r.t.Fatal(err)
	}
	head, _, _ := strings.Cut(token, ".")
	signed := head + "." + base64.RawURLEncoding.EncodeToString(payload)
	digest := sha256.Sum256([]byte(signed))
	a, b, err := ecdsa.Sign(rand.Reader, key, digest[:])
	if err != nil {
		r.t.Fatal(err)
	}
	// ES256 of RFC 7518: the two numbers, 32 bytes each.
	var signature [64]byte
	a.FillBytes(signature[:32])
	b.FillBytes(signature[32:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature[:])
}

// lifeOf is how long a token lasts in all.
func lifeOf(t *testing.T, token string) time.Duration {
	t.Helper()
	claims := claimsOf(t, token)
	from, _ := claims["iat"].(float64)
	end, _ := claims["exp"].(float64)
	return time.Duration(end-from) * time.Second
}

func claimsOf(t *testing.T, token string) map[string]any {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		t.Fatalf("a token has %d parts, not three", len(parts))
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	claims := map[string]any{}
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}
