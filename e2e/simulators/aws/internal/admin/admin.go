// Package admin is the simulator's own HTTP interface, below a path that no
// service of AWS uses: the ledger, faults, quotas, throttles and the clock.
package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/fault"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ledger"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
	"fairway.dev/fairway/e2e/simulators/aws/internal/throttle"
)

// Path is what all paths of this interface begin with.
const Path = "/_simulator/"

// Quotas are the limits that can be changed.
type Quotas interface {
	// All gives the limits in force by name.
	All(store.Scope) map[string]int
	// Set changes one. It tells whether there is a limit of that name.
	Set(scope store.Scope, name string, value int) bool
}

// Options are what the interface works on.
type Options struct {
	Ledger   *ledger.Ledger
	Faults   *fault.Rules
	Throttle *throttle.Throttle
	Clock    *clock.Clock
	Quotas   Quotas
	// Environ gives the environment of a client as lines of a shell.
	Environ func(account, region string) (string, error)
}

// New makes the handler.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	handle := func(pattern string, f func(*http.Request) (any, error)) {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { answer(w, r, f) })
	}
	handle("GET "+Path+"health", func(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil })
	handle("GET "+Path+"environ", func(r *http.Request) (any, error) {
		text, err := o.Environ(r.FormValue("account"), r.FormValue("region"))
		return plain(text), err
	})
	handle("GET "+Path+"ledger", o.calls)
	handle("GET "+Path+"ledger/mark", func(*http.Request) (any, error) { return map[string]int64{"mark": o.Ledger.Mark()}, nil })
	handle("GET "+Path+"ledger/diff", o.diff)
	handle("POST "+Path+"ledger/reset", func(*http.Request) (any, error) { o.Ledger.Reset(); return nil, nil })
	handle("GET "+Path+"faults", func(*http.Request) (any, error) { return o.Faults.List(), nil })
	handle("POST "+Path+"faults", o.addFault)
	handle("DELETE "+Path+"faults", func(*http.Request) (any, error) { o.Faults.Clear(); return nil, nil })
	handle("DELETE "+Path+"faults/{id}", o.removeFault)
	handle("GET "+Path+"quotas", func(r *http.Request) (any, error) { return o.Quotas.All(scope(r)), nil })
	handle("PUT "+Path+"quotas/{name}", o.setQuota)
	handle("PUT "+Path+"throttle", o.setThrottle)
	handle("GET "+Path+"clock", o.time)
	handle("POST "+Path+"clock/advance", o.advance)
	return mux
}

// plain is an answer that is text and no JSON.
type plain string

// problem is an error that is the caller's.
type problem struct {
	status int
	err    error
}

func (p problem) Error() string { return p.err.Error() }
func (p problem) Unwrap() error { return p.err }

func wrong(format string, args ...any) error {
	return problem{http.StatusBadRequest, fmt.Errorf(format, args...)}
}

func answer(w http.ResponseWriter, r *http.Request, f func(*http.Request) (any, error)) {
	// A request body here is a few fields.
	r.Body = http.MaxBytesReader(w, r.Body, 1<<16)
	result, err := f(r)
	var p problem
	switch {
	case errors.As(err, &p):
		http.Error(w, err.Error(), p.status)
	case err != nil:
		http.Error(w, err.Error(), http.StatusInternalServerError)
	case result == nil:
		w.WriteHeader(http.StatusNoContent)
	default:
		write(w, result)
	}
}

// write answers with text or JSON. A client that went away needs no answer.
func write(w http.ResponseWriter, result any) {
	if text, ok := result.(plain); ok {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		_, _ = io.WriteString(w, string(text))
		return
	}
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(result)
}

// read reads a request's JSON.
func read(r *http.Request, into any) error {
	decoder := json.NewDecoder(r.Body)
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return wrong("read request: %w", err)
	}
	return nil
}

func scope(r *http.Request) store.Scope {
	return store.Scope{Account: r.FormValue("account"), Region: r.FormValue("region")}
}

func (o Options) addFault(r *http.Request) (any, error) {
	var rule fault.Rule
	if err := read(r, &rule); err != nil {
		return nil, err
	}
	id, err := o.Faults.Add(rule)
	if err != nil {
		return nil, problem{http.StatusBadRequest, err}
	}
	return map[string]int64{"id": id}, nil
}

func (o Options) removeFault(r *http.Request) (any, error) {
	id, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || !o.Faults.Remove(id) {
		return nil, problem{http.StatusNotFound, fmt.Errorf("no fault rule %s", r.PathValue("id"))}
	}
	return nil, nil
}

func (o Options) setQuota(r *http.Request) (any, error) {
	var to struct {
		Value int `json:"value"`
	}
	if err := read(r, &to); err != nil {
		return nil, err
	}
	if !o.Quotas.Set(scope(r), r.PathValue("name"), to.Value) {
		return nil, problem{http.StatusNotFound, fmt.Errorf("no quota %s", r.PathValue("name"))}
	}
	return nil, nil
}

func (o Options) setThrottle(r *http.Request) (any, error) {
	var to struct {
		Scale float64 `json:"scale"`
	}
	if err := read(r, &to); err != nil {
		return nil, err
	}
	o.Throttle.SetScale(to.Scale)
	return nil, nil
}

func (o Options) time(*http.Request) (any, error) {
	return map[string]any{"now": o.Clock.Now(), "rate": o.Clock.Rate()}, nil
}

func (o Options) advance(r *http.Request) (any, error) {
	var to struct {
		By clock.Duration `json:"by"`
	}
	if err := read(r, &to); err != nil {
		return nil, err
	}
	if to.By < 0 {
		return nil, wrong("time goes on only")
	}
	o.Clock.Advance(time.Duration(to.By))
	return o.time(r)
}
