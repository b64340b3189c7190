package pool

// HealthyIn says whether a zone's node has a healthy target of the group. A group without targets has no say, and one
// whose node may use all zones counts them all: "If target groups don't have a healthy target in an enabled Availability
// Zone, we remove the IP address for the corresponding subnet from DNS" (Health checks, Network Load Balancers).
func (g *Group) HealthyIn(zone string, crossZone bool) bool {
	v := g.view.Load()
	if len(v.all) == 0 {
		return true
	}
	for _, m := range v.routable(zone, crossZone) {
		if m.Healthy() {
			return true
		}
	}
	return false
}
