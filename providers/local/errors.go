package local

import (
	"errors"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"fairway.dev/fairway/providers"
)

// taken says that something foreign has our name.
func taken(name string) error {
	return &providers.Error{
		Kind: providers.Conflict, Reason: "NameTaken",
		Message: name + " exists and does not belong to this Gateway: delete or rename it",
	}
}

// preceded says that what has our name is of a Gateway of the same name that
// is no more. Core removes it.
func preceded(name string) error {
	return &providers.Error{
		Kind: providers.Pending, After: 10 * time.Second, Reason: "Predecessor",
		Message: name + " belongs to an earlier Gateway of this name and is removed first",
	}
}

// explain sorts an error of the hub's API server. Its words are for logs; the
// message stays the same between tries.
func explain(err error, verb, name string) error {
	if err == nil {
		return nil
	}
	e := &providers.Error{Err: err, Message: fmt.Sprintf("could not %s %s", verb, name)}
	switch {
	case apierrors.IsForbidden(err) && strings.Contains(err.Error(), "exceeded quota"):
		e.Kind, e.Reason = providers.Quota, "QuotaExceeded"
		e.Message += ": a quota of the namespace is used up"
	case apierrors.IsForbidden(err):
		e.Kind, e.Reason = providers.Denied, "Forbidden"
		e.Message += ": the hub's API server forbids it to Fairway's account"
	case apierrors.IsConflict(err):
		e.Kind, e.Reason = providers.Stale, "Changed"
		e.Message += ": it was changed meanwhile"
	case apierrors.IsTooManyRequests(err):
		e.Kind, e.Reason = providers.Throttled, "Throttled"
		e.Message += ": the hub's API server asks for fewer calls"
		if seconds, ok := apierrors.SuggestsClientDelay(err); ok {
			e.After = time.Duration(seconds) * time.Second
		}
	case apierrors.IsInvalid(err):
		e.Kind, e.Reason = providers.Invalid, "Invalid"
		e.Message += ": the hub's API server does not accept it" + causes(err)
	case apierrors.IsNotFound(err):
		e.Kind, e.Reason = providers.Invalid, "NotFound"
		e.Message += ": its namespace does not exist"
	}
	return e
}

// causes are the fields that the API server names as wrong, after ": ". Its
// words on a field stay the same between tries.
func causes(err error) string {
	status, ok := errors.AsType[*apierrors.StatusError](err)
	if !ok || status.ErrStatus.Details == nil {
		return ""
	}
	var all []string
	for _, c := range status.ErrStatus.Details.Causes {
		all = append(all, c.Field+": "+c.Message)
	}
	if len(all) == 0 {
		return ""
	}
	return ": " + strings.Join(all, "; ")
}
