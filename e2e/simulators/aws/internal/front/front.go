// Package front is where requests come in: it finds out which service, account
// and region a request is for, holds it to its signature, the throttles, the
// fault rules and the model, has the service do it, and writes the ledger.
package front

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/clock"
	"fairway.dev/fairway/e2e/simulators/aws/internal/fault"
	"fairway.dev/fairway/e2e/simulators/aws/internal/identity"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ledger"
	"fairway.dev/fairway/e2e/simulators/aws/internal/model"
	"fairway.dev/fairway/e2e/simulators/aws/internal/throttle"
	"fairway.dev/fairway/e2e/simulators/aws/internal/wire"
)

// maxBody bounds a request. AWS takes 1 MiB for these services.
const maxBody = 1 << 20

// Options are what the front works with.
type Options struct {
	// Services are the operations by the service's name in the model.
	Services  map[string]map[string]api.Operation
	Directory *identity.Directory
	Clock     *clock.Clock
	Throttle  *throttle.Throttle
	Faults    *fault.Rules
	Ledger    *ledger.Ledger
	Log       *slog.Logger
	// Unsigned takes requests whose signature is wrong, for clients behind a proxy that changes them.
	Unsigned bool
}

// Front is the handler of all services.
type Front struct {
	Options
	services map[string]service
}

// service is a service as the front knows it.
type service struct {
	model      *model.Service
	protocol   wire.Protocol
	operations map[string]api.Operation
}

// New makes the handler. Every operation that a service has must be in the model.
func New(o Options) (*Front, error) {
	f := &Front{Options: o, services: map[string]service{}}
	for name, operations := range o.Services {
		described, err := model.Of(name)
		if err != nil {
			return nil, err
		}
		for operation := range operations {
			if described.Operations[operation] == nil {
				return nil, fmt.Errorf("service %s has an operation %q that its model does not have", name, operation)
			}
		}
		f.services[name] = service{described, wire.Of(described), operations}
	}
	return f, nil
}

// exchange is one request on its way through.
type exchange struct {
	service
	name    string
	request *wire.Request
	call    *api.Call
	entry   ledger.Entry
	begun   time.Time
	hit     *fault.Hit
}

func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	x := &exchange{begun: time.Now()}
	x.call = &api.Call{Ctx: r.Context(), RequestID: newRequestID(), UserAgent: r.UserAgent(), Now: f.Clock.Now()}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	if err != nil {
		var tooLarge *http.MaxBytesError
		if !errors.As(err, &tooLarge) {
			return
		}
		http.Error(w, "request too large", http.StatusRequestEntityTooLarge)
		return
	}
	scope, signed := readScope(r)
	name := serviceOf(r, scope, body)
	known, there := f.services[name]
	if !there {
		http.Error(w, "the simulator has no such service; it is told from X-Amz-Target or the signature's credential scope", http.StatusNotFound)
		return
	}
	x.service, x.name = known, name
	x.call.Region = scope.region
	if !signed {
		f.fail(w, x, missingToken())
		return
	}
	if failure := f.authenticate(r, scope, body, x); failure != nil {
		f.fail(w, x, failure)
		return
	}
	if failure := f.accept(r, body, x); failure != nil {
		f.fail(w, x, failure)
		return
	}
	f.perform(w, x)
}

// accept reads the operation and asks the fault rules and the throttle.
func (f *Front) accept(r *http.Request, body []byte, x *exchange) *api.Error {
	request, failure := x.protocol.Read(r, body)
	if failure != nil {
		return failure
	}
	x.request = request
	x.entry.Operation = request.Operation
	x.entry.Attempt = ledger.Attempt(r.Header.Get("Amz-Sdk-Request"))
	if _, there := x.operations[request.Operation]; !there {
		if x.model.Has(request.Operation) {
			return api.Errorf("NotImplemented", "The simulator does not have %s.", request.Operation).WithStatus(http.StatusNotImplemented)
		}
		return x.protocol.Unknown(request.Operation)
	}
	x.hit = f.Faults.Hit(fault.Call{
		Service: x.name, Operation: request.Operation, Account: x.call.Account, Region: x.call.Region,
		UserAgent: x.call.UserAgent, Parameters: plainText(body),
	})
	if x.hit != nil {
		if failure := injected(x); failure != nil {
			return failure
		}
	}
	return f.Throttle.Allow(x.call, x.name, request.Operation)
}

// plainText is a body as fault rules look at it.
func plainText(body []byte) string {
	if text, err := url.QueryUnescape(string(body)); err == nil {
		return text
	}
	return string(body)
}

// perform does what was asked, and answers.
func (f *Front) perform(w http.ResponseWriter, x *exchange) {
	switch x.kind() {
	case fault.Cut:
		f.cut(x, "cut")
	case fault.Slow:
		if !wait(x.call.Ctx, time.Duration(x.hit.Delay)) {
			return
		}
	}
	answer := f.do(x)
	switch x.kind() {
	case fault.Lost:
		f.cut(x, "lost")
	case fault.Stale:
		if repeated, ok := x.hit.Repeat(answer).(wire.Answer); ok {
			answer = repeated
		}
	}
	f.answer(w, x, answer)
}

// do has the service do it.
func (f *Front) do(x *exchange) (answer wire.Answer) {
	defer func() {
		if bug := recover(); bug != nil {
			f.Log.Error("an operation panicked", "service", x.name, "operation", x.request.Operation, "panic", bug)
			answer = f.failure(x, internalFailure())
		}
	}()
	operation := x.operations[x.request.Operation]
	input, failure := x.protocol.Decode(x.request, operation.Input)
	if failure == nil {
		failure = x.model.Validate(x.request.Operation, input)
	}
	if failure != nil {
		return f.failure(x, failure)
	}
	out, err := operation.Do(x.call, input)
	if err != nil {
		if !errors.As(err, &failure) {
			f.Log.Error("an operation failed", "service", x.name, "operation", x.request.Operation, "err", err)
			failure = internalFailure()
		}
		return f.failure(x, failure)
	}
	answer, err = x.protocol.Success(x.request.Operation, out, x.call.RequestID)
	if err != nil {
		f.Log.Error("an answer cannot be encoded", "service", x.name, "operation", x.request.Operation, "err", err)
		return f.failure(x, internalFailure())
	}
	return answer
}

// wait tells whether the time passed before the client went away.
func wait(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
