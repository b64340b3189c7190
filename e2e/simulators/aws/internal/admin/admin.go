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
	"strings"
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
	// Scope is the account and region of these names, or what is meant if they are empty.
	Scope func(account, region string) (store.Scope, error)
	// Environ gives the environment of a client as lines of a shell.
	Environ func(account, region string) (string, error)
}

// path is one thing that can be asked for.
type path struct {
	method, name, help string
	answer             func(*http.Request) (any, error)
}

// paths are all of them.
func (o Options) paths() []path {
	return []path{
		{"GET", "health", "whether it is there", func(*http.Request) (any, error) { return map[string]string{"status": "ok"}, nil }},
		{"GET", "environ", "lines for a shell; ?account=, ?region=", o.environ},
		{"GET", "ledger", "all calls; ?format=table counts them, ?since=MARK gives those after a mark", o.calls},
		{"GET", "ledger/mark", "the number of the last call", func(*http.Request) (any, error) { return map[string]int64{"mark": o.Ledger.Mark()}, nil }},
		{"GET", "ledger/diff", "counts the calls ?since=MARK; ?format=table", o.diff},
		{"POST", "ledger/reset", "forgets all calls", func(*http.Request) (any, error) { o.Ledger.Reset(); return nil, nil }},
		{"GET", "faults", "the fault rules, and how often each matched", func(*http.Request) (any, error) { return o.Faults.List(), nil }},
		{"POST", "faults", `adds one: {"kind":"error","operation":"Describe*","resource":"part of an ARN","first":2,"times":1}`, o.addFault},
		{"DELETE", "faults", "takes all away", func(*http.Request) (any, error) { o.Faults.Clear(); return nil, nil }},
		{"DELETE", "faults/{id}", "takes one away", o.removeFault},
		{"GET", "quotas", "the limits in force; ?account=, ?region=", o.quotas},
		{"PUT", "quotas/{name}", `changes one: {"value":3}; ?account=, ?region=`, o.setQuota},
		{"PUT", "throttle", `multiplies AWS's request rates, and fills the buckets: {"scale":0.5}; 0 throttles nothing`, o.setThrottle},
		{"GET", "clock", "the simulator's time", o.time},
		{"POST", "clock/advance", `steps it: {"by":"5m"}`, o.advance},
	}
}

// New makes the handler.
func New(o Options) http.Handler {
	mux := http.NewServeMux()
	var index strings.Builder
	for _, p := range o.paths() {
		mux.HandleFunc(p.method+" "+Path+p.name, func(w http.ResponseWriter, r *http.Request) { answer(w, r, p.answer) })
		fmt.Fprintf(&index, "%-6s %-27s %s\n", p.method, Path+p.name, p.help)
	}
	mux.HandleFunc("GET "+Path+"{$}", func(w http.ResponseWriter, _ *http.Request) { write(w, plain(index.String())) })
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

// scope is the account and region that are asked for.
func (o Options) scope(r *http.Request) (store.Scope, error) {
	scope, err := o.Scope(r.FormValue("account"), r.FormValue("region"))
	if err != nil {
		return scope, problem{http.StatusNotFound, err}
	}
	return scope, nil
}

func (o Options) environ(r *http.Request) (any, error) {
	scope, err := o.scope(r)
	if err != nil {
		return nil, err
	}
	text, err := o.Environ(scope.Account, scope.Region)
	return plain(text), err
}

func (o Options) quotas(r *http.Request) (any, error) {
	scope, err := o.scope(r)
	if err != nil {
		return nil, err
	}
	return o.Quotas.All(scope), nil
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
		Value *int `json:"value"`
	}
	if err := read(r, &to); err != nil {
		return nil, err
	}
	scope, err := o.scope(r)
	switch {
	case err != nil:
		return nil, err
	case to.Value == nil || *to.Value < 0:
		return nil, wrong("a quota has a value of 0 or more")
	case !o.Quotas.Set(scope, r.PathValue("name"), *to.Value):
		return nil, problem{http.StatusNotFound, fmt.Errorf("no quota %s", r.PathValue("name"))}
	}
	return nil, nil
}

func (o Options) setThrottle(r *http.Request) (any, error) {
	var to struct {
		Scale *float64 `json:"scale"`
	}
	if err := read(r, &to); err != nil {
		return nil, err
	}
	if to.Scale == nil || *to.Scale < 0 {
		return nil, wrong("a throttle has a scale of 0 or more")
	}
	o.Throttle.SetScale(*to.Scale)
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
