package member

import (
	"context"
	"sync"
	"time"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"

	fairway "fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

const (
	// probeInterval is how often a member is asked whether it is there.
	probeInterval = 10 * time.Second
	// retryMax is the longest wait between two attempts at a member that is
	// not well.
	retryMax = 10 * time.Second
)

// target is how a member is to be reached now.
type target struct {
	kubeconfig []byte
	// version is that of the Secret with the kubeconfig; empty where that could
	// not be read.
	version string
	// refusal, when not empty, says why there is no kubeconfig.
	refusal  string
	locality endpoints.Locality
	renewal  renewal
}

// state is what a session knows of its member, for its status.
type state struct {
	conditions []metav1.Condition
	facts
}

// facts are what there is to know of a member but its conditions.
type facts struct {
	version, uid string
	// tried is the version of the Secret that the last attempt was made with.
	tried               string
	services, endpoints int
}

// session keeps one member connected, on a goroutine of its own: a member
// that hangs or fails holds up only itself. What was read stays when the
// member cannot be reached any more or a new kubeconfig does not work.
type session struct {
	name     string
	log      logr.Logger
	provider *Provider
	cancel   context.CancelFunc
	poked    chan struct{}
	done     chan struct{}

	// Of the session's goroutine alone.
	current *connection
	// lost is set from a probe without answer, or a kind that is denied, until
	// the next connection.
	lost bool
	// renewAfter is when a token may be asked for again, renewTrouble what
	// the last attempt met.
	renewAfter   time.Time
	renewTrouble string

	mu        sync.Mutex
	target    target
	state     state
	attempted bool
}

func newSession(name string, p *Provider) *session {
	return &session{name: name, log: logger.WithValues("member", name), provider: p, poked: make(chan struct{}, 1), done: make(chan struct{})}
}

// aim tells the session how to reach the member from now on.
func (s *session) aim(t target) {
	s.mu.Lock()
	same := s.target.version == t.version && s.target.locality == t.locality && s.target.refusal == t.refusal && s.target.renewal == t.renewal && string(s.target.kubeconfig) == string(t.kubeconfig)
	s.target = t
	s.mu.Unlock()
	if !same {
		s.poke()
	}
}

// poke has the session look at its member now.
func (s *session) poke() {
	select {
	case s.poked <- struct{}{}:
	default:
	}
}

func (s *session) aimed() target {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.target
}

// known gives what the session knows, and whether it has tried at least once.
func (s *session) known() (state, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.state.clone(), s.attempted
}

// run works until ctx ends. It is given its first target before.
func (s *session) run(ctx context.Context) {
	defer close(s.done)
	defer func() {
		if s.current != nil {
			s.current.close()
		}
	}()
	backoff := newBackoff()
	for ctx.Err() == nil {
		pause, t := probeInterval, s.aimed()
		if s.step(ctx, t) {
			backoff = newBackoff()
		} else {
			pause = backoff.Step()
		}
		if t.version != "" {
			// Only now are the conditions about that Secret.
			s.report(ctx, func(st *state) { st.tried = t.version })
		}
		s.mu.Lock()
		s.attempted = true
		s.mu.Unlock()
		timer := time.NewTimer(pause)
		select {
		case <-ctx.Done():
		case <-timer.C:
		case <-s.poked:
			backoff = newBackoff()
		}
		timer.Stop()
	}
}

func newBackoff() wait.Backoff {
	return wait.Backoff{Duration: time.Second, Factor: 2, Jitter: 0.2, Steps: 1 << 20, Cap: retryMax}
}

// step connects where that is wanted, or sees whether the member is still
// there. It reports whether all is as it should be.
func (s *session) step(ctx context.Context, t target) bool {
	if t.refusal != "" {
		s.report(ctx, func(st *state) { st.set(reachable(false, fairway.ReasonInvalidKubeconfig, t.refusal)) })
		s.follow(ctx)
		return false
	}
	if s.current == nil || s.current.fingerprint != fingerprint(t.kubeconfig) {
		return s.connect(ctx, t)
	}
	if *s.current.locality.Load() != t.locality {
		s.current.locality.Store(&t.locality)
		if err := s.provider.readAll(ctx, s.name, s.current); err != nil {
			s.log.Error(err, "Member's endpoints not read")
		}
	}
	version, err := s.current.probe(ctx)
	var denied error
	if err == nil {
		denied = s.current.denied(ctx)
	}
	if ctx.Err() != nil {
		return false
	}
	well := err == nil && denied == nil
	if well && s.lost {
		// The old watches may be far back in a back-off of their own: read
		// everything again now.
		return s.connect(ctx, t)
	}
	s.lost = !well
	if well {
		s.renew(ctx, t)
	}
	s.report(ctx, func(st *state) {
		st.probed(s.current, version, err)
		if well && s.renewTrouble != "" {
			st.set(reachable(true, fairway.ReasonReachable, s.current.answering()+s.renewTrouble))
		}
		switch {
		case err != nil:
			st.silent()
		case denied != nil:
			st.set(synced(false, denied.Error()+"; what was last read is kept"))
		default:
			st.set(synced(true, s.current.whatIsRead()))
		}
	})
	if well {
		s.provider.metrics.confirm(s.name)
	}
	return well
}

// follow sees whether the connection in use still works while the kubeconfig
// that is to replace it does not.
func (s *session) follow(ctx context.Context) {
	if s.current == nil {
		return
	}
	if _, err := s.current.probe(ctx); err != nil {
		s.lost = true
		s.report(ctx, (*state).silent)
	}
}

// connect makes a new connection and puts it in place of the present one,
// which stays until the new one has read everything. When the new one cannot
// be engaged there is none, and the next step starts from scratch.
func (s *session) connect(ctx context.Context, t target) bool {
	next := s.open(ctx, t)
	if next == nil {
		s.follow(ctx)
		return false
	}
	err := s.provider.engage(next.ctx, s.name, next)
	if s.current != nil {
		s.current.close()
	}
	s.current, s.lost, s.renewTrouble = nil, false, ""
	if err != nil {
		next.close()
		s.report(ctx, func(st *state) {
			st.set(synced(false, "the member's controllers could not be started: "+err.Error()))
		})
		return false
	}
	s.current = next
	next.errors.onDenial(func(string) { s.poke() })
	s.log.Info("Member connected", "server", next.server)
	s.report(ctx, func(st *state) { st.set(synced(true, next.whatIsRead())) })
	s.provider.metrics.confirm(s.name)
	return true
}

// open gives a connection that has read everything, or nil and reports why.
func (s *session) open(ctx context.Context, t target) *connection {
	config, err := parseKubeconfig(t.kubeconfig)
	var c *connection
	if err == nil {
		c, err = newConnection(ctx, config, s.log)
	}
	if err != nil {
		s.report(ctx, func(st *state) {
			st.set(reachable(false, fairway.ReasonInvalidKubeconfig, "the kubeconfig cannot be used: "+err.Error()))
		})
		return nil
	}
	c.fingerprint = fingerprint(t.kubeconfig)
	c.lease, _ = leaseOf(config)
	c.locality.Store(&t.locality)
	// The first attempt as a whole counts against the time that the hub
	// waits for its members when it starts.
	attempt, cancel := context.WithTimeout(ctx, syncTimeout)
	defer cancel()
	version, err := c.probe(attempt)
	if err != nil {
		c.close()
		s.report(ctx, func(st *state) { st.probed(c, "", err) })
		return nil
	}
	if old := tooOld(version); old != "" {
		c.close()
		s.report(ctx, func(st *state) {
			st.probed(c, version, nil)
			c := synced(false, old)
			c.Reason = fairway.ReasonUnsupportedVersion
			st.set(c)
		})
		return nil
	}
	uid := c.uid(attempt)
	c.start()
	if err := c.sync(attempt); err != nil {
		c.close()
		s.report(ctx, func(st *state) {
			st.probed(c, version, nil)
			st.uid = uid
			st.set(synced(false, err.Error()))
		})
		return nil
	}
	s.report(ctx, func(st *state) {
		st.probed(c, version, nil)
		st.uid = uid
	})
	return c
}
