// Package aws is a simulator of AWS for anyone who provisions load balancers:
// Elastic Load Balancing version 2 with all its operations, and what goes with
// it of EC2, ACM, STS, resource tagging and service quotas, on the real wire
// protocols. It is as strict as AWS, takes its time as AWS does, throttles and
// fails on demand, and its load balancers carry traffic.
//
// In a test:
//
//	sim, err := aws.Start(t.Context(), aws.Options{Delays: &aws.Delays{}})
//	...
//	defer sim.Close()
//	client := elasticloadbalancingv2.NewFromConfig(sim.SDK("", ""))
//
// The program fairway-sim-aws runs it on its own.
package aws

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/admin"
	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/fault"
	"fairway.dev/fairway/e2e/simulators/aws/internal/front"
	"fairway.dev/fairway/e2e/simulators/aws/internal/identity"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ledger"
	"fairway.dev/fairway/e2e/simulators/aws/internal/page"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
	"fairway.dev/fairway/e2e/simulators/aws/internal/throttle"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/dns"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/engine"
)

// Simulator is a running simulator. Start makes one; Close ends it.
type Simulator struct {
	options   Options
	clock     *clock.Clock
	db        *store.DB
	saved     saved
	directory *identity.Directory
	ledger    *ledger.Ledger
	faults    *fault.Rules
	throttle  *throttle.Throttle
	services  *services
	addresses claim
	engine    *engine.Engine
	requests  *page.Requests
	dns       *dns.Server
	listener  net.Listener
	server    *http.Server
	// closers end what was started, the last first.
	closers []func() error
	closing sync.Once
	closed  error
}

// Start starts a simulator. It ends with Close, or when the context does.
func Start(ctx context.Context, o Options) (*Simulator, error) {
	s := &Simulator{options: o.defaulted(), directory: identity.New(), ledger: ledger.New(), faults: fault.New(), requests: page.NewRequests(keptRequests)}
	s.throttle = throttle.New(*s.options.Throttle, time.Now)
	if err := s.start(); err != nil {
		return nil, errors.Join(fmt.Errorf("start AWS simulator: %w", err), s.close())
	}
	context.AfterFunc(ctx, func() {
		if err := s.close(); err != nil {
			s.options.Log.Error("cannot end cleanly", "err", err)
		}
	})
	return s, nil
}

func (s *Simulator) start() error {
	if _, err := s.keyOf(""); err != nil {
		return err
	}
	if err := s.openState(); err != nil {
		return err
	}
	carrier, err := s.openTraffic()
	if err != nil {
		return err
	}
	if s.services, err = newServices(s.options, s.db, s.clock, s.directory, carrier, s.addresses.prefix); err != nil {
		return err
	}
	if err := s.services.seed(s.options.Accounts, s.directory); err != nil {
		return err
	}
	return s.serve()
}

// openState opens the store and starts the clock, where it stood if it ran ahead before.
func (s *Simulator) openState() error {
	var err error
	if s.db, err = store.Open(s.options.State); err != nil {
		return err
	}
	s.closers = append(s.closers, s.db.Close)
	if s.saved, err = openSaved(s.db); err != nil {
		return err
	}
	s.clock = clock.New(s.saved.start(time.Now()), s.options.Clock.Rate)
	// What is written is not of the future after a restart, even if this program is killed.
	note := func() { s.saved.end(s.clock.Now()) }
	s.db.BeforeFlush(note)
	s.closers = append(s.closers, func() error { note(); return nil })
	return nil
}

// openTraffic opens what carries traffic, if anything is to.
func (s *Simulator) openTraffic() (traffic.Carrier, error) {
	var err error
	if s.addresses, err = claimAddresses(s.options.Addresses, s.saved.addresses()); err != nil || !s.addresses.prefix.IsValid() {
		return nil, err
	}
	s.closers = append(s.closers, s.addresses.release)
	s.saved.claimed(s.addresses.prefix)
	if s.engine, err = engine.New(engine.Options{Clock: s.clock, Log: s.options.Log, Observe: s.requests.Observe}); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, func() error { s.engine.Close(); return nil })
	if s.options.DNS == off {
		return s.engine, nil
	}
	if s.dns, err = dns.Listen(s.options.DNS, s.engine.Resolve, s.options.Log); err != nil {
		return nil, err
	}
	s.closers = append(s.closers, s.dns.Close)
	return s.engine, nil
}

// serve opens the API and the simulator's own paths.
func (s *Simulator) serve() error {
	api, err := front.New(front.Options{
		Services: s.services.byName, Directory: s.directory, Clock: s.clock, Throttle: s.throttle, Faults: s.faults,
		Ledger: s.ledger, Log: s.options.Log, Unsigned: s.options.AnySignature,
	})
	if err != nil {
		return err
	}
	own := admin.New(admin.Options{
		Ledger: s.ledger, Faults: s.faults, Throttle: s.throttle, Clock: s.clock, Quotas: s.services.limits, Scope: s.scope, Environ: s.Shell,
	})
	web := s.pageHandler()
	if s.listener, err = net.Listen("tcp", s.options.Listen); err != nil {
		return err
	}
	s.server = &http.Server{
		ReadHeaderTimeout: 10 * time.Second,
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case strings.HasPrefix(r.URL.Path, pagePath):
				web.ServeHTTP(w, r)
			case strings.HasPrefix(r.URL.Path, admin.Path):
				own.ServeHTTP(w, r)
			case r.Method == http.MethodGet && r.URL.RawQuery == "":
				// No service of AWS here is asked like that, but browsers ask.
				http.Redirect(w, r, pagePath, http.StatusFound)
			default:
				api.ServeHTTP(w, r)
			}
		}),
	}
	go func() {
		if err := s.server.Serve(s.listener); !errors.Is(err, http.ErrServerClosed) {
			s.options.Log.Error("the API ended", "err", err)
		}
	}()
	s.closers = append(s.closers, s.server.Close)
	return nil
}

// URL is where the API is.
func (s *Simulator) URL() string { return "http://" + s.listener.Addr().String() }

// DNSAddress is where the DNS server is, or empty.
func (s *Simulator) DNSAddress() string {
	if s.dns == nil {
		return ""
	}
	return s.dns.Address()
}

// AddressRange is the range of the load balancers' addresses; not valid if no traffic is carried.
func (s *Simulator) AddressRange() netip.Prefix { return s.addresses.prefix }

// Close ends the simulator and writes what is not on disk yet.
func (s *Simulator) Close() error { return s.close() }
