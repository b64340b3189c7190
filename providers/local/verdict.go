package local

import (
	"fmt"
	"maps"
	"slices"

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
		case l.Protocol != ir.HTTP && l.Protocol != ir.HTTPS:
			reason, message = "UnsupportedProtocol", fmt.Sprintf("protocol %s is not served: use %s or %s", l.Protocol, ir.HTTP, ir.HTTPS)
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
	rest := *desired
	rest.Listeners = admitted
	return &rest, verdicts
}

// refuseAll are verdicts on listeners that cannot be served because of
// Settings that Locate refuses.
func refuseAll(desired *ir.LoadBalancer, err error) []plan.Verdict {
	var verdicts []plan.Verdict
	for _, l := range desired.Listeners {
		verdicts = append(verdicts, plan.Verdict{
			Subject: plan.Listener(l.Name), Service: plan.Refused, Reason: "InvalidParameters", Message: err.Error(),
		})
	}
	return verdicts
}

// refusals are verdicts on the certificates, routes and pools that proxies refused, in the
// proxies' words. The other routes are served all the same; on a listener the
// observation speaks.
func (s *state) refusals() []plan.Verdict {
	words := map[plan.Subject]string{}
	for _, st := range s.streams {
		for _, r := range st.Refusals {
			switch r.Type {
			case wire.CertificateType:
				words[plan.Certificate(r.Name)] = r.Message
			case wire.RouteType:
				words[plan.Route(r.Name)] = r.Message
			case wire.EndpointsType:
				pool, _ := wire.SplitEndpointsName(r.Name)
				words[plan.Pool(pool)] = r.Message
			}
		}
	}
	var verdicts []plan.Verdict
	for _, subject := range slices.Sorted(maps.Keys(words)) {
		sort, _, _ := subject.Split()
		verdicts = append(verdicts, plan.Verdict{
			Subject: subject, Service: plan.Refused, Reason: "RefusedByProxy",
			Message: fmt.Sprintf("a proxy refuses the %s and serves what it had of it before: %s", sort, words[subject]),
		})
	}
	return verdicts
}
