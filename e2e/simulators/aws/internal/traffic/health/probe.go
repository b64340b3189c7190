package health

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strconv"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// agent is what probes call themselves ("Health check requests have the following attributes", Troubleshoot).
const agent = "ELB-HealthChecker/2.0"

// prober sends probes. Each opens a connection and closes it: "After each health check is completed, the load balancer
// node closes the connection" (Health checks for your target groups).
type prober struct {
	http1, http2 *http.Client
}

func newProber() *prober {
	client := func(protocols func(*http.Protocols)) *http.Client {
		p := new(http.Protocols)
		protocols(p)
		return &http.Client{
			Transport: &http.Transport{
				Protocols:          p,
				DisableKeepAlives:  true,
				DisableCompression: true,
				// "The load balancer does not validate these certificates" (Routing configuration).
				TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
			},
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	return &prober{
		http1: client(func(p *http.Protocols) { p.SetHTTP1(true) }),
		http2: client(func(p *http.Protocols) { p.SetHTTP2(true); p.SetUnencryptedHTTP2(true) }),
	}
}

// probe checks a target once.
func (p *prober) probe(ctx context.Context, group traffic.TargetGroup, target traffic.Target) failure {
	check := group.HealthCheck
	ctx, cancel := context.WithTimeout(ctx, check.Timeout)
	defer cancel()
	address := netip.AddrPortFrom(target.Address, cmp.Or(check.Port, target.Port)).String()
	var result failure
	switch {
	case check.Protocol == "TCP":
		result = tcp(ctx, address)
	case group.ProtocolVersion == "GRPC":
		result = p.grpc(ctx, check, address)
	case group.ProtocolVersion == "HTTP2":
		result = p.get(ctx, p.http2, check, address)
	default:
		result = p.get(ctx, p.http1, check, address)
	}
	if result != (failure{}) && !byCode(group) {
		return failed
	}
	return result
}

// byCode says whether the load balancer tells timeouts and codes apart: an Application Load Balancer does; a Network
// Load Balancer has Target.FailedHealthChecks only (Target health reason codes, Network Load Balancers).
func byCode(group traffic.TargetGroup) bool { return strings.HasPrefix(group.Protocol, "HTTP") }

func tcp(ctx context.Context, address string) failure {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return cause(err)
	}
	if err := connection.Close(); err != nil {
		return failed
	}
	return failure{}
}

func (p *prober) get(ctx context.Context, client *http.Client, check traffic.HealthCheck, address string) failure {
	response, err := p.send(ctx, client, http.MethodGet, check, address, nil)
	if err != nil {
		return cause(err)
	}
	// Closing what was read in part can fail for nothing that matters here.
	defer func() { _ = response.Body.Close() }()
	// 200 for Application and 200-399 for Network Load Balancers are set by the API as the group is made.
	if !matches(check.Matcher, "200", response.StatusCode) {
		return mismatch(response.StatusCode)
	}
	return failure{}
}

// grpc calls the method that the path names, with an empty message. The default matcher is 12, unimplemented: the
// default method is one that no server has (Health check settings).
func (p *prober) grpc(ctx context.Context, check traffic.HealthCheck, address string) failure {
	emptyMessage := bytes.NewReader(make([]byte, 5))
	response, err := p.send(ctx, p.http2, http.MethodPost, check, address, emptyMessage)
	if err != nil {
		return cause(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return failed
	}
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return cause(err)
	}
	// A response without messages may carry its trailers as headers.
	code, err := strconv.Atoi(cmp.Or(response.Trailer.Get("Grpc-Status"), response.Header.Get("Grpc-Status")))
	if err != nil {
		return failed
	}
	if !matches(check.Matcher, "12", code) {
		return mismatch(code)
	}
	return failure{}
}

func (p *prober) send(ctx context.Context, client *http.Client, method string, check traffic.HealthCheck, address string, body io.Reader) (*http.Response, error) {
	scheme := "http"
	if check.Protocol == "HTTPS" {
		scheme = "https"
	}
	request, err := http.NewRequestWithContext(ctx, method, scheme+"://"+address+cmp.Or(check.Path, "/"), body)
	if err != nil {
		return nil, err
	}
	request.Header.Set("User-Agent", agent)
	if method == http.MethodPost {
		request.Header.Set("Content-Type", "application/grpc")
		request.Header.Set("Te", "trailers")
	}
	return client.Do(request)
}

// cause says whether an exchange ran out of time or failed.
func cause(err error) failure {
	var network net.Error
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, os.ErrDeadlineExceeded) || (errors.As(err, &network) && network.Timeout()) {
		return timedOut
	}
	return failed
}
