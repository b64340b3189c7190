package check

import (
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// What AWS reports of a redirect where nothing was said.
const (
	sameProtocol = "#{protocol}"
	sameHost     = "#{host}"
	samePort     = "#{port}"
	samePath     = "/#{path}"
	sameQuery    = "#{query}"
)

// maxRedirectPart bounds host, path and query. [V1 RedirectActionHost, -Path, -Query]
const maxRedirectPart = 128

var placeholder = regexp.MustCompile(`#\{[^}]*\}`)

// describedRedirect judges a redirect and fills in what it leaves as it was.
// [SDK types.RedirectActionConfig]
func describedRedirect(front Front, a types.Action) (types.Action, error) {
	r := *a.RedirectConfig
	r.Protocol, r.Host, r.Port = or(r.Protocol, sameProtocol), or(r.Host, sameHost), or(r.Port, samePort)
	r.Path, r.Query = or(r.Path, samePath), or(r.Query, sameQuery)
	a.RedirectConfig = &r
	if r.StatusCode != types.RedirectActionStatusCodeEnumHttp301 && r.StatusCode != types.RedirectActionStatusCodeEnumHttp302 {
		return a, Invalid("Redirect status code '%s' must be one of '[HTTP_301, HTTP_302]'", r.StatusCode)
	}
	protocol, err := redirectProtocol(front, *r.Protocol)
	if err != nil {
		return a, err
	}
	if err := redirectPort(*r.Port); err != nil {
		return a, err
	}
	parts := []struct {
		name, value string
		allowed     []string
	}{
		{"host", *r.Host, []string{sameHost}},
		{"path", *r.Path, []string{sameHost, "#{path}", samePort}},
		{"query", *r.Query, []string{sameProtocol, sameHost, samePort, "#{path}", sameQuery}},
	}
	for _, p := range parts {
		if len(p.value) > maxRedirectPart {
			return a, Invalid("The redirect %s cannot be longer than '%d' characters", p.name, maxRedirectPart)
		}
		for _, found := range placeholder.FindAllString(p.value, -1) {
			if !slices.Contains(p.allowed, found) {
				return a, badAction("The redirect %s cannot contain '%s'", p.name, found)
			}
		}
	}
	if !strings.HasPrefix(*r.Path, "/") {
		return a, badAction("The redirect path '%s' must begin with '/'", *r.Path)
	}
	// "You must modify at least one of protocol, hostname, port, or path": the query does not count.
	port := *r.Port
	if port == strconv.Itoa(int(front.Port)) {
		port = samePort
	}
	if protocol == front.Protocol && port == samePort && *r.Host == sameHost && *r.Path == samePath {
		return a, badAction("The redirect configuration is not valid because it creates a loop.")
	}
	return a, nil
}

func or(value *string, otherwise string) *string {
	if value == nil {
		return aws.String(otherwise)
	}
	return value
}

// redirectProtocol gives the protocol that is redirected to. HTTPS to HTTP is refused.
func redirectProtocol(front Front, given string) (types.ProtocolEnum, error) {
	switch given {
	case sameProtocol:
		return front.Protocol, nil
	case "HTTP", "HTTPS":
		if given == "HTTP" && front.Protocol == types.ProtocolEnumHttps {
			return "", badAction("You can't redirect HTTPS to HTTP")
		}
		return types.ProtocolEnum(given), nil
	}
	return "", Invalid("The redirect protocol '%s' must be one of '[HTTP, HTTPS, #{protocol}]'", given)
}

func redirectPort(given string) error {
	if given == samePort {
		return nil
	}
	if port, err := strconv.Atoi(given); err != nil || port < 1 || port > 65535 {
		return Invalid("The redirect port '%s' must be a value from 1 to 65535 or '#{port}'", given)
	}
	return nil
}

var fixedStatus = regexp.MustCompile(`^[245]\d\d$`)

// contentTypes are those of a fixed response. [SDK types.FixedResponseActionConfig]
var contentTypes = []string{"text/plain", "text/css", "text/html", "application/javascript", "application/json"}

func fixedResponse(f types.FixedResponseActionConfig) error {
	if !fixedStatus.MatchString(aws.ToString(f.StatusCode)) {
		return badAction("The fixed response status code '%s' must be 2XX, 4XX or 5XX", aws.ToString(f.StatusCode))
	}
	if f.ContentType != nil && !slices.Contains(contentTypes, *f.ContentType) {
		return badAction("The fixed response content type '%s' must be one of '%v'", *f.ContentType, contentTypes)
	}
	if len(aws.ToString(f.MessageBody)) > 1024 {
		return Invalid("The fixed response message body cannot be longer than '1024' characters")
	}
	return nil
}

// fullURL: "a full URL, including the HTTPS protocol, the domain, and the path".
func fullURL(name string, value *string) error {
	u, err := url.Parse(aws.ToString(value))
	if err != nil || u.Scheme != "https" || u.Host == "" {
		return badAction("The %s '%s' must be a full URL including the HTTPS protocol", name, aws.ToString(value))
	}
	return nil
}
