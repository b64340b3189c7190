package rule

import "fairway.dev/fairway/e2e/simulators/aws/internal/traffic"

// Pick is the target group for a request, or empty when no group has a weight. Draw is uniform in [0, 1).
//
// A request goes to a group in proportion to its weight, whether or not the group has healthy targets: there is no
// failover between groups. A sticky group (from the cookie) keeps its client as long as the forward names it with
// stickiness on ("Forward actions").
func Pick(forward *traffic.Forward, sticky string, draw float64) string {
	if forward.Stickiness > 0 && sticky != "" {
		for _, g := range forward.Groups {
			if g.ARN == sticky {
				return sticky
			}
		}
	}
	total := 0
	for _, g := range forward.Groups {
		total += g.Weight
	}
	at := int(draw * float64(total))
	for _, g := range forward.Groups {
		if at < g.Weight {
			return g.ARN
		}
		at -= g.Weight
	}
	return ""
}
