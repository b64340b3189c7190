package providers

// Ref names one load balancer: the Gateway it belongs to and the hub that
// owns it.
type Ref struct {
	// Hub is the id of the hub, unique among all hubs that share an account.
	Hub string `json:"hub"`
	// Cluster is the member that holds the Gateway; empty means the hub.
	Cluster string `json:"cluster,omitempty"`
	// Namespace and Name are the Gateway's.
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
	// UID is the Gateway's: a Gateway made anew under the same name is
	// another load balancer. What the earlier one left has this Ref but for the
	// UID; core removes it, and it is left alone until then.
	UID string `json:"uid"`
	// Location is where the load balancer is, as Locate said when it was
	// built: two locations of one Gateway are two load balancers.
	Location Location `json:"location,omitempty"`
}

// String is "namespace/name", with the cluster before it if it is not the hub.
func (r Ref) String() string {
	s := r.Namespace + "/" + r.Name
	if r.Cluster != "" {
		s = r.Cluster + ":" + s
	}
	return s
}
