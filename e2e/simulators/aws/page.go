package aws

import (
	"net/http"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/admin"
	"fairway.dev/fairway/e2e/simulators/aws/internal/page"
	"fairway.dev/fairway/e2e/simulators/aws/internal/page/source"
)

// pagePath is where the web page is.
const pagePath = admin.Path + "page/"

// keptRequests is how many requests to load balancers are kept.
const keptRequests = 1000

// Request is a request to an Application Load Balancer: which rule and target served it, and with which status.
type Request = page.Request

// Requests are the last requests to Application Load Balancers, newest first: 1,000 at most.
func (s *Simulator) Requests() []Request { return s.requests.Last() }

// PageURL is where the web page is, for a browser.
func (s *Simulator) PageURL() string { return s.URL() + pagePath }

// pageHandler serves the web page.
func (s *Simulator) pageHandler() http.Handler {
	return http.StripPrefix(strings.TrimSuffix(pagePath, "/"), page.Handler(&source.Source{
		Clock: s.clock, Operations: s.services.byName["elbv2"], Scopes: s.services.elbv2.Scopes, Ledger: s.ledger, Requests: s.requests,
	}, s.options.Log))
}
