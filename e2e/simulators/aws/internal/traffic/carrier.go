package traffic

// Carrier carries the traffic of what it was told. Package engine has the one that opens sockets. All methods may be
// called at once from several goroutines; what is set takes effect for the next request or connection, and requests
// under way end as they began.
//
// Order does not matter but for two things: a listener needs its load balancer, and rules need their listener. A group,
// certificate or trust store that is missing when traffic needs it is answered as AWS answers an empty one.
type Carrier interface {
	// SetLoadBalancer adds or replaces a load balancer and opens its listeners on new addresses.
	SetLoadBalancer(LoadBalancer) error
	// RemoveLoadBalancer takes it away with its listeners; requests under way are cut.
	RemoveLoadBalancer(arn string)

	// SetListener adds or replaces a listener but its rules. An error says that the port cannot be opened.
	SetListener(Listener) error
	RemoveListener(arn string)
	// SetRules adds or replaces these rules of a listener, by ARN, in one step.
	SetRules(listener string, rules ...Rule) error
	// RemoveRules takes rules away.
	RemoveRules(listener string, rules ...string)

	// SetTargetGroup adds or replaces a group but its targets.
	SetTargetGroup(TargetGroup)
	RemoveTargetGroup(arn string)
	// SetTargets replaces all targets of a group. What stays keeps its health.
	SetTargets(group string, targets []Target)
	// Health is what probing knows of a target; unused while its group is not in use.
	Health(group string, target Key) Health

	// SetCertificate adds or replaces a certificate; listeners that name it use it from the next handshake on.
	SetCertificate(Certificate) error
	RemoveCertificate(arn string)
	// SetTrustStore adds or replaces what client certificates are verified with.
	SetTrustStore(TrustStore) error
	RemoveTrustStore(arn string)
}
