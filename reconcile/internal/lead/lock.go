// Package lead elects the hub's leader: quickly when the leader dies, and not
// at all while only the API server pauses.
//
// A short lease alone cannot do both: a pause that outlasts it would cost the
// leader its lead, and with it every proxy's stream, although nobody else could
// have done better meanwhile. So while the API server does not answer, the
// leader keeps its place for a while, serves on and begins nothing that two
// hubs must not do at once (see [Fence]); and a standby that could not see the
// lease for a while gives its holder a full term to be heard of again.
package lead

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/leaderelection/resourcelock"
	"k8s.io/utils/clock"
)

// The election's pace. A standby takes over Term after it last saw the lease
// change, give or take two tries of Retry (each up to 2.2 times as long).
const (
	Term          = 3 * time.Second
	RenewDeadline = 2 * time.Second
	Retry         = 400 * time.Millisecond
)

const (
	// grace is how long a leader keeps its place while the API server does
	// not answer.
	grace = 10 * time.Second
	// blind is how long a standby may go without seeing the lease before it
	// waits another Term: two tries and an answer that takes its time.
	blind = 2 * time.Second
)

// Lock is the lease. It implements resourcelock.Interface.
type Lock struct {
	resourcelock.Interface
	clock clock.PassiveClock

	mu sync.Mutex
	// renewed is when the last renewal that the API server confirmed was
	// begun; zero while another leads.
	renewed time.Time
	// seen is when the lease was last read.
	seen time.Time
	// pauses counts the times that the lease could not be seen for too long.
	pauses int
}

// NewLock makes the lock of the Lease with this name.
func NewLock(config *rest.Config, namespace, name string) (*Lock, error) {
	host, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("identity for the leader election: %w", err)
	}
	identity := resourcelock.ResourceLockConfig{Identity: host + "_" + string(uuid.NewUUID())}
	lease, err := resourcelock.NewFromKubeconfig(resourcelock.LeasesResourceLock, namespace, name, identity, config, RenewDeadline)
	if err != nil {
		return nil, fmt.Errorf("lease %s/%s: %w", namespace, name, err)
	}
	return &Lock{Interface: lease, clock: clock.RealClock{}}, nil
}

// Create implements resourcelock.Interface.
func (l *Lock) Create(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	begun := l.clock.Now()
	if err := l.Interface.Create(ctx, r); err != nil {
		return err
	}
	l.confirmed(r, begun)
	return nil
}

// Update implements resourcelock.Interface. A renewal that the API server does
// not answer passes for one that succeeded, within limits.
func (l *Lock) Update(ctx context.Context, r resourcelock.LeaderElectionRecord) error {
	begun := l.clock.Now()
	err := l.Interface.Update(ctx, r)
	if err == nil {
		l.confirmed(r, begun)
		return nil
	}
	if r.HolderIdentity == l.Identity() && !answered(err) && l.leads(grace) {
		return nil
	}
	return err
}

// Get implements resourcelock.Interface. To an elector, a record that differs
// in any byte is one that its holder has just renewed.
func (l *Lock) Get(ctx context.Context) (*resourcelock.LeaderElectionRecord, []byte, error) {
	record, raw, err := l.Interface.Get(ctx)
	if err != nil {
		return record, raw, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	if !l.seen.IsZero() && now.Sub(l.seen) > blind {
		l.pauses++
	}
	l.seen = now
	return record, append(raw, bytes.Repeat([]byte(" "), l.pauses)...), nil
}

func (l *Lock) confirmed(r resourcelock.LeaderElectionRecord, begun time.Time) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.renewed = time.Time{}
	if r.HolderIdentity == l.Identity() {
		l.renewed = begun
	}
}

// leads reports whether the last confirmed renewal is no older than this.
func (l *Lock) leads(within time.Duration) bool { return l.until(within).After(l.clock.Now()) }

func (l *Lock) until(within time.Duration) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.renewed.IsZero() {
		return l.renewed
	}
	return l.renewed.Add(within)
}

// answered reports whether an error is the API server's considered answer, and
// not a sign that it cannot give one.
func answered(err error) bool {
	var status apierrors.APIStatus
	return errors.As(err, &status) && status.Status().Code < http.StatusInternalServerError && status.Status().Code != http.StatusTooManyRequests
}
