// Package admin answers fairwayctl what the hub alone knows: what would come
// of files in the live world.
//
// Requests come through the API server's service proxy, which tells nobody's
// name, and whatever else runs in the cluster can dial the port as well. So
// each request carries a token of the viewer's account, for this purpose only:
// who may have one is the API server's to say. Only the leader listens, since
// it alone can observe load balancers. No Secret's values are taken or given: of
// a certificate, what everybody is shown and the fingerprint of its key.
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
	"time"

	"github.com/go-logr/logr"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/client-go/util/cert"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/reconcile/internal/preview"
)

const (
	// Audience is what a token has to be for.
	Audience = "fairway.dev/admin"
	// TokenHeader carries it: the API server keeps Authorization to itself.
	TokenHeader = "Fairway-Token"
	// PlanPath takes [preview.Files] as JSON and answers a Preview, or a
	// [preview.InvalidError] with status 422.
	PlanPath = "/plan"
	// MaxFiles bounds the JSON of Files, in bytes.
	MaxFiles = 4 << 20
	// MaxObjects bounds the objects in Files.
	MaxObjects = 5000

	// maxHeader bounds a request's header, in bytes.
	maxHeader = 16 << 10
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
	Plan func(context.Context, preview.Files) (*preview.Preview, error)
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
	reviews := make(chan struct{}, reviewsAtOnce)
	mux.HandleFunc("POST "+PlanPath, func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), planTimeout)
		defer cancel()
		if !s.admits(ctx, w, r.Header.Get(TokenHeader), reviews) {
			return
		}
		files, err := filesOf(http.MaxBytesReader(w, r.Body, MaxFiles))
		if _, long := errors.AsType[*http.MaxBytesError](err); long {
			http.Error(w, fmt.Sprintf("the files are longer than %d bytes as JSON", MaxFiles), http.StatusRequestEntityTooLarge)
			return
		} else if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		if n := len(files.Objects) + len(files.Secrets); n > MaxObjects {
			http.Error(w, fmt.Sprintf("the files hold %d objects, and the hub takes %d at a time; plan fewer of them, or --offline", n, MaxObjects), http.StatusRequestEntityTooLarge)
			return
		}
		if !take(ctx, w, turn) {
			return
		}
		defer func() { <-turn }()
		s.plan(logr.NewContext(ctx, s.Log), w, files)
	})
	return mux
}

// admits reports whether a token is the viewer's, and tells whoever comes
// without.
func (s *Server) admits(ctx context.Context, w http.ResponseWriter, token string, reviews chan struct{}) bool {
	if fits(token, s.Account) {
		if !take(ctx, w, reviews) {
			return false
		}
		defer func() { <-reviews }()
		if s.known(ctx, token) {
			return true
		}
	}
	http.Error(w, "the token is not one of "+s.Account+" for "+Audience, http.StatusUnauthorized)
	return false
}

// take waits for a turn, and tells whoever gets none.
func take(ctx context.Context, w http.ResponseWriter, turns chan<- struct{}) bool {
	select {
	case turns <- struct{}{}:
		return true
	case <-ctx.Done():
		http.Error(w, "others ask for plans as well; try again", http.StatusTooManyRequests)
		return false
	}
}

func (s *Server) plan(ctx context.Context, w http.ResponseWriter, files preview.Files) {
	answer := func(status int, of any) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		// Whoever is gone needs no answer.
		_ = json.NewEncoder(w).Encode(of)
	}
	p, err := s.Plan(ctx, files)
	invalid, is := errors.AsType[*preview.InvalidError](err)
	switch {
	case is:
		answer(http.StatusUnprocessableEntity, invalid)
	case errors.Is(err, context.DeadlineExceeded):
		http.Error(w, fmt.Sprintf("the plan takes longer than %s; plan fewer files, or --offline", planTimeout), http.StatusGatewayTimeout)
	case err != nil:
		s.Log.Error(err, "Plan not made")
		http.Error(w, "the plan could not be made; the hub's log says why", http.StatusInternalServerError)
	default:
		answer(http.StatusOK, p)
	}
}

// filesOf reads the files of a request.
func filesOf(body io.Reader) (preview.Files, error) {
	var files preview.Files
	if err := json.NewDecoder(body).Decode(&files); err != nil {
		return files, fmt.Errorf("want files as the fairwayctl of this hub's version sends them: %w", err)
	}
	for _, o := range files.Objects {
		if o == nil {
			return files, errors.New("want an object, not null")
		}
		if o.GroupVersionKind().GroupKind() == preview.SecretKind {
			return files, errors.New("secrets are not to be sent; a plan needs no more of them than fairwayctl sends")
		}
		if !equality.Semantic.DeepEqual(preview.Needed(o).Object, o.Object) {
			return files, fmt.Errorf("of kind %s only names are to be sent; no plan depends on more", o.GetKind())
		}
	}
	return files, nil
}
