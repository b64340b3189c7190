package lead

import (
	"context"
	"encoding/json"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/clock"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/plan"
)

// server is an API server with one lease, which can pause.
type server struct {
	mu      sync.Mutex
	record  *resourcelock.LeaderElectionRecord
	version int
	paused  bool
}

func (s *server) pause(on bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.paused = on
}

func (s *server) holder() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.record == nil {
		return ""
	}
	return s.record.HolderIdentity
}

// lease is one replica's access to the server.
type lease struct {
	resourcelock.Interface
	*server
	identity string
	read     int
}

var errPaused = errors.New("no answer")

// ask waits for an answer as long as a client does.
func (l *lease) ask() error {
	l.mu.Lock()
	paused := l.paused
	l.mu.Unlock()
	if !paused {
		return nil
	}
	<-time.After(time.Second)
	return errPaused
}

func (l *lease) Identity() string   { return l.identity }
func (l *lease) Describe() string   { return "lease" }
func (l *lease) RecordEvent(string) {}

func (l *lease) Get(context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	if err := l.ask(); err != nil {
		return nil, nil, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	resource := schema.GroupResource{Resource: "leases"}
	if l.record == nil {
		return nil, nil, apierrors.NewNotFound(resource, "hub")
	}
	l.read = l.version
	raw, err := json.Marshal(l.record)
	copied := *l.record
	return &copied, raw, err
}

func (l *lease) Create(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	return l.Update(ctx, r)
}

func (l *lease) Update(_ context.Context, r resourcelock.LeaderElectionRecord) error {
	if err := l.ask(); err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.record != nil && l.read != l.version {
		return apierrors.NewConflict(schema.GroupResource{Resource: "leases"}, "hub", errPaused)
	}
	l.version++
	l.record, l.read = &r, l.version
	return nil
}

// replica is a hub that stands for election.
type replica struct {
	*Lock
	cancel context.CancelFunc
	// over is closed when it does not stand or lead any more.
	over chan struct{}
}

func stand(t *testing.T, s *server, name string) *replica {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	r := &replica{Lock: &Lock{Interface: &lease{server: s, identity: name}, clock: clock.RealClock{}}, cancel: cancel, over: make(chan struct{})}
	elector, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: r.Lock, LeaseDuration: Term, RenewDeadline: RenewDeadline, RetryPeriod: Retry,
		Callbacks: leaderelection.LeaderCallbacks{OnStartedLeading: func(context.Context) {}, OnStoppedLeading: func() {}},
	})
	if err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(r.over)
		elector.Run(ctx)
	}()
	return r
}

func (r *replica) kill() {
	r.cancel()
	<-r.over
}

func (r *replica) stands() bool {
	select {
	case <-r.over:
		return false
	default:
		return true
	}
}

func after(d time.Duration) {
	<-time.After(d)
	synctest.Wait()
}

func TestAKilledLeaderIsReplacedWithinFiveSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		first := stand(t, s, "first")
		after(time.Second)
		second := stand(t, s, "second")
		defer second.kill()
		after(20 * time.Second)
		if s.holder() != "first" {
			t.Fatalf("%q leads", s.holder())
		}
		first.kill()
		after(5 * time.Second)
		if s.holder() != "second" {
			t.Errorf("%q leads", s.holder())
		}
	})
}

func TestAPauseOfTheAPIServerCostsNobodyTheLead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		first := stand(t, s, "first")
		after(time.Second)
		second := stand(t, s, "second")
		for range 5 {
			s.pause(true)
			after(8 * time.Second)
			if first.leads(certain) {
				t.Error("the lead is said to be certain while nobody can tell")
			}
			s.pause(false)
			after(10 * time.Second)
			if s.holder() != "first" || !first.stands() || !second.stands() {
				t.Fatalf("after a pause %q leads, first stands: %v", s.holder(), first.stands())
			}
			if !first.leads(certain) || second.leads(certain) {
				t.Error("who leads is not known after a pause")
			}
		}
		first.kill()
		second.kill()
	})
}

func TestALeaderThatIsCutOffGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		first := stand(t, s, "first")
		defer first.kill()
		after(time.Second)
		s.pause(true)
		after(grace + RenewDeadline + 3*time.Second)
		if first.stands() {
			t.Error("it leads on for ever")
		}
	})
}

func TestALeaderThatWasReplacedGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		first := stand(t, s, "first")
		defer first.kill()
		after(time.Second)
		s.mu.Lock()
		s.record = &resourcelock.LeaderElectionRecord{HolderIdentity: "second", LeaseDurationSeconds: 3}
		s.version++
		s.mu.Unlock()
		after(RenewDeadline + time.Second)
		if first.stands() || s.holder() != "second" {
			t.Errorf("it leads on; the lease is %q's", s.holder())
		}
	})
}

// slow is a provider whose Apply takes until it is cut.
type slow struct {
	providers.Provider
	applied int
}

func (s *slow) Apply(ctx context.Context, _ providers.Ref, _ plan.Plan, _ providers.EndpointSource) (providers.Observation, []plan.Outcome, error) {
	s.applied++
	<-ctx.Done()
	return providers.Observation{}, nil, ctx.Err()
}

func TestNothingIsAppliedWhileTheLeadIsUncertain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &server{}
		first := stand(t, s, "first")
		defer first.kill()
		after(time.Second)
		p := &slow{}
		f := Fence(p, first.Lock)
		ended := make(chan error, 1)
		go func() {
			_, _, err := f.Apply(t.Context(), providers.Ref{}, plan.Plan{}, nil)
			ended <- err
		}()
		after(time.Minute)
		if len(ended) != 0 {
			t.Fatal("it was cut off while the lead was certain")
		}
		s.pause(true)
		after(Term)
		if err := <-ended; !errors.Is(err, uncertain) {
			t.Errorf("cut off with %v", err)
		}
		if _, _, err := f.Apply(t.Context(), providers.Ref{}, plan.Plan{}, nil); !errors.Is(err, uncertain) || p.applied != 1 {
			t.Errorf("%v, applied %d times", err, p.applied)
		}
	})
}
