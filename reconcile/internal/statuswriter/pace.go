package statuswriter

import (
	"fmt"
	"maps"
	"reflect"
	"time"

	"golang.org/x/time/rate"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// Routes come by the thousand, and with every one of them changes what sums them
// up, such as a Gateway's attachedRoutes. That is not to wait until each of them
// has its status, and not to be written with each of them: it goes first, burst
// times in a row and then once in an interval.
const (
	burst    = 10
	interval = 500 * time.Millisecond
)

var route = reflect.TypeFor[gatewayv1.HTTPRoute]()

// priority is a target's place in the queue: higher ones go first.
func (t target) priority() int {
	if t.kind == route {
		return 0
	}
	return 1
}

// earlyError puts a write off.
type earlyError struct{ wait time.Duration }

func (e *earlyError) Error() string { return fmt.Sprintf("to be written in %s", e.wait) }

// pace counts a write that is to come now, or says how long it has to wait.
func (w *Writer) pace(t target, now time.Time) error {
	if t.kind == route {
		return nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.paces[t]
	if l == nil {
		// Those that have rested are as good as new.
		maps.DeleteFunc(w.paces, func(_ target, l *rate.Limiter) bool { return l.TokensAt(now) >= burst })
		l = rate.NewLimiter(rate.Every(interval), burst)
		w.paces[t] = l
	}
	r := l.ReserveN(now, 1)
	if wait := r.DelayFrom(now); wait > 0 {
		r.CancelAt(now)
		return &earlyError{wait}
	}
	return nil
}
