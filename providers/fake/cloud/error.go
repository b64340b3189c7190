package cloud

import "fmt"

// The codes of errors.
const (
	Malformed = 400 // it makes no sense, or names something that does not exist
	Denied    = 403
	NotFound  = 404
	Exists    = 409 // the name is taken
	Gone      = 412 // the revision is not the present one
	InUse     = 423 // another resource names it, or an operation is under way
	Throttled = 429
	OverLimit = 507
)

// Error is what the API answers with.
type Error struct {
	Code int
	Text string
	// Request is different in each answer.
	Request int
}

// Error is the text with the request's id, as clouds write it.
func (e *Error) Error() string {
	return fmt.Sprintf("%d: %s (request id req-%06d)", e.Code, e.Text, e.Request)
}
