package rule

import (
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// Sources of the cases: pages of the User Guide for Application Load Balancers, and the API Reference. "chosen" marks
// what neither says and this simulator had to decide.
const (
	hostDoc      = "Rule condition types: Host conditions"
	pathDoc      = "Rule condition types: Path conditions"
	headerDoc    = "Rule condition types: HTTP header conditions"
	methodDoc    = "Rule condition types: HTTP request method conditions"
	queryDoc     = "Rule condition types: Query string conditions"
	sourceDoc    = "Rule condition types: Source IP address conditions"
	basicsDoc    = "Rule condition types: Condition basics"
	queryAPI     = "API: QueryStringConditionConfig"
	headerAPI    = "API: HttpHeaderConditionConfig"
	regexAPI     = "API: RuleCondition, RegexValues"
	sourceAPI    = "API: SourceIpConditionConfig"
	hostIssue    = "aws-load-balancer-controller issues: Host with a port is not stripped"
	weightsDoc   = "Rule action types: Forward actions"
	redirectDoc  = "Rule action types: Redirect actions"
	redirectAPI  = "API: RedirectActionConfig"
	transformDoc = "Transforms for listener rules"
	rewriteAPI   = "API: RewriteConfig"
	priorityDoc  = "Listener rules: Rule priority"
	chosen       = "chosen: no page says"
)

// matchCase is one condition against one request.
type matchCase struct {
	source    string
	condition traffic.Condition
	request   Request
	want      bool
}

func host(values ...string) traffic.Condition {
	return traffic.Condition{Field: traffic.HostHeader, Values: values}
}

func hostRegex(values ...string) traffic.Condition {
	return traffic.Condition{Field: traffic.HostHeader, RegexValues: values}
}

func path(values ...string) traffic.Condition {
	return traffic.Condition{Field: traffic.PathPattern, Values: values}
}

func pathRegex(values ...string) traffic.Condition {
	return traffic.Condition{Field: traffic.PathPattern, RegexValues: values}
}

func method(values ...string) traffic.Condition {
	return traffic.Condition{Field: traffic.RequestMethod, Values: values}
}

func header(name string, values ...string) traffic.Condition {
	return traffic.Condition{Field: traffic.HTTPHeader, Header: name, Values: values}
}

func headerRegex(name string, values ...string) traffic.Condition {
	return traffic.Condition{Field: traffic.HTTPHeader, Header: name, RegexValues: values}
}

// query takes key=value pairs; one without = is a value of any key.
func query(pairs ...string) traffic.Condition {
	c := traffic.Condition{Field: traffic.QueryString}
	for _, p := range pairs {
		key, value, ok := strings.Cut(p, "=")
		if !ok {
			key, value = "", p
		}
		c.Query = append(c.Query, traffic.KeyValue{Key: key, Value: value})
	}
	return c
}

func source(values ...string) traffic.Condition {
	return traffic.Condition{Field: traffic.SourceIP, Values: values}
}

func family(addressType string) traffic.Condition {
	return traffic.Condition{Field: traffic.SourceIP, AddressType: addressType}
}

func onHost(h string) Request   { return Request{Host: h} }
func onPath(p string) Request   { return Request{Path: p} }
func onQuery(q string) Request  { return Request{Query: q} }
func onMethod(m string) Request { return Request{Method: m} }
func from(a string) Request     { return Request{Source: netip.MustParseAddr(a)} }
func with(lines ...string) Request {
	r := Request{Header: http.Header{}}
	for _, line := range lines {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return r
}

var hostCases = []matchCase{
	{hostDoc, host("example.com"), onHost("example.com"), true},
	{hostDoc, host("example.com"), onHost("EXAMPLE.com"), true},
	{hostDoc, host("Example.COM"), onHost("example.com"), true},
	{hostDoc, host("example.com"), onHost("example.org"), false},
	{hostDoc, host("example.com"), onHost("test.example.com"), false},
	{hostDoc, host("example.com"), onHost("example.com."), false},
	{hostDoc, host("test.example.com"), onHost("test.example.com"), true},
	{hostDoc, host("*.example.com"), onHost("test.example.com"), true},
	{hostDoc, host("*.example.com"), onHost("example.com"), false},
	{hostDoc, host("*.example.com"), onHost("a.b.example.com"), true},
	{hostDoc, host("*.example.com"), onHost("TEST.EXAMPLE.COM"), true},
	{hostDoc, host("*.example.com"), onHost(".example.com"), true},
	{hostDoc, host("*.example.com"), onHost("test.example.com.evil"), false},
	{hostDoc, host("*example.com"), onHost("example.com"), true},
	{hostDoc, host("*example.com"), onHost("notexample.com"), true},
	{hostDoc, host("test?.example.com"), onHost("test1.example.com"), true},
	{hostDoc, host("test?.example.com"), onHost("test.example.com"), false},
	{hostDoc, host("test?.example.com"), onHost("test12.example.com"), false},
	{hostDoc, host("www.*.com"), onHost("www.example.com"), true},
	{hostDoc, host("www.*.com"), onHost("www..com"), true},
	{hostDoc, host("www.*.com"), onHost("www.com"), false},
	{hostDoc, host("*.*.example.com"), onHost("a.b.example.com"), true},
	{hostDoc, host("*.*.example.com"), onHost("a.example.com"), false},
	{basicsDoc, host("a.example.com", "b.example.com"), onHost("b.example.com"), true},
	{basicsDoc, host("a.example.com", "b.example.com"), onHost("c.example.com"), false},
	{hostIssue, host("example.com"), onHost("example.com:8080"), false},
	{hostIssue, host("*.example.com"), onHost("test.example.com:80"), false},
	{hostDoc, host("example.com"), onHost(""), false},
	{regexAPI, hostRegex(`^(.+)\.example\.com$`), onHost("test.example.com"), true},
	{regexAPI, hostRegex(`^(.+)\.example\.com$`), onHost("example.com"), false},
	{regexAPI, hostRegex(`^example\.com(:[0-9]+)?$`), onHost("example.com:8443"), true},
	{regexAPI, hostRegex(`^example\.com(:[0-9]+)?$`), onHost("example.com"), true},
	{regexAPI, hostRegex(`^a\.example\.com$`, `^b\.example\.com$`), onHost("b.example.com"), true},
	{hostDoc, hostRegex(`^example\.com$`), onHost("EXAMPLE.com"), true},
	{chosen, hostRegex(`example`), onHost("www.example.com"), true},
	{regexAPI, hostRegex(`^example\.com$`), onHost("exampleXcom"), false},
}

var pathCases = []matchCase{
	{pathDoc, path("/img/*"), onPath("/img/picture.jpg"), true},
	{pathDoc, path("/img/*"), onPath("/img/"), true},
	{pathDoc, path("/img/*"), onPath("/img"), false},
	{pathDoc, path("/img/*"), onPath("/img/a/b/c"), true},
	{pathDoc, path("/img/*"), onPath("/IMG/picture.jpg"), false},
	{pathDoc, path("/img/*"), onPath("/imgs/picture.jpg"), false},
	{pathDoc, path("/img/*/pics"), onPath("/img/2024/pics"), true},
	{pathDoc, path("/img/*/pics"), onPath("/img/2024/05/pics"), true},
	{pathDoc, path("/img/*/pics"), onPath("/img//pics"), true},
	{pathDoc, path("/img/*/pics"), onPath("/img/pics"), false},
	{pathDoc, path("/img/*/pics"), onPath("/img/2024/pics/1"), false},
	{pathDoc, path("/"), onPath("/"), true},
	{pathDoc, path("/"), onPath("/a"), false},
	{pathDoc, path("/*"), onPath("/"), true},
	{pathDoc, path("/*"), onPath("/anything/at/all"), true},
	{pathDoc, path("*"), onPath("/anything"), true},
	{pathDoc, path("/a"), onPath("/a/"), false},
	{pathDoc, path("/a"), onPath("/a"), true},
	{pathDoc, path("/a"), onPath("/A"), false},
	{pathDoc, path("/a?"), onPath("/ab"), true},
	{pathDoc, path("/a?"), onPath("/a"), false},
	{pathDoc, path("/a?c"), onPath("/a/c"), true},
	{pathDoc, path("*.jpg"), onPath("/img/picture.jpg"), true},
	{pathDoc, path("*.jpg"), onPath("/img/picture.JPG"), false},
	{pathDoc, path("/a*b*c"), onPath("/a1b2c"), true},
	{pathDoc, path("/a*b*c"), onPath("/abbbc"), true},
	{pathDoc, path("/a*b*c"), onPath("/acb"), false},
	{pathDoc, path("/a$b"), onPath("/a$b"), true},
	{pathDoc, path("/a&b"), onPath("/a&b"), true},
	{pathDoc, path(`/a"b'c@d:e+f~g`), onPath(`/a"b'c@d:e+f~g`), true},
	{basicsDoc, path("/x", "/y"), onPath("/y"), true},
	{basicsDoc, path("/x", "/y"), onPath("/z"), false},
	{pathDoc, path("/search"), Request{Path: "/search", Query: "q=1"}, true},
	{pathDoc, path("/search?q=1"), Request{Path: "/search", Query: "q=1"}, false},
	{pathDoc, path("/package.service/method"), onPath("/package.service/method"), true},
	{pathDoc, path("/package.service/*"), onPath("/package.service/other"), true},
	{pathDoc, path("/package.service/*"), onPath("/package.other/method"), false},
	{pathDoc, path("/*/method"), onPath("/package.service/method"), true},
	{chosen, path("/a b"), onPath("/a%20b"), false},
	{chosen, path("/a/../b"), onPath("/b"), false},
	{regexAPI, pathRegex(`^/api/v[0-9]+(/.*)?$`), onPath("/api/v2/users"), true},
	{regexAPI, pathRegex(`^/api/v[0-9]+(/.*)?$`), onPath("/api/v2"), true},
	{regexAPI, pathRegex(`^/api/v[0-9]+(/.*)?$`), onPath("/api/vx"), false},
	{regexAPI, pathRegex(`^/api/v[0-9]+(/.*)?$`), onPath("/api/v2x"), false},
	{pathDoc, pathRegex(`^/Exact$`), onPath("/exact"), false},
	{regexAPI, pathRegex(`(?i)^/exact$`), onPath("/EXACT"), true},
	{regexAPI, pathRegex(`^/a$`, `^/b$`), onPath("/b"), true},
	{chosen, pathRegex(`b`), onPath("/abc"), true},
	{pathDoc, pathRegex(`q=1`), Request{Path: "/search", Query: "q=1"}, false},
}

var headerCases = []matchCase{
	{headerDoc, header("User-Agent", "*Chrome*", "*Safari*"), with("User-Agent: Mozilla Chrome/120"), true},
	{headerDoc, header("User-Agent", "*Chrome*", "*Safari*"), with("User-Agent: Version/17 Safari/605"), true},
	{headerDoc, header("User-Agent", "*Chrome*", "*Safari*"), with("User-Agent: curl/8"), false},
	{headerDoc, header("user-agent", "*chrome*"), with("User-Agent: CHROME"), true},
	{headerDoc, header("X-ENV", "canary"), with("x-env: Canary"), true},
	{headerDoc, header("X-Env", "canary"), with("X-Env: canary1"), false},
	{headerDoc, header("X-Env", "canary?"), with("X-Env: canary1"), true},
	{headerDoc, header("X-Env", "canary?"), with("X-Env: canary"), false},
	{headerDoc, header("X-Env", "*"), with("X-Env: anything"), true},
	{headerDoc, header("X-Env", "*"), with("Other: anything"), false},
	{headerDoc, header("X-*", "1"), with("X-Env: 1"), false},
	{headerAPI, header("X-Env", "b"), with("X-Env: a", "X-Env: b"), true},
	{headerAPI, header("X-Env", "c"), with("X-Env: a", "X-Env: b"), false},
	{chosen, header("X-Env", "a"), with("X-Env: a, b"), false},
	{headerDoc, header("X-Env", "a, b"), with("X-Env: a, b"), true},
	{headerDoc, header("Content-Type", "application/json*"), with("Content-Type: application/json; charset=utf-8"), true},
	{headerDoc, header("X-Forwarded-For", "203.0.113.*"), with("X-Forwarded-For: 203.0.113.7"), true},
	{headerDoc, header("Cookie", "*session=abc*"), with("Cookie: a=1; session=abc; b=2"), true},
	{chosen, header("X-Path", `a\*b`), with("X-Path: a*b"), false},
	{chosen, header("X-Path", `a\*b`), with(`X-Path: a\-b`), true},
	{regexAPI, headerRegex("X-Env", `^(canary|blue)$`), with("X-Env: blue"), true},
	{regexAPI, headerRegex("X-Env", `^(canary|blue)$`), with("X-Env: green"), false},
	{chosen, headerRegex("X-Env", `^blue$`), with("X-Env: BLUE"), false},
	{regexAPI, headerRegex("X-Env", `(?i)^blue$`), with("X-Env: BLUE"), true},
	{headerAPI, headerRegex("X-Env", `^b$`), with("X-Env: a", "X-Env: b"), true},
	{regexAPI, headerRegex("X-Env", `.*`), with("Other: 1"), false},
}

var queryCases = []matchCase{
	{queryDoc, query("version=v1"), onQuery("version=v1"), true},
	{queryDoc, query("version=v1"), onQuery("version=v2"), false},
	{queryDoc, query("version=v1"), onQuery("a=b&version=v1&c=d"), true},
	{queryDoc, query("version=v1"), onQuery("Version=V1"), true},
	{queryDoc, query("VERSION=V1"), onQuery("version=v1"), true},
	{queryDoc, query("version=v1"), onQuery("version=v11"), false},
	{queryDoc, query("version=v1"), onQuery("xversion=v1"), false},
	{queryDoc, query("version=v1"), onQuery(""), false},
	{queryDoc, query("version=v1"), onQuery("version"), false},
	{queryDoc, query("version=v1", "*example*"), onQuery("x=an-example-here"), true},
	{queryDoc, query("version=v1", "*example*"), onQuery("version=v1"), true},
	{queryDoc, query("version=v1", "*example*"), onQuery("version=v2&x=other"), false},
	{queryDoc, query("example"), onQuery("any=example"), true},
	{queryDoc, query("example"), onQuery("example=1"), false},
	{queryDoc, query("version=v*"), onQuery("version=v123"), true},
	{queryDoc, query("version=v*"), onQuery("version=v"), true},
	{queryDoc, query("version=v?"), onQuery("version=v1"), true},
	{queryDoc, query("version=v?"), onQuery("version=v12"), false},
	{queryDoc, query("ver*=v1"), onQuery("version=v1"), true},
	{queryAPI, query(`q=a\*b`), onQuery("q=a*b"), true},
	{queryAPI, query(`q=a\*b`), onQuery("q=axb"), false},
	{queryAPI, query(`q=a\?b`), onQuery("q=a?b"), true},
	{queryAPI, query(`q=a\?b`), onQuery("q=axb"), false},
	{queryAPI, query(`q=a\\b`), onQuery(`q=a\b`), true},
	{queryAPI, query("version=v2"), onQuery("version=v1&version=v2"), true},
	{queryAPI, query("a=1", "b=2"), onQuery("b=2"), true},
	{chosen, query("q=a b"), onQuery("q=a%20b"), false},
	{chosen, query("q=a%20b"), onQuery("q=a%20b"), true},
	{chosen, query("q=1=2"), onQuery("q=1=2"), true},
	{chosen, query("flag="), onQuery("flag"), true},
}

var otherCases = []matchCase{
	{methodDoc, method("GET"), onMethod("GET"), true},
	{methodDoc, method("GET"), onMethod("get"), false},
	{methodDoc, method("get"), onMethod("GET"), false},
	{methodDoc, method("GET", "HEAD"), onMethod("HEAD"), true},
	{methodDoc, method("GET", "HEAD"), onMethod("POST"), false},
	{methodDoc, method("CUSTOM-METHOD"), onMethod("CUSTOM-METHOD"), true},
	{methodDoc, method("CUSTOM-METHOD"), onMethod("CUSTOM"), false},
	{methodDoc, method("P*"), onMethod("POST"), false},
	{methodDoc, method("*"), onMethod("GET"), false},
	{sourceDoc, source("192.0.2.0/24"), from("192.0.2.77"), true},
	{sourceDoc, source("192.0.2.0/24"), from("192.0.3.1"), false},
	{sourceDoc, source("192.0.2.0/24", "198.51.100.10/32"), from("198.51.100.10"), true},
	{sourceDoc, source("192.0.2.0/24", "198.51.100.10/32"), from("198.51.100.11"), false},
	{sourceDoc, source("0.0.0.0/0"), from("203.0.113.9"), true},
	{sourceDoc, source("0.0.0.0/0"), from("2001:db8::1"), false},
	{sourceDoc, source("2001:db8::/32"), from("2001:db8:1::1"), true},
	{sourceDoc, source("2001:db8::/32"), from("2001:db9::1"), false},
	{sourceDoc, source("::/0"), from("2001:db8::1"), true},
	{sourceDoc, source("192.0.2.77/24"), from("192.0.2.1"), true},
	{sourceDoc, source("192.0.2.0/24"), from("::ffff:192.0.2.5"), true},
	{sourceDoc, source("10.0.0.0/8"), Request{Source: netip.MustParseAddr("203.0.113.7"), Header: http.Header{"X-Forwarded-For": {"10.1.2.3"}}}, false},
	{sourceAPI, family("ipv4"), from("192.0.2.1"), true},
	{sourceAPI, family("ipv4"), from("2001:db8::1"), false},
	{sourceAPI, family("ipv6"), from("2001:db8::1"), true},
	{sourceAPI, family("ipv6"), from("192.0.2.1"), false},
}

// TestConditions judges every kind of condition.
func TestConditions(t *testing.T) {
	all := [][]matchCase{hostCases, pathCases, headerCases, queryCases, otherCases}
	count := 0
	for _, cases := range all {
		count += len(cases)
		for _, c := range cases {
			compiled, err := compileCondition(c.condition)
			if err != nil {
				t.Errorf("%s: %+v: %v", c.source, c.condition, err)
				continue
			}
			if got := compiled(&c.request); got != c.want {
				t.Errorf("%s: %+v on %+v: got %v", c.source, c.condition, c.request, got)
			}
		}
	}
	if count < 150 {
		t.Errorf("there are %d cases, 150 were promised", count)
	}
}

// TestConditionErrors names what cannot be compiled.
func TestConditionErrors(t *testing.T) {
	for _, c := range []traffic.Condition{
		hostRegex("("), pathRegex("(?=a)"), headerRegex("X", "["), source("192.0.2.1"), source("nowhere/8"), {Field: "body"},
	} {
		if _, err := compileCondition(c); err == nil {
			t.Errorf("%+v was compiled", c)
		}
	}
}
