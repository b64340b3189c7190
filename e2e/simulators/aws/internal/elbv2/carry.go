package elbv2

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/traffic"
)

// The carrier is told what changed, and no more: a rule costs a rule. It hears of
// a load balancer once that is active, and of a group while a rule names it.

// schedule makes a load balancer carry traffic once it is set up.
func (r *region) schedule(b *balancer) {
	if r.active(b) {
		r.begin(b)
		return
	}
	r.after(b.View.CreatedTime.Add(r.service.Delays.Provisioning).Sub(r.now()), func() {
		if now, there := r.balancers.Get(b.arn()); there {
			r.begin(now)
		}
	})
}

// begin tells the carrier all of a load balancer, the groups before what sends to them.
func (r *region) begin(b *balancer) {
	r.carryBalancer(b)
	for _, l := range r.listenersOf(b.arn()) {
		rules := r.order[l.arn()]
		for _, u := range rules {
			r.carryUse(u)
		}
		r.carryListener(l)
		r.carryRules(l.arn(), rules[:len(rules)-1]...)
	}
}

// carries tells whether the carrier knows of a load balancer.
func (r *region) carries(arn string) bool {
	b, there := r.balancers.Get(arn)
	return there && r.active(b) && b.kind() != types.LoadBalancerTypeEnumGateway
}

func (r *region) carryBalancer(b *balancer) {
	if !r.carries(b.arn()) {
		return
	}
	r.report(r.service.Carrier.SetLoadBalancer(traffic.LoadBalancer{
		ARN: b.arn(), Name: aws.ToString(b.View.LoadBalancerName), Kind: traffic.Kind(b.kind()),
		DNSName: aws.ToString(b.View.DNSName), Addresses: b.Addresses, Attributes: b.attributes().All(b.Attributes),
	}), "set load balancer", b.arn())
}

func (r *region) uncarryBalancer(b *balancer) {
	r.service.Carrier.RemoveLoadBalancer(b.arn())
	r.service.pool.back(b.Addresses)
}

func (r *region) carryListener(l *listener) {
	if !r.carries(l.balancer()) {
		return
	}
	b, _ := r.balancers.Get(l.balancer())
	config := traffic.Listener{
		ARN: l.arn(), LoadBalancer: l.balancer(), Protocol: string(l.View.Protocol), Port: uint16(aws.ToInt32(l.View.Port)),
		SSLPolicy: aws.ToString(l.View.SslPolicy), Attributes: l.attributes(b).All(l.Attributes),
		DefaultActions: trafficActions(r.defaultRule(l.arn()).View.Actions),
	}
	if arn := l.defaultCertificate(); arn != "" {
		config.Certificates = append([]string{arn}, l.Certificates...)
	}
	if len(l.View.AlpnPolicy) > 0 {
		config.ALPNPolicy = l.View.AlpnPolicy[0]
	}
	for _, arn := range config.Certificates {
		r.carryCertificate(arn)
	}
	if m := l.View.MutualAuthentication; m != nil {
		config.MutualTLS = traffic.MutualTLS{
			Mode: aws.ToString(m.Mode), TrustStore: aws.ToString(m.TrustStoreArn),
			IgnoreExpiry:     aws.ToBool(m.IgnoreClientCertificateExpiry),
			AdvertiseCANames: m.AdvertiseTrustStoreCaNames == types.AdvertiseTrustStoreCaNamesEnumOn,
		}
		if t, there := r.trusts.Get(config.MutualTLS.TrustStore); there {
			r.carryTrust(t)
		}
	}
	r.report(r.service.Carrier.SetListener(config), "set listener", l.arn())
}

func (r *region) carryCertificate(arn string) {
	if c, there := r.service.Certificates.Certificate(r.scope, arn); there {
		r.report(r.service.Carrier.SetCertificate(traffic.Certificate{ARN: arn, Chain: c.Chain, Key: c.Key}), "set certificate", arn)
	}
}

// CertificateChanged tells the carrier that ACM has a certificate with new content under its ARN.
func (s *Service) CertificateChanged(arn string, c Certificate) error {
	return s.Carrier.SetCertificate(traffic.Certificate{ARN: arn, Chain: c.Chain, Key: c.Key})
}

func (r *region) carryTrust(t *trust) {
	config := traffic.TrustStore{ARN: t.ARN, Authorities: t.Authorities}
	for _, v := range t.Revocations {
		config.Revocations = append(config.Revocations, v.Content)
	}
	r.report(r.service.Carrier.SetTrustStore(config), "set trust store", t.ARN)
}

func (r *region) uncarryListener(l *listener) { r.service.Carrier.RemoveListener(l.arn()) }

// carryRules tells rules of a listener but the default one.
func (r *region) carryRules(listener string, rules ...*rule) {
	if len(rules) == 0 || !r.carries(rules[0].Balancer) {
		return
	}
	told := make([]traffic.Rule, 0, len(rules))
	for _, u := range rules {
		told = append(told, trafficRule(u))
	}
	r.report(r.service.Carrier.SetRules(listener, told...), "set rules", listener)
}

// carryUse tells the groups that a rule names, if the carrier does not know them as in use.
func (r *region) carryUse(u *rule) {
	for _, f := range u.forwards() {
		if !r.carried[*f.TargetGroupArn] && r.carries(u.Balancer) {
			g, _ := r.groups.Get(*f.TargetGroupArn)
			r.carried[g.arn()] = true
			r.carryGroup(g)
			r.carryTargets(g)
		}
	}
}

// carryGroup tells a group that came into use before, as it is now.
func (r *region) carryGroup(g *group) {
	if !r.carried[g.arn()] {
		return
	}
	inUse := len(r.users[g.arn()]) > 0
	r.carried[g.arn()] = inUse
	r.service.Carrier.SetTargetGroup(trafficGroup(g, inUse))
}

func (r *region) uncarryGroup(g *group) {
	delete(r.carried, g.arn())
	r.service.Carrier.RemoveTargetGroup(g.arn())
}

// carryTargets tells the targets of a group in use whose registration is through
// and whose zone the load balancer is enabled in.
func (r *region) carryTargets(g *group) {
	if !r.carried[g.arn()] {
		return
	}
	b := r.balancerOf(g.arn())
	members := r.membersOf(g.arn())
	targets := make([]traffic.Target, 0, len(members))
	for _, m := range members {
		if r.registering(m) || b != nil && !b.reaches(m) {
			continue
		}
		target := traffic.Target{ID: m.ID, Port: uint16(m.Port), Zone: m.trafficZone(), Draining: m.draining()}
		target.Address = r.addressOf(g, m)
		targets = append(targets, target)
	}
	r.service.Carrier.SetTargets(g.arn(), targets)
}

// report notes that the carrier refused something, such as a port that is taken on this machine. The API's answer
// does not change by it: AWS has no such errors.
func (r *region) report(err error, what, arn string) {
	if err != nil {
		r.service.Log.Error("the data plane cannot do what the API accepted", "what", what, "arn", arn, "error", err)
	}
}
