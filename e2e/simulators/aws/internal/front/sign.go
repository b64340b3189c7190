package front

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// scope is what a signature says about itself.
type scope struct {
	key, region, service string
	headers              []string
	signature            string
}

// readScope reads the header of a version 4 signature.
func readScope(r *http.Request) (scope, bool) {
	var s scope
	fields, found := strings.CutPrefix(r.Header.Get("Authorization"), "AWS4-HMAC-SHA256 ")
	if !found {
		return s, false
	}
	for field := range strings.SplitSeq(fields, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "Credential":
			// key/date/region/service/aws4_request
			parts := strings.Split(value, "/")
			if len(parts) != 5 {
				return s, false
			}
			s.key, s.region, s.service = parts[0], parts[2], parts[3]
		case "SignedHeaders":
			s.headers = strings.Split(value, ";")
		case "Signature":
			s.signature = value
		}
	}
	return s, s.key != ""
}

// scopes are the names that services sign with, and ours.
var scopes = map[string]string{
	"elasticloadbalancing": "elbv2", "ec2": "ec2", "acm": "acm", "sts": "sts",
	"tagging": "tagging", "servicequotas": "quotas",
}

// targets are the prefixes of X-Amz-Target, and ours.
var targets = map[string]string{
	"CertificateManager": "acm", "ResourceGroupsTaggingAPI_20170126": "tagging", "ServiceQuotasV20190624": "quotas",
}

// versions are the API versions of the services that are asked by form, for requests without a signature.
var versions = map[string]string{"2015-12-01": "elbv2", "2016-11-15": "ec2", "2011-06-15": "sts"}

// serviceOf is our name of the service that a request is for.
func serviceOf(r *http.Request, s scope, body []byte) string {
	if prefix, _, found := strings.Cut(r.Header.Get("X-Amz-Target"), "."); found {
		return targets[prefix]
	}
	if name := scopes[s.service]; name != "" {
		return name
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return ""
	}
	return versions[form.Get("Version")]
}

// authenticate finds the caller's account. Sources of the errors: each
// service's API reference, "Common Errors"; EC2 API reference, "Error codes": AuthFailure.
func (f *Front) authenticate(r *http.Request, s scope, body []byte, x *exchange) *api.Error {
	key, known := f.Directory.Key(s.key)
	switch {
	case !known || key.Token != r.Header.Get("X-Amz-Security-Token"):
		return unknownKey(x)
	case !key.Expires.IsZero() && key.Expires.Before(time.Now()):
		return api.Errorf("ExpiredToken", "The security token included in the request is expired").WithStatus(http.StatusForbidden)
	}
	x.call.Account, x.call.Principal = key.Account, key.Principal
	if f.Unsigned || signature(r, s, body, aws.Credentials{AccessKeyID: key.ID, SecretAccessKey: key.Secret, SessionToken: key.Token}) {
		return nil
	}
	return api.Errorf("SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided. "+
		"Check your AWS Secret Access Key and signing method. Consult the service documentation for details.").WithStatus(http.StatusForbidden)
}

func unknownKey(x *exchange) *api.Error {
	switch x.model.Protocol {
	case "ec2":
		return api.Errorf("AuthFailure", "AWS was not able to validate the provided access credentials").WithStatus(http.StatusUnauthorized)
	case "json":
		return api.Errorf("UnrecognizedClientException", "The security token included in the request is invalid.")
	default:
		return api.Errorf("InvalidClientTokenId", "The security token included in the request is invalid.").WithStatus(http.StatusForbidden)
	}
}

func missingToken() *api.Error {
	return api.Errorf("MissingAuthenticationToken", "Request is missing Authentication Token").WithStatus(http.StatusForbidden)
}

// signature tells whether a request's signature is right: the SDK's own signer
// must come to the same from the headers that were signed.
func signature(r *http.Request, s scope, body []byte, credentials aws.Credentials) bool {
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	if err != nil {
		return false
	}
	again := &http.Request{
		Method: r.Method, Host: r.Host, Header: http.Header{},
		URL: &url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery},
	}
	for _, name := range s.headers {
		if values := r.Header.Values(name); len(values) > 0 {
			again.Header[http.CanonicalHeaderKey(name)] = slices.Clone(values)
		}
	}
	if slices.Contains(s.headers, "content-length") {
		again.ContentLength = int64(len(body))
	}
	hash := sha256.Sum256(body)
	if err := v4.NewSigner().SignHTTP(r.Context(), credentials, again, hex.EncodeToString(hash[:]), s.service, s.region, at); err != nil {
		return false
	}
	want, _ := readScope(again)
	return subtle.ConstantTimeCompare([]byte(want.signature), []byte(s.signature)) == 1
}
