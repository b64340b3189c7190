package aws

import (
	"io"
	"net/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// patient is the SDK's HTTP client, made safe against answers that come at once.
//
// The SDK closes a request's body as soon as the answer begins, while the
// transport may be about to look whether the body has more. A closed body of the
// SDK says io.EOF from WriteTo, which the transport takes for a failed request:
// it cuts the connection, and an answer of more than 4 KiB is lost. Without
// WriteTo the transport reads, and io.EOF from Read is what it expects.
type patient struct{ *awshttp.BuildableClient }

// Do sends a request.
func (c patient) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil {
		r.Body = struct{ io.ReadCloser }{r.Body}
	}
	return c.BuildableClient.Do(r)
}
