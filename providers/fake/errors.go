package fake

import (
	"errors"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
)

// explain sorts the cloud's errors. The Message is ours and says the same each
// time; the cloud's words, with the id of the request, are for logs.
func explain(err error, doing string) error {
	if err == nil {
		return nil
	}
	e := &providers.Error{Err: err, Reason: "CloudUnreachable", Message: "could not " + doing + ": the cloud did not answer"}
	var answer *cloud.Error
	if !errors.As(err, &answer) {
		return e
	}
	e.Message = "could not " + doing
	switch answer.Code {
	case cloud.Malformed:
		e.Kind, e.Reason = providers.Invalid, "RefusedByCloud"
		e.Message += ": the cloud does not accept it; the hub's log has its words"
	case cloud.Denied:
		e.Kind, e.Reason = providers.Denied, "Denied"
		e.Message += ": the cloud denies it to Fairway's account: grant it there"
	case cloud.OverLimit:
		e.Kind, e.Reason = providers.Quota, "QuotaExceeded"
		e.Message += ": a limit of the cloud is reached: raise it, or remove something"
	case cloud.Throttled:
		e.Kind, e.Reason = providers.Throttled, "Throttled"
		e.Message += ": the cloud asks for fewer calls"
	case cloud.NotFound, cloud.Exists, cloud.Gone, cloud.InUse:
		// The world is not what was observed.
		e.Kind, e.Reason = providers.Stale, "Changed"
		e.Message += ": the cloud's resources were changed meanwhile"
	default:
		e.Reason = "CloudFailed"
		e.Message += ": the cloud failed"
	}
	return e
}

// is reports whether the cloud answered with a code.
func is(err error, code int) bool {
	var answer *cloud.Error
	return errors.As(err, &answer) && answer.Code == code
}

// preceded says that what has our name is of a Gateway of the same name that
// is no more. Core removes it; nobody tells when it is gone.
func preceded(name string) error {
	return &providers.Error{
		Kind: providers.Pending, After: 10 * time.Second, Reason: "Predecessor",
		Message: name + " belongs to an earlier Gateway of this name and is removed first",
	}
}

// taken says that something foreign has our name.
func taken(name string) error {
	return &providers.Error{
		Kind: providers.Conflict, Reason: "NameTaken",
		Message: name + " exists and does not belong to this Gateway: delete it or give it another name",
	}
}
