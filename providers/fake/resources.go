package fake

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
	"fairway.dev/fairway/providers/plan"
)

// wanted is one resource that is wished.
type wanted struct {
	cloud.Resource
	serves []plan.Subject
	// key is a certificate's: it joins the spec on its way to the cloud.
	key ir.Secret
}

// drawing is a whole wish as the cloud's resources, in the order in which they
// can be made.
type drawing struct {
	ref       providers.Ref
	lb        *ir.LoadBalancer
	resources []wanted
}

// draw turns a wish into resources. What has no place among them is refused.
func draw(ref providers.Ref, settings providers.Settings, lb *ir.LoadBalancer) ([]wanted, []plan.Verdict) {
	rules, verdicts := admit(lb)
	d := &drawing{ref: ref, lb: lb}
	for _, c := range lb.Certificates {
		d.certificate(c)
	}
	for _, pool := range lb.Pools {
		if slices.ContainsFunc(rules, func(r admitted) bool { return r.names(pool.Name) }) {
			d.groups(pool)
		}
	}
	d.add(cloud.KindBalancer, "", note{}, cloud.Balancer{Reserved: reserved(lb), Tier: tier(settings)})
	for _, l := range lb.Listeners {
		d.listener(l)
	}
	for _, r := range rules {
		for _, at := range r.route.Attachments {
			d.rule(r, at)
		}
	}
	return d.resources, verdicts
}

// unresolved is the status that a share is answered with of which nobody can
// tell where it is to go (HTTPRouteRule.backendRefs).
const unresolved = 500

// add adds the resource that stands for key.
func (d *drawing) add(kind cloud.Kind, key string, n note, spec any) *wanted {
	n.Ref = d.ref
	labels := maps.Clone(d.lb.Labels)
	if labels == nil {
		labels = map[string]string{}
	}
	maps.Copy(labels, owner.Marks(d.ref))
	w := wanted{Resource: cloud.Resource{Kind: kind, Name: d.name(kind, key), Labels: labels, Note: n.String(), Spec: spec}}
	if n.For != "" {
		w.serves = []plan.Subject{n.For}
	}
	d.resources = append(d.resources, w)
	return &d.resources[len(d.resources)-1]
}

// name is the cloud's name for what stands for key: the load balancer's, and a
// tail that tells its resources apart.
func (d *drawing) name(kind cloud.Kind, key string) string {
	return owner.Name(d.ref, maxName-tail) + "-" + ir.Hash(string(kind) + "/" + key)[:tail-1]
}

// maxName is how long the cloud's names may be, tail how much of that tells
// apart the resources of one load balancer.
const (
	maxName = 48
	tail    = 9
)

// certificate: one cannot be changed, so that its content is part of its name:
// another content is another resource, which listeners are then pointed to.
func (d *drawing) certificate(c ir.Certificate) {
	w := d.add(cloud.KindCertificate, certificateKey(c), note{For: plan.Certificate(c.Name)}, cloud.Certificate{Chain: c.Chain})
	w.key = c.Key
}

func certificateKey(c ir.Certificate) string { return c.Name + "/" + ir.Hash(c) }

// groups: a group is of one zone, so that a pool takes one for each place where
// it has endpoints.
func (d *drawing) groups(pool ir.BackendPool) {
	for _, l := range pool.Localities {
		d.add(cloud.KindGroup, groupKey(pool.Name, l), note{For: plan.Pool(pool.Name), Locality: l}, cloud.Group{Zone: l.Zone})
	}
}

func groupKey(pool string, l ir.Locality) string { return pool + "/" + ir.Hash(l) }

func (d *drawing) listener(l ir.Listener) {
	spec := cloud.Listener{Balancer: d.name(cloud.KindBalancer, ""), Port: l.Port}
	for _, name := range l.Certificates {
		i := slices.IndexFunc(d.lb.Certificates, func(c ir.Certificate) bool { return c.Name == name })
		if i >= 0 {
			c := d.lb.Certificates[i]
			spec.Certificates = append(spec.Certificates, d.name(cloud.KindCertificate, certificateKey(c)))
		}
	}
	d.add(cloud.KindListener, l.Name, note{For: plan.Listener(l.Name), Hash: ir.Hash(l)}, spec)
}

func (d *drawing) rule(r admitted, at ir.Attachment) {
	rule := r.route.Rules[r.index]
	condition, err := json.Marshal([]any{at.Hostnames, rule.Matches, rule.Filters})
	if err != nil {
		panic(fmt.Sprintf("fake: write a condition: %v", err)) // plain data always marshals
	}
	spec := cloud.Rule{Listener: d.name(cloud.KindListener, at.Listener), Condition: string(condition)}
	for _, b := range rule.Backends {
		target := cloud.Target{Weight: b.Weight}
		if b.Pool == "" {
			target.Status = unresolved
		}
		for _, pool := range d.lb.Pools {
			if pool.Name != b.Pool {
				continue
			}
			for _, l := range pool.Localities {
				target.Groups = append(target.Groups, d.name(cloud.KindGroup, groupKey(pool.Name, l)))
			}
		}
		spec.Targets = append(spec.Targets, target)
	}
	subject := r.subject()
	d.add(cloud.KindRule, at.Listener+"/"+string(subject), note{For: subject, Hash: ir.Hash(rule)}, spec)
}

// reserved is the name of the address that the Gateway asks for.
func reserved(lb *ir.LoadBalancer) string {
	for _, a := range lb.Addresses {
		if a.Type == ir.NamedAddress {
			return a.Value
		}
	}
	return ""
}
