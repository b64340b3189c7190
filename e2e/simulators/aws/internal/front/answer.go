package front

import (
	"cmp"
	cryptorand "crypto/rand"
	"net/http"
	"strconv"
	"time"

	"github.com/aws/smithy-go/rand"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/fault"
	"fairway.dev/fairway/e2e/simulators/aws/internal/ledger"
	"fairway.dev/fairway/e2e/simulators/aws/internal/throttle"
	"fairway.dev/fairway/e2e/simulators/aws/internal/wire"
)

// kind is the fault that the call suffers, or nothing.
func (x *exchange) kind() fault.Kind {
	if x.hit == nil {
		return ""
	}
	return x.hit.Kind
}

// injected is the error that a fault rule wants, or nil.
func injected(x *exchange) *api.Error {
	switch x.hit.Kind {
	case fault.Throttle:
		return throttle.Error(x.name)
	case fault.Denied:
		return denied(x)
	case fault.Error:
		failure := internalFailure()
		if x.hit.Code != "" {
			failure = &api.Error{Code: x.hit.Code, Message: "The simulator was told to fail.", Status: x.hit.Status}
		} else if x.hit.Status != 0 {
			failure.Status = x.hit.Status
		}
		failure.Message = cmp.Or(x.hit.Message, failure.Message)
		return failure
	}
	return nil
}

func internalFailure() *api.Error {
	return api.Errorf("InternalFailure", "We encountered an internal error. Please try again.").WithStatus(http.StatusInternalServerError)
}

// denied is what a caller without permission gets. Sources: each service's API
// reference, "Common Errors"; EC2 API reference, "Error codes": UnauthorizedOperation.
func denied(x *exchange) *api.Error {
	action := map[string]string{
		"elbv2": "elasticloadbalancing", "tagging": "tag", "quotas": "servicequotas",
	}[x.name]
	if action == "" {
		action = x.name
	}
	switch x.model.Protocol {
	case "ec2":
		return api.Errorf("UnauthorizedOperation", "You are not authorized to perform this operation. User: %s is not authorized to perform: %s:%s",
			x.call.Principal, action, x.request.Operation).WithStatus(http.StatusForbidden)
	case "json":
		return api.Errorf("AccessDeniedException", "User: %s is not authorized to perform: %s:%s", x.call.Principal, action, x.request.Operation)
	default:
		return api.Errorf("AccessDenied", "User: %s is not authorized to perform: %s:%s",
			x.call.Principal, action, x.request.Operation).WithStatus(http.StatusForbidden)
	}
}

// failure is an error's answer. An error that cannot be encoded has an empty one.
func (f *Front) failure(x *exchange, failure *api.Error) wire.Answer {
	x.entry.Message = failure.Message
	answer, err := x.protocol.Failure(failure, x.call.RequestID)
	if err != nil {
		f.Log.Error("an error cannot be encoded", "service", x.name, "err", err)
	}
	return answer
}

func (f *Front) fail(w http.ResponseWriter, x *exchange, failure *api.Error) {
	f.answer(w, x, f.failure(x, failure))
}

func (f *Front) answer(w http.ResponseWriter, x *exchange, answer wire.Answer) {
	outcome := answer.Code
	if outcome == "" {
		outcome = ledger.OK
	}
	f.note(x, outcome, answer.Status)
	header := w.Header()
	header.Set("Content-Type", answer.ContentType)
	header.Set("Content-Length", strconv.Itoa(len(answer.Body)))
	header.Set("X-Amzn-Requestid", x.call.RequestID)
	w.WriteHeader(answer.Status)
	if _, err := w.Write(answer.Body); err != nil {
		f.Log.Debug("the client went away", "operation", x.entry.Operation, "err", err)
	}
}

// cut ends the connection without an answer.
func (f *Front) cut(x *exchange, outcome string) {
	f.note(x, outcome, 0)
	panic(http.ErrAbortHandler)
}

// note writes the call into the ledger.
func (f *Front) note(x *exchange, outcome string, status int) {
	e := x.entry
	e.RequestID, e.Time, e.Took = x.call.RequestID, x.call.Now, time.Since(x.begun)
	e.Account, e.Region, e.Service = x.call.Account, x.call.Region, x.name
	e.UserAgent, e.Client = x.call.UserAgent, ledger.Client(x.call.UserAgent)
	e.Outcome, e.Status = outcome, status
	f.Ledger.Add(e)
}

// newRequestID is a UUID, as AWS's are.
func newRequestID() string {
	// It fails if its source of chance does, and crypto/rand never does.
	id, _ := rand.NewUUID(cryptorand.Reader).GetUUID()
	return id
}
