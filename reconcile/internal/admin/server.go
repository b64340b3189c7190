// Package admin answers fairwayctl what the hub alone knows: what would come
// of files in the live world.
//
// Requests come through the API server's service proxy, which tells nobody's
// name, and whatever else runs in the cluster can dial the port as well. So
// each request carries a token of the viewer's account, for this purpose only:
// who may have one is the API server's to say. Only the leader listens, since
// it alone can observe load balancers. No Secret's values are taken or given.
package admin

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"time"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/reconcile/internal/preview"
)

const (
	// Audience is what a token has to be for.
	Audience = "fairway.dev/admin"
	// TokenHeader carries it: the API server keeps Authorization to itself.
	TokenHeader = "Fairway-Token"
	// PlanPath takes a list of objects as JSON, and answers a Preview.
	PlanPath = "/plan"

	// maxBody and maxHeader bound what a request may hold, in bytes.
	maxBody, maxHeader = 4 << 20, 16 << 10
	// planTimeout bounds one plan, and how long a request waits for its turn.
	planTimeout = 25 * time.Second
)

// Server answers.
type Server struct {
	// Address is host:port.
	Address string
	// Reviews creates TokenReviews.
	Reviews client.Client
	// Account is the user name of the viewer's account.
	Account string
	// Plan makes previews.
	Plan func(context.Context, []*unstructured.Unstructured) (*preview.Preview, error)
	Log  logr.Logger
}

// Start serves until ctx is done. Only the leader runs it.
func (s *Server) Start(ctx context.Context) error {
	// The API server does not ask whose certificate it is: this keeps out those
	// who only listen.
	certificate, key, err := cert.GenerateSelfSignedCertKey("fairway-admin", nil, nil)
	if err != nil {
		return fmt.Errorf("make the admin port's certificate: %w", err)
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return fmt.Errorf("make the admin port's certificate: %w", err)
	}
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", s.Address)
	if err != nil {
		return fmt.Errorf("listen for fairwayctl on %q: %w", s.Address, err)
	}
	server := &http.Server{
		Handler: s.handler(), MaxHeaderBytes: maxHeader, TLSConfig: &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 2 * planTimeout, IdleTimeout: time.Minute,
	}
	defer context.AfterFunc(ctx, func() { _ = server.Close() })()
	if err := server.ServeTLS(listener, "", ""); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serve fairwayctl: %w", err)
	}
	return nil
}

func (s *Server) handler() http.Handler {
	mux := http.NewServeMux()
	// One at a time: a plan reads all Gateways with their routes.
	turn := make(chan struct{}, 1)
	mux.HandleFunc("POST "+PlanPath, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), planTimeout)
		defer cancel()
		if !s.known(ctx, r.Header.Get(TokenHeader)) {
			http.Error(w, "the token is not one of "+s.Account+" for "+Audience, http.StatusUnauthorized)
			return
		}
		objects, err := objectsOf(http.MaxBytesReader(w, r.Body, maxBody))
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		select {
		case turn <- struct{}{}:
			defer func() { <-turn }()
		case <-ctx.Done():
			http.Error(w, "others ask for plans as well; try again", http.StatusTooManyRequests)
			return
		}
		s.plan(logr.NewContext(ctx, s.Log), w, objects)
	})
	return mux
}

func (s *Server) plan(ctx context.Context, w http.ResponseWriter, objects []*unstructured.Unstructured) {
	p, err := s.Plan(ctx, objects)
	var invalid *preview.InvalidError
	switch {
	case errors.As(err, &invalid):
		http.Error(w, invalid.Message, http.StatusUnprocessableEntity)
	case err != nil:
		s.Log.Error(err, "Plan not made")
		http.Error(w, "the plan could not be made; the hub's log says why", http.StatusInternalServerError)
	default:
		w.Header().Set("Content-Type", "application/json")
		// Whoever is gone needs no answer.
		_ = json.NewEncoder(w).Encode(p)
	}
}

// known reports whether a token is one of the viewer's account, for us.
func (s *Server) known(ctx context.Context, token string) bool {
	if token == "" {
		return false
	}
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: []string{Audience}}}
	if err := s.Reviews.Create(ctx, review); err != nil {
		s.Log.Error(err, "Token not reviewed")
		return false
	}
	return review.Status.Authenticated && review.Status.User.Username == s.Account && slices.Contains(review.Status.Audiences, Audience)
}

// objectsOf reads the list of a request.
func objectsOf(body io.Reader) ([]*unstructured.Unstructured, error) {
	var list []map[string]any
	if err := json.NewDecoder(body).Decode(&list); err != nil {
		return nil, fmt.Errorf("want a list of objects as JSON, of at most %d bytes: %w", maxBody, err)
	}
	objects := make([]*unstructured.Unstructured, len(list))
	for i, o := range list {
		objects[i] = &unstructured.Unstructured{Object: o}
		if objects[i].GroupVersionKind().GroupKind() == preview.SecretKind {
			return nil, errors.New("secrets are not to be sent: those on the hub are what counts")
		}
	}
	return objects, nil
}
