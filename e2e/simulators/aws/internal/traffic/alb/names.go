package alb

import (
	"net/http"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// headerNames are the request headers that a listener may rename (HTTP header modification).
type headerNames struct {
	serial, issuer, subject, validity, leaf, certificate, version, cipher string
}

func namesOf(a traffic.Attributes) headerNames {
	name := func(key, absent string) string {
		return http.CanonicalHeaderKey(a.Text("routing.http.request."+key+".header_name", absent))
	}
	return headerNames{
		serial:      name("x_amzn_mtls_clientcert_serial_number", "X-Amzn-Mtls-Clientcert-Serial-Number"),
		issuer:      name("x_amzn_mtls_clientcert_issuer", "X-Amzn-Mtls-Clientcert-Issuer"),
		subject:     name("x_amzn_mtls_clientcert_subject", "X-Amzn-Mtls-Clientcert-Subject"),
		validity:    name("x_amzn_mtls_clientcert_validity", "X-Amzn-Mtls-Clientcert-Validity"),
		leaf:        name("x_amzn_mtls_clientcert_leaf", "X-Amzn-Mtls-Clientcert-Leaf"),
		certificate: name("x_amzn_mtls_clientcert", "X-Amzn-Mtls-Clientcert"),
		version:     name("x_amzn_tls_version", "X-Amzn-Tls-Version"),
		cipher:      name("x_amzn_tls_cipher_suite", "X-Amzn-Tls-Cipher-Suite"),
	}
}

// headerValue is a response header that a listener sets.
type headerValue struct{ name, value string }

// settable are the response headers that have an attribute (API, ListenerAttribute).
var settable = map[string]string{
	"strict_transport_security":        "Strict-Transport-Security",
	"access_control_allow_origin":      "Access-Control-Allow-Origin",
	"access_control_allow_methods":     "Access-Control-Allow-Methods",
	"access_control_allow_headers":     "Access-Control-Allow-Headers",
	"access_control_allow_credentials": "Access-Control-Allow-Credentials",
	"access_control_expose_headers":    "Access-Control-Expose-Headers",
	"access_control_max_age":           "Access-Control-Max-Age",
	"content_security_policy":          "Content-Security-Policy",
	"x_content_type_options":           "X-Content-Type-Options",
	"x_frame_options":                  "X-Frame-Options",
}

// responseHeaders are those that the attributes set. They replace what a target sent (chosen here).
func responseHeaders(a traffic.Attributes) []headerValue {
	var set []headerValue
	for key, name := range settable {
		if value := a["routing.http.response."+key+".header_value"]; value != "" {
			set = append(set, headerValue{name, value})
		}
	}
	return set
}
