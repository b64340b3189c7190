package engine_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// words are n targets that answer with their number.
func words(t *testing.T, n int) []traffic.Target {
	var all []traffic.Target
	for i := range n {
		all = append(all, backend(t, says(fmt.Sprint(i))))
	}
	return all
}

// cookie is the "name=value" that a response sets.
func cookie(t *testing.T, response *http.Response, name string) string {
	t.Helper()
	for _, c := range response.Cookies() {
		if c.Name == name {
			return c.Name + "=" + c.Value
		}
	}
	t.Fatalf("no cookie %s in %v", name, response.Header["Set-Cookie"])
	return ""
}

// TestTargetStickiness binds a client to a target by AWSALB, until the target goes or the duration is over
// (Duration-based stickiness).
func TestTargetStickiness(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	targets := words(t, 4)
	w.group(traffic.TargetGroup{ARN: blueARN, Attributes: traffic.Attributes{
		"stickiness.enabled": "true", "stickiness.type": "lb_cookie", "stickiness.lb_cookie.duration_seconds": "3600"}}, targets...)
	c := client(t)
	response, first := w.get(c, w.url("/"))
	stuck := cookie(t, response, "AWSALB")
	cookie(t, response, "AWSALBCORS")
	for range 8 {
		again, body := w.get(c, w.url("/"), "Cookie: "+stuck)
		if body != first {
			t.Fatalf("the client went from %s to %s", first, body)
		}
		if line := again.Header["Set-Cookie"][1]; !strings.Contains(line, "SameSite=None") || strings.Contains(line, "Secure") {
			t.Fatalf("without TLS the twin is %q", line)
		}
	}
	seen := map[string]bool{}
	for range 8 {
		_, body := w.get(c, w.url("/"), "Cookie: AWSALB=nonsense")
		seen[body] = true
	}
	if len(seen) != 4 {
		t.Errorf("a cookie that cannot be read leads to %v", seen)
	}
	w.clock.Advance(time.Hour)
	seen = map[string]bool{}
	for range 8 {
		_, body := w.get(c, w.url("/"), "Cookie: "+stuck)
		seen[body] = true
	}
	if len(seen) != 4 {
		t.Errorf("after the duration it leads to %v", seen)
	}
	response, first = w.get(c, w.url("/"))
	stuck = cookie(t, response, "AWSALB")
	var left []traffic.Target
	for i, target := range targets {
		if fmt.Sprint(i) != first {
			left = append(left, target)
		}
	}
	w.SetTargets(blueARN, left)
	response, next := w.get(c, w.url("/"), "Cookie: "+stuck)
	if next == first || cookie(t, response, "AWSALB") == stuck {
		t.Errorf("after deregistration it went to %s", next)
	}
}

// TestApplicationStickiness begins when the target sets its cookie and needs both cookies (Application-based
// stickiness).
func TestApplicationStickiness(t *testing.T) {
	w := newWorld(t, traffic.Application)
	w.start()
	var targets []traffic.Target
	for i := range 3 {
		targets = append(targets, backend(t, func(rw http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/login" {
				http.SetCookie(rw, &http.Cookie{Name: "SESSION", Value: "s"})
			}
			_, _ = fmt.Fprint(rw, i)
		}))
	}
	w.group(traffic.TargetGroup{ARN: blueARN, Attributes: traffic.Attributes{
		"stickiness.enabled": "true", "stickiness.type": "app_cookie", "stickiness.app_cookie.cookie_name": "SESSION"}}, targets...)
	c := client(t)
	if response, _ := w.get(c, w.url("/")); len(response.Cookies()) != 0 {
		t.Errorf("before the target's cookie there are %v", response.Cookies())
	}
	response, first := w.get(c, w.url("/login"))
	stuck := cookie(t, response, "AWSALBAPP-0")
	for range 6 {
		again, body := w.get(c, w.url("/"), "Cookie: SESSION=s; "+stuck)
		if body != first {
			t.Fatalf("the client went from %s to %s", first, body)
		}
		cookie(t, again, "AWSALBAPP-0")
	}
	seen := map[string]bool{}
	for range 6 {
		_, body := w.get(c, w.url("/"), "Cookie: "+stuck)
		seen[body] = true
	}
	if len(seen) != 3 {
		t.Errorf("with one cookie of two it leads to %v", seen)
	}
}

// TestWeights distributes by weight, without failover between groups: an empty group keeps its share of 503. With
// stickiness a client stays with its group (Forward actions).
func TestWeights(t *testing.T) {
	w := newWorld(t, traffic.Application)
	share := &traffic.Forward{Groups: []traffic.WeightedGroup{{ARN: blueARN, Weight: 3}, {ARN: greenARN, Weight: 1}, {ARN: "off", Weight: 0}}}
	w.listener.DefaultActions = []traffic.Action{{Forward: share}}
	w.start()
	w.group(traffic.TargetGroup{ARN: blueARN}, backend(t, says("blue")))
	w.group(traffic.TargetGroup{ARN: greenARN})
	c := client(t)
	count := map[int]int{}
	for range 800 {
		response, _ := w.get(c, w.url("/"))
		count[response.StatusCode]++
	}
	if count[503] < 130 || count[503] > 280 || count[200]+count[503] != 800 {
		t.Errorf("an empty group of a quarter gave %v", count)
	}
	w.group(traffic.TargetGroup{ARN: greenARN}, backend(t, says("green")))
	share.Stickiness = time.Hour
	w.must(w.SetListener(w.listener))
	response, first := w.get(c, w.url("/"))
	stuck := cookie(t, response, "AWSALBTG")
	cookie(t, response, "AWSALBTGCORS")
	for range 30 {
		if _, body := w.get(c, w.url("/"), "Cookie: "+stuck); body != first {
			t.Fatalf("the client went from %s to %s", first, body)
		}
	}
}
