package multicluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

const secureGateway = `
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web}
spec:
  gatewayClassName: fairway
  listeners:
  - {name: http, protocol: HTTP, port: 80}
  - {name: https, protocol: HTTPS, port: 443, hostname: shop.example, tls: {certificateRefs: [{name: tls}]}}
`

// TestCertificates gives a listener's Secret one content after the other. Neither the other listener
// nor the Gateway's routes notice; whoever looks at the Gateway does, by condition and by Event.
func TestCertificates(t *testing.T) {
	r := newRoom(t)
	r.create(stack.Hub, deployment("echo", "hub", 1), service("echo"), secureGateway, route("shop", "web", "shop.example", ownBackend("echo", 8080)))
	r.listener("https", gatewayv1.ListenerConditionResolvedRefs, metav1.ConditionFalse, gatewayv1.ListenerReasonInvalidCertificateRef)
	const refused = string(gatewayv1.ListenerReasonInvalidCertificateRef)
	r.noticed(r.name, "web", corev1.EventTypeWarning, refused, "listener https: ", "there is no Secret "+r.name+"/tls; make it")

	secret := &corev1.Secret{ObjectMeta: r.meta("tls"), Type: corev1.SecretTypeTLS, Data: certificate(t, 1)}
	if err := stack.Hub.Client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	r.listener("https", gatewayv1.ListenerConditionProgrammed, metav1.ConditionTrue, gatewayv1.ListenerReasonProgrammed)
	plain, secure := r.site(r.programmed("web"), 0), r.site(r.programmed("web"), 1)
	plain.servedBy("shop.example", "/", "echo", stack.Hub)
	secure.shows(1)

	before := plain.settled()
	r.setSecret(certificate(t, 2))
	secure.shows(2)
	if translated := plain.settled().since(before)["translated routes"]; translated != 0 {
		t.Errorf("a certificate was renewed and %v routes were translated", translated)
	}
	r.setSecret(map[string][]byte{corev1.TLSCertKey: []byte("rubbish"), corev1.TLSPrivateKeyKey: []byte("rubbish")})
	r.listener("https", gatewayv1.ListenerConditionResolvedRefs, metav1.ConditionFalse, gatewayv1.ListenerReasonInvalidCertificateRef)
	r.noticed(r.name, "web", corev1.EventTypeWarning, refused, "listener https: ", "Secret "+r.name+"/tls: tls.crt holds no readable PEM certificate; put", "still served")
	r.listener("https", gatewayv1.ListenerConditionProgrammed, metav1.ConditionTrue, gatewayv1.ListenerReasonProgrammed)
	secure.shows(2)
	plain.servedBy("shop.example", "/", "echo", stack.Hub)
	r.setSecret(certificate(t, 3))
	r.listener("https", gatewayv1.ListenerConditionResolvedRefs, metav1.ConditionTrue, gatewayv1.ListenerReasonResolvedRefs)
	secure.shows(3)
}

func (r *room) setSecret(data map[string][]byte) {
	r.t.Helper()
	r.update(stack.Hub, &corev1.Secret{ObjectMeta: r.meta("tls")}, func(o client.Object) { o.(*corev1.Secret).Data = data })
}

// listener waits for a condition of a listener of the Gateway web.
func (r *room) listener(name string, kind gatewayv1.ListenerConditionType, status metav1.ConditionStatus, reason gatewayv1.ListenerConditionReason) {
	r.t.Helper()
	r.eventually(fmt.Sprintf("listener %s is %s=%s", name, kind, status), func(ctx context.Context) error {
		var gateway gatewayv1.Gateway
		if err := stack.Hub.Client.Get(ctx, r.key("web"), &gateway); err != nil {
			return err
		}
		for _, l := range gateway.Status.Listeners {
			for _, c := range l.Conditions {
				if string(l.Name) == name && c.Type == string(kind) && c.Status == status && c.Reason == string(reason) && c.Message != "" {
					return nil
				}
			}
		}
		return fmt.Errorf("it is not: %+v", gateway.Status.Listeners)
	})
}

// shows waits until the certificate of that number is shown everywhere.
func (s *site) shows(number int64) {
	s.t.Helper()
	s.everywhere(fmt.Sprintf("certificate %d is shown", number), func(ctx context.Context, address string) error {
		// Who signed it does not matter here: the number says which one it is.
		raw, err := stack.Fleet.DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		connection := tls.Client(raw, &tls.Config{ServerName: "shop.example", InsecureSkipVerify: true})
		defer func() { _ = connection.Close() }()
		if err := connection.HandshakeContext(ctx); err != nil {
			return err
		}
		shown := connection.ConnectionState().PeerCertificates[0]
		if shown.SerialNumber.Int64() != number {
			return fmt.Errorf("it is %v", shown.SerialNumber)
		}
		return nil
	})
}

// certificate is the content of a Secret with a certificate of that number.
func certificate(t *testing.T, number int64) map[string][]byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(number), DNSNames: []string{"shop.example"}, NotAfter: time.Now().Add(time.Hour)}
	chain, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{
		corev1.TLSCertKey:       pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: chain}),
		corev1.TLSPrivateKeyKey: pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}),
	}
}
