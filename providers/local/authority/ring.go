package authority

import (
	"bytes"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"time"
)

// Overlap is how long each step of a rotation lasts: longer than any
// certificate that was made before it.
const Overlap = LeafLifetime + time.Hour

// Ring is the authorities of the moment: one that signs and, during a
// rotation, another that is trusted beside it.
//
// A rotation has two steps of Overlap each. In the first, Next is made known:
// whoever gets a certificate learns to trust it. After that nobody with a
// certificate that is still good has not heard of it, so it may sign. In the
// second, what Previous signed is trusted until it has ended.
type Ring struct {
	Current, Next, Previous *Authority
	// Since is when the present step of a rotation began.
	Since time.Time
}

// Ring is the authority by itself, with no rotation under way.
func (a *Authority) Ring() Ring { return Ring{Current: a} }

// trusted are the authorities whose certificates are good.
func (r Ring) trusted() []*Authority {
	var all []*Authority
	for _, a := range []*Authority{r.Current, r.Next, r.Previous} {
		if a != nil {
			all = append(all, a)
		}
	}
	return all
}

// Pool trusts the ring.
func (r Ring) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	for _, a := range r.trusted() {
		pool.AddCert(a.certificate)
	}
	return pool
}

// Certificates are those of the ring, PEM: what proxies trust.
func (r Ring) Certificates() []byte {
	var all bytes.Buffer
	for _, a := range r.trusted() {
		all.Write(a.Certificate())
	}
	return all.Bytes()
}

// Fingerprint tells rings apart, by who signs and who is trusted: 32 hex
// digits, or nothing for an empty ring.
func (r Ring) Fingerprint() string {
	if r.Current == nil {
		return ""
	}
	if r.Next == nil && r.Previous == nil {
		return r.Current.Fingerprint()
	}
	sum := sha256.Sum256(r.Certificates())
	return hex.EncodeToString(sum[:16])
}

// Due is when Turn has something to do: a third of its life before the
// authority's end, or at the end of a step.
func (r Ring) Due() time.Time {
	if r.Next == nil && r.Previous == nil {
		return r.Current.certificate.NotAfter.Add(-Lifetime / 3)
	}
	return r.Since.Add(Overlap)
}

// Turn is the ring at a later time. At once makes it begin a rotation that is
// not due, unless one is under way. It gives r itself where nothing is due.
func (r Ring) Turn(now time.Time, atOnce bool) (Ring, error) {
	idle := r.Next == nil && r.Previous == nil
	switch {
	case now.Before(r.Due()) && (!idle || !atOnce):
		return r, nil
	case r.Next != nil:
		return Ring{Current: r.Next, Previous: r.Current, Since: now}, nil
	case r.Previous != nil:
		return Ring{Current: r.Current}, nil
	}
	next, err := New(now)
	if err != nil {
		return r, err
	}
	return Ring{Current: r.Current, Next: next, Since: now}, nil
}

// The names under which a ring is stored.
const (
	certificateKey = "tls.crt"
	privateKey     = "tls.key"
	nextPrefix     = "next-"
	previousPrefix = "previous-"
	sinceKey       = "since"
)

// Data is the ring, to be stored as a Secret's.
func (r Ring) Data() (map[string][]byte, error) {
	data := map[string][]byte{}
	for prefix, a := range map[string]*Authority{"": r.Current, nextPrefix: r.Next, previousPrefix: r.Previous} {
		if a == nil {
			continue
		}
		pair, err := a.Pair()
		if err != nil {
			return nil, err
		}
		data[prefix+certificateKey], data[prefix+privateKey] = pair.Certificate, pair.Key
	}
	if !r.Since.IsZero() {
		data[sinceKey] = []byte(r.Since.UTC().Format(time.RFC3339))
	}
	return data, nil
}

// ParseRing reads what Data gave.
func ParseRing(data map[string][]byte) (Ring, error) {
	var r Ring
	for prefix, to := range map[string]**Authority{"": &r.Current, nextPrefix: &r.Next, previousPrefix: &r.Previous} {
		if _, stored := data[prefix+certificateKey]; !stored && prefix != "" {
			continue
		}
		a, err := Parse(data[prefix+certificateKey], data[prefix+privateKey])
		if err != nil {
			return Ring{}, fmt.Errorf("%s%s: %w", prefix, certificateKey, err)
		}
		*to = a
	}
	if r.Next == nil && r.Previous == nil {
		return r, nil
	}
	since, err := time.Parse(time.RFC3339, string(data[sinceKey]))
	if err != nil {
		return Ring{}, fmt.Errorf("%s: %w", sinceKey, err)
	}
	r.Since = since
	return r, nil
}
