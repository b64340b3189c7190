// Package ledger keeps account of every call: who made it, what it was, which
// attempt, what came of it and when. Numbers about clients come from here.
package ledger

import (
	"regexp"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Capacity is how many calls are kept; beyond it the oldest are forgotten.
const Capacity = 200_000

// OK is the outcome of a call that succeeded. Other outcomes are error codes,
// and "lost" and "cut" where a fault took the answer or the connection.
const OK = "ok"

// Entry is one call: one HTTP request.
type Entry struct {
	// Seq numbers calls from 1 on; Reset does not begin anew.
	Seq       int64  `json:"seq"`
	RequestID string `json:"requestId"`
	// Time is the simulator's time of the request; Took is real time.
	Time      time.Time     `json:"time"`
	Took      time.Duration `json:"tookNanoseconds"`
	Account   string        `json:"account"`
	Region    string        `json:"region"`
	Service   string        `json:"service"`
	Operation string        `json:"operation"`
	// Attempt is the client's own count, from 1; 0 if it does not tell.
	Attempt   int    `json:"attempt"`
	UserAgent string `json:"userAgent"`
	// Client is the short name of the client; see Client.
	Client  string `json:"client"`
	Outcome string `json:"outcome"`
	Message string `json:"message,omitempty"`
	Status  int    `json:"status"`
}

// Ledger is safe for concurrent use.
type Ledger struct {
	mu      sync.RWMutex
	last    int64
	entries []Entry
}

// New makes an empty Ledger.
func New() *Ledger { return &Ledger{} }

// Add writes a call down.
func (l *Ledger) Add(e Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	e.Seq = l.last
	if len(l.entries) >= Capacity {
		// A tenth at a time, so that moving costs little.
		l.entries = append(l.entries[:0], l.entries[Capacity/10:]...)
	}
	l.entries = append(l.entries, e)
}

// Mark is the number of the last call, to give to Since later.
func (l *Ledger) Mark() int64 {
	l.mu.RLock()
	defer l.mu.RUnlock()
	return l.last
}

// Since gives the calls after a mark; 0 gives all that are kept.
func (l *Ledger) Since(mark int64) []Entry {
	l.mu.RLock()
	defer l.mu.RUnlock()
	first := l.last - int64(len(l.entries))
	skip := max(mark-first, 0)
	if skip >= int64(len(l.entries)) {
		return nil
	}
	return append([]Entry(nil), l.entries[skip:]...)
}

// Last gives the newest calls, newest first.
func (l *Ledger) Last(n int) []Entry {
	l.mu.RLock()
	defer l.mu.RUnlock()
	var all []Entry
	for i := len(l.entries) - 1; i >= 0 && len(all) < n; i-- {
		all = append(all, l.entries[i])
	}
	return all
}

// Reset forgets all calls.
func (l *Ledger) Reset() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.entries = nil
}

var attempt = regexp.MustCompile(`attempt=(\d+)`)

// Attempt reads the SDK's header amz-sdk-request; 0 if it does not say.
func Attempt(header string) int {
	found := attempt.FindStringSubmatch(header)
	if found == nil {
		return 0
	}
	n, err := strconv.Atoi(found[1])
	if err != nil {
		return 0
	}
	return n
}

// Client is a short name for a User-Agent: the application id if the SDK was
// given one ("app/..."), "Terraform" for that, else its first product without the version.
func Client(userAgent string) string {
	for word := range strings.FieldsSeq(userAgent) {
		if app, found := strings.CutPrefix(word, "app/"); found {
			return app
		}
		if strings.HasPrefix(word, "Terraform/") {
			return "Terraform"
		}
	}
	first, _, _ := strings.Cut(userAgent, " ")
	name, _, _ := strings.Cut(first, "/")
	return name
}
