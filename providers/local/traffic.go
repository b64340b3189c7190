package local

import (
	"net/netip"
	"strconv"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"fairway.dev/fairway/api/v1alpha1"
)

// How long proxies drain: fairway-proxy's default, the most that can be asked
// for, and what a pod has on top for the delay before it and for the rest.
const (
	defaultDrain = 25 * time.Second
	longestDrain = time.Hour
	afterDrain   = 20 * time.Second
)

// traffic reads what is set of a proxy's timeouts and limits.
type traffic struct {
	// args are fairway-proxy's flags.
	args   []string
	drain  time.Duration
	faults field.ErrorList
}

func readTraffic(wished *v1alpha1.LocalTraffic, path *field.Path) traffic {
	t := traffic{drain: defaultDrain}
	if wished == nil {
		return t
	}
	t.networks("trusted-proxies", path.Child("trustedProxies"), wished.TrustedProxies)
	if w, at := wished.Timeouts, path.Child("timeouts"); w != nil {
		const least = time.Millisecond
		t.duration("header-timeout", at.Child("header"), w.Header, least)
		t.duration("idle-timeout", at.Child("idle"), w.Idle, least)
		t.duration("stall-timeout", at.Child("stall"), w.Stall, 0)
		t.duration("connect-timeout", at.Child("connect"), w.Connect, least)
		t.duration("response-timeout", at.Child("response"), w.Response, 0)
		if drain := t.duration("drain-timeout", at.Child("drain"), w.Drain, 0); w.Drain != nil {
			t.drain = drain
		}
		if t.drain > longestDrain {
			t.faults = append(t.faults, field.Invalid(at.Child("drain"), *w.Drain, "use at most "+longestDrain.String()))
		}
	}
	if w, at := wished.Limits, path.Child("limits"); w != nil {
		t.bytes("max-header-bytes", at.Child("headerBytes"), w.HeaderBytes, 1)
		t.bytes("max-body-bytes", at.Child("bodyBytes"), w.BodyBytes, 0)
		t.count("max-connections", at.Child("connections"), w.Connections, 0)
		t.count("max-concurrent-streams", at.Child("streams"), w.Streams, 1)
	}
	return t
}

func (t *traffic) set(flag, value string) { t.args = append(t.args, "--"+flag+"="+value) }

func (t *traffic) networks(flag string, path *field.Path, all []string) {
	for i, n := range all {
		if _, err := netip.ParsePrefix(n); err != nil {
			t.faults = append(t.faults, field.Invalid(path.Index(i), n, "write a network as in 10.0.0.0/8 or fd00::/8"))
		}
	}
	if len(all) > 0 {
		t.set(flag, strings.Join(all, ","))
	}
}

func (t *traffic) duration(flag string, path *field.Path, d *v1alpha1.Duration, least time.Duration) time.Duration {
	if d == nil {
		return 0
	}
	parsed, err := time.ParseDuration(string(*d))
	if err != nil || parsed < least {
		t.faults = append(t.faults, field.Invalid(path, string(*d), "write a time of at least "+least.String()+", as in 500ms, 10s or 1m30s"))
	}
	t.set(flag, string(*d))
	return parsed
}

func (t *traffic) bytes(flag string, path *field.Path, q *resource.Quantity, least int64) {
	if q == nil {
		return
	}
	if q.Value() < least {
		t.faults = append(t.faults, field.Invalid(path, q.String(), "use at least "+strconv.FormatInt(least, 10)))
	}
	t.set(flag, strconv.FormatInt(q.Value(), 10))
}

func (t *traffic) count(flag string, path *field.Path, n *int32, least int32) {
	if n == nil {
		return
	}
	if *n < least {
		t.faults = append(t.faults, field.Invalid(path, *n, "use at least "+strconv.Itoa(int(least))))
	}
	t.set(flag, strconv.Itoa(int(*n)))
}
