package local

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
	"fairway.dev/fairway/providers/plan"
)

// admit gives what of desired can be served, and a verdict on each listener
// that cannot. Where all can, it is desired itself.
func admit(desired *ir.LoadBalancer) (*ir.LoadBalancer, []plan.Verdict) {
	var admitted []ir.Listener
	var verdicts []plan.Verdict
	for _, l := range desired.Listeners {
		reason, message := "", ""
		switch {
		case l.Protocol != ir.HTTP:
			reason, message = "UnsupportedProtocol", fmt.Sprintf("protocol %s is not served: use %s", l.Protocol, ir.HTTP)
		case l.Port == 0 || l.Port >= wire.AdminPort:
			reason, message = "PortUnavailable", fmt.Sprintf("port %d is kept for the proxies themselves: use one from 1 to %d", l.Port, wire.AdminPort-1)
		default:
			admitted = append(admitted, l)
			continue
		}
		verdicts = append(verdicts, plan.Verdict{
			Subject: plan.Listener(l.Name), Service: plan.Refused, Reason: reason, Message: message,
		})
	}
	if len(verdicts) == 0 {
		return desired, nil
	}
	return &ir.LoadBalancer{Listeners: admitted, Routes: desired.Routes, Pools: desired.Pools}, verdicts
}

// refusals are verdicts on the routes and pools that proxies refused, in the
// proxies' words. The other routes are served all the same; on a listener the
// observation speaks.
func (s *state) refusals() []plan.Verdict {
	words := map[string]string{}
	for _, st := range s.streams {
		for _, r := range st.Refusals {
			switch r.Type {
			case wire.RouteType:
				words["route/"+r.Name] = r.Message
			case wire.EndpointsType:
				pool, _ := wire.SplitEndpointsName(r.Name)
				words["pool/"+pool] = r.Message
			}
		}
	}
	var verdicts []plan.Verdict
	for _, subject := range slices.Sorted(maps.Keys(words)) {
		kind, _, _ := strings.Cut(subject, "/")
		verdicts = append(verdicts, plan.Verdict{
			Subject: plan.Subject(subject), Service: plan.Refused, Reason: "RefusedByProxy",
			Message: fmt.Sprintf("a proxy refuses the %s and serves what it had of it before: %s", kind, words[subject]),
		})
	}
	return verdicts
}
