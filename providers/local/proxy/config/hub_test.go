package config

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"testing"
	"time"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/peer"
	"google.golang.org/protobuf/types/known/anypb"

	"fairway.dev/fairway/providers/local/wire"
)

const patience = 10 * time.Second

// authority signs certificates.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	a := &authority{t: t}
	a.cert, a.key = a.make(&x509.Certificate{IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	return a
}

// make signs a certificate with the authority, or with itself for the first.
func (a *authority) make(template *x509.Certificate) (*x509.Certificate, *ecdsa.PrivateKey) {
	a.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.Subject = pkix.Name{CommonName: "test"}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, signer := a.cert, a.key
	if parent == nil {
		parent, signer = template, key
	}
	der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
	if err != nil {
		a.t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		a.t.Fatal(err)
	}
	return cert, key
}

// writeIdentity makes a proxy's identity in a folder.
func (a *authority) writeIdentity(folder string) {
	a.t.Helper()
	id := wire.Identity{Hub: "hub-1", Namespace: "ns", Gateway: "gw", UID: "uid"}
	cert, key := a.make(&x509.Certificate{URIs: []*url.URL{id.URI()}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		wire.CertFile: {Type: "CERTIFICATE", Bytes: cert.Raw},
		wire.KeyFile:  {Type: "PRIVATE KEY", Bytes: keyDER},
		wire.CAFile:   {Type: "CERTIFICATE", Bytes: a.cert.Raw},
	} {
		if err := os.WriteFile(filepath.Join(folder, name), pem.EncodeToMemory(block), 0o600); err != nil {
			a.t.Fatal(err)
		}
	}
}

// hub is a server of the stream whose every message the test decides.
type hub struct {
	discovery.UnimplementedAggregatedDiscoveryServiceServer
	t       *testing.T
	address string
	server  *grpc.Server
	streams chan *hubStream
}

// startHub listens on an address; the name is that in its certificate.
func startHub(t *testing.T, a *authority, address, name string) *hub {
	t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	cert, key := a.make(&x509.Certificate{DNSNames: []string{name}, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	clients := x509.NewCertPool()
	clients.AddCert(a.cert)
	h := &hub{t: t, address: l.Addr().String(), streams: make(chan *hubStream, 10)}
	h.server = grpc.NewServer(grpc.Creds(credentials.NewTLS(&tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert.Raw}, PrivateKey: key}},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    clients,
	})))
	discovery.RegisterAggregatedDiscoveryServiceServer(h.server, h)
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = h.server.Serve(l) // ends with Stop
	}()
	t.Cleanup(func() {
		h.server.Stop()
		<-done
	})
	return h
}

// hubStream is the hub's end of one stream.
type hubStream struct {
	discovery.AggregatedDiscoveryService_DeltaAggregatedResourcesServer
	t        *testing.T
	requests chan *discovery.DeltaDiscoveryRequest
	hangUp   context.CancelFunc
}

// DeltaAggregatedResources hands the stream to the test.
func (h *hub) DeltaAggregatedResources(s discovery.AggregatedDiscoveryService_DeltaAggregatedResourcesServer) error {
	ctx, hangUp := context.WithCancel(s.Context())
	stream := &hubStream{s, h.t, make(chan *discovery.DeltaDiscoveryRequest, 100), hangUp}
	h.streams <- stream
	go func() {
		for {
			r, err := s.Recv()
			if err != nil {
				return
			}
			stream.requests <- r
		}
	}()
	<-ctx.Done()
	return ctx.Err()
}

// next is the next stream that a proxy opens.
func (h *hub) next() *hubStream {
	h.t.Helper()
	select {
	case s := <-h.streams:
		return s
	case <-time.After(patience):
		h.t.Fatal("no stream was opened")
		return nil
	}
}

// request is the next request of the stream.
func (s *hubStream) request() *discovery.DeltaDiscoveryRequest {
	s.t.Helper()
	select {
	case r := <-s.requests:
		return r
	case <-time.After(patience):
		s.t.Fatal("no request came")
		return nil
	}
}

// firsts are the first requests of all types, by type.
func (s *hubStream) firsts() map[string]*discovery.DeltaDiscoveryRequest {
	s.t.Helper()
	out := map[string]*discovery.DeltaDiscoveryRequest{}
	for range wire.Types {
		r := s.request()
		out[r.GetTypeUrl()] = r
	}
	return out
}

// send sends a response and gives the answer to it.
func (s *hubStream) send(r *discovery.DeltaDiscoveryResponse) *discovery.DeltaDiscoveryRequest {
	s.t.Helper()
	r.Nonce = rand.Text()
	if err := s.Send(r); err != nil {
		s.t.Fatal(err)
	}
	answer := s.request()
	if answer.GetResponseNonce() != r.Nonce || answer.GetTypeUrl() != r.GetTypeUrl() {
		s.t.Fatalf("the answer is to %q %q, want %q %q", answer.GetTypeUrl(), answer.GetResponseNonce(), r.GetTypeUrl(), r.Nonce)
	}
	return answer
}

// peerURI is what stands in the client's certificate.
func (s *hubStream) peerURI() string {
	p, _ := peer.FromContext(s.Context())
	return p.AuthInfo.(credentials.TLSInfo).State.PeerCertificates[0].URIs[0].String()
}

func resource(t *testing.T, typ, name, version string, body any) *discovery.Resource {
	t.Helper()
	raw, ok := body.(string)
	if !ok {
		b, err := wire.Encode(body)
		if err != nil {
			t.Fatal(err)
		}
		raw = string(b)
	}
	return &discovery.Resource{Name: name, Version: version, Resource: &anypb.Any{TypeUrl: typ, Value: []byte(raw)}}
}
