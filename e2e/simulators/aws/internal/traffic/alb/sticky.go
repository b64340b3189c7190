package alb

import (
	"net/http"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic/pool"
)

// Cookies of the load balancer (Sticky sessions; Forward actions).
const (
	groupCookie     = "AWSALBTG"
	groupCookieCORS = "AWSALBTGCORS"
	targetCookie    = "AWSALB"
	targetCORS      = "AWSALBCORS"
	// applicationCookie is the first shard; no more are needed, since what it remembers is short.
	applicationCookie = "AWSALBAPP-0"
)

// cookieLife is how long browsers keep them: "7 days which is non-configurable". How long they count is sealed inside.
const cookieLife = 7 * 24 * time.Hour

// cookies reads a request's stickiness and writes the response's.
type cookies struct {
	seal   *Seal
	now    time.Time
	secure bool
}

// recall is what a cookie of the request remembers.
func (c cookies) recall(r *http.Request, name string) (memory, bool) {
	cookie, err := r.Cookie(name)
	if err != nil {
		return memory{}, false
	}
	return c.seal.open(cookie.Value, c.now)
}

// set writes a cookie, and its twin for cross-origin requests with SameSite=None (Duration-based stickiness). Secure
// goes with it where the listener has TLS: a client would not send it back otherwise.
func (c cookies) set(header http.Header, m memory, duration time.Duration, name, twin string) {
	m.Until = c.now.Add(duration).Unix()
	value := c.seal.close(m)
	expires := time.Now().Add(cookieLife)
	plain := &http.Cookie{Name: name, Value: value, Path: "/", Expires: expires}
	header.Add("Set-Cookie", plain.String())
	if twin != "" {
		cors := &http.Cookie{Name: twin, Value: value, Path: "/", Expires: expires, SameSite: http.SameSiteNoneMode, Secure: c.secure}
		header.Add("Set-Cookie", cors.String())
	}
}

// stickiness is a target group's own, from its attributes (Sticky sessions).
type stickiness struct {
	application string // the application's cookie, or empty for the load balancer's own
	duration    time.Duration
}

func stickinessOf(group *traffic.TargetGroup) (stickiness, bool) {
	a := group.Attributes
	if !a.Bool("stickiness.enabled", false) {
		return stickiness{}, false
	}
	if a["stickiness.type"] == "app_cookie" {
		return stickiness{
			application: a["stickiness.app_cookie.cookie_name"],
			duration:    a.Seconds("stickiness.app_cookie.duration_seconds", 24*time.Hour),
		}, true
	}
	return stickiness{duration: a.Seconds("stickiness.lb_cookie.duration_seconds", 24*time.Hour)}, true
}

// target is what the request is stuck to within the group, if that may still have requests. With an application cookie
// "clients have to send back both cookies to maintain stickiness".
func (s stickiness) target(c cookies, r *http.Request, find func(traffic.Key) *pool.Member, group string) *pool.Member {
	name := targetCookie
	if s.application != "" {
		name = applicationCookie
		if _, err := r.Cookie(s.application); err != nil {
			return nil
		}
	}
	m, ok := c.recall(r, name)
	if !ok || m.Group != group {
		return nil
	}
	return find(traffic.Key{ID: m.Target, Port: m.Port, Zone: m.Zone})
}

// remember writes the response's cookie. Every response sets it anew: "the Application Load Balancer resets the expiry
// of the cookies it generates after every request". An application cookie begins when the target sets its own.
func (s stickiness) remember(c cookies, response *http.Response, group string, member *pool.Member, stuck bool) {
	m := memory{Group: group, Target: member.ID, Port: member.Port, Zone: member.Zone}
	if s.application == "" {
		c.set(response.Header, m, s.duration, targetCookie, targetCORS)
		return
	}
	for _, cookie := range response.Cookies() {
		stuck = stuck || cookie.Name == s.application
	}
	if stuck {
		c.set(response.Header, m, s.duration, applicationCookie, "")
	}
}
