// Package api is what the simulator's parts say to each other: a call, its
// answer, and an error as AWS gives it. It knows no service and no protocol.
package api

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"time"
)

// Call is one authenticated request.
type Call struct {
	// Ctx ends when the client goes away or the simulator stops.
	Ctx context.Context
	// Account is the 12-digit account that the access key belongs to.
	Account string
	// Region is that of the signature's credential scope.
	Region string
	// Principal is the ARN of the caller.
	Principal string
	// RequestID is what AWS calls x-amzn-RequestId.
	RequestID string
	// UserAgent is the client's own words about itself.
	UserAgent string
	// Now is the simulator's time when the request came in.
	Now time.Time
}

// Error is an error as AWS answers it.
type Error struct {
	// Code is AWS's, such as "LoadBalancerNotFound".
	Code string
	// Message is for people.
	Message string
	// Status is the HTTP status; 0 means 400.
	Status int
}

// Errorf makes an Error with HTTP status 400.
func Errorf(code, format string, args ...any) *Error {
	return &Error{Code: code, Message: fmt.Sprintf(format, args...)}
}

// WithStatus is the error with another HTTP status.
func (e *Error) WithStatus(status int) *Error {
	return &Error{Code: e.Code, Message: e.Message, Status: status}
}

// HTTPStatus is the status to answer with.
func (e *Error) HTTPStatus() int {
	if e.Status == 0 {
		return http.StatusBadRequest
	}
	return e.Status
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Operation is one operation of a service, made from a typed function by Op.
type Operation struct {
	// Input is the SDK's input struct (not a pointer to it).
	Input reflect.Type
	// Do takes a pointer to an Input and gives a pointer to the SDK's output struct. An error that is
	// no *Error is a fault of the simulator itself.
	Do func(c *Call, in any) (out any, err error)
}

// Op makes an Operation of a handler that takes and gives the SDK's own types.
func Op[I, O any](f func(*Call, *I) (*O, error)) Operation {
	return Operation{
		Input: reflect.TypeFor[I](),
		Do: func(c *Call, in any) (any, error) {
			typed, ok := in.(*I)
			if !ok {
				return nil, fmt.Errorf("operation takes %T, got %T", typed, in)
			}
			out, err := f(c, typed)
			if err != nil {
				return nil, err
			}
			return out, nil
		},
	}
}
