// Package wire speaks the protocols of AWS's services: the query protocol of
// ELBv2 and STS, EC2's variant of it, and JSON 1.1. It turns requests into the
// SDK's input structs and the SDK's output structs into answers, by reflection
// and the names in the model.
package wire

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/model"
)

// Protocol is how one service is spoken to.
type Protocol struct{ service *model.Service }

// Of is the protocol of a service.
func Of(service *model.Service) Protocol { return Protocol{service} }

// Request is a request whose operation is known and whose input is not read yet.
type Request struct {
	Operation string
	form      url.Values
	body      []byte
}

// Read finds out which operation a request is for. The body was read by the
// caller, who needs it for the signature, too.
func (p Protocol) Read(r *http.Request, body []byte) (*Request, *api.Error) {
	if p.service.Protocol == "json" {
		_, operation, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
		return &Request{Operation: operation, body: body}, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, api.Errorf("MalformedQueryString", "The query string contains a syntax error").WithStatus(http.StatusNotFound)
	}
	for name, values := range r.URL.Query() {
		form[name] = append(form[name], values...)
	}
	request := &Request{Operation: form.Get("Action"), form: form}
	switch {
	case request.Operation == "":
		return nil, api.Errorf("MissingAction", "The request is missing an action or a required parameter.")
	case form.Get("Version") != p.service.Version:
		return nil, api.Errorf("InvalidAction", "Could not find operation %s for version %s", request.Operation, orNone(form.Get("Version")))
	}
	return request, nil
}

func orNone(version string) string {
	if version == "" {
		return "NO_VERSION_SPECIFIED"
	}
	return version
}

// Decode reads the input of an operation into a new struct of the given type
// and gives a pointer to it.
func (p Protocol) Decode(r *Request, input reflect.Type) (any, *api.Error) {
	into := reflect.New(input)
	if p.service.Protocol == "json" {
		return into.Interface(), decodeJSON(r.body, into.Interface())
	}
	op := p.service.Operations[r.Operation]
	d := decoder{flat: p.service.Protocol == "ec2"}
	return into.Interface(), d.structure(tree(r.form), into.Elem(), op.Input, "")
}

// Unknown is the error for an operation that the service does not have.
// Source: API references, "Common Errors": InvalidAction; JSON protocol: UnknownOperationException.
func (p Protocol) Unknown(operation string) *api.Error {
	switch p.service.Protocol {
	case "json":
		return api.Errorf("UnknownOperationException", "%s", operation)
	case "ec2":
		return api.Errorf("InvalidAction", "The action %s is not valid for this web service.", operation)
	default:
		return api.Errorf("InvalidAction", "Could not find operation %s for version %s", operation, p.service.Version)
	}
}

// Answer is what goes back to the client.
type Answer struct {
	Status      int
	ContentType string
	// Code is the error's, for the ledger; empty is success.
	Code string
	Body []byte
}

// Success is the answer with an operation's output.
func (p Protocol) Success(operation string, out any, requestID string) (Answer, error) {
	answer := Answer{Status: http.StatusOK, ContentType: p.contentType()}
	if p.service.Protocol == "json" {
		body, err := encodeJSON(out)
		if err != nil {
			return answer, fmt.Errorf("encode output of %s: %w", operation, err)
		}
		answer.Body = body
		return answer, nil
	}
	answer.Body = p.envelope(p.service.Operations[operation], out, requestID)
	return answer, nil
}

// Failure is the answer with an error.
func (p Protocol) Failure(failure *api.Error, requestID string) (Answer, error) {
	answer := Answer{Status: failure.HTTPStatus(), ContentType: p.contentType(), Code: failure.Code}
	if p.service.Protocol == "json" {
		body, err := json.Marshal(map[string]string{"__type": failure.Code, "message": failure.Message})
		if err != nil {
			return answer, fmt.Errorf("encode error %s: %w", failure.Code, err)
		}
		answer.Body = body
		return answer, nil
	}
	answer.Body = p.complaint(failure.Code, failure.Message, answer.Status, requestID)
	return answer, nil
}

func (p Protocol) contentType() string {
	switch p.service.Protocol {
	case "json":
		return "application/x-amz-json-1.1"
	case "ec2":
		return "text/xml;charset=UTF-8"
	default:
		return "text/xml"
	}
}
