package cloud

import (
	"maps"
	"slices"
	"time"
)

// Kind is a kind of resource.
type Kind string

// The kinds of resource.
const (
	// KindBalancer has an address once it is ready, which takes a while.
	KindBalancer Kind = "balancer"
	// KindListener is a port of a balancer.
	KindListener Kind = "listener"
	// KindRule says where some of a listener's requests go.
	KindRule Kind = "rule"
	// KindGroup holds endpoints of one zone.
	KindGroup Kind = "group"
	// KindCertificate can be inserted and deleted, never updated.
	KindCertificate Kind = "certificate"
)

// Resource is one thing in a region of the cloud.
type Resource struct {
	Kind Kind
	// Name is unique among the region's resources of the kind.
	Name string
	// Labels are the maker's, for finding it again.
	Labels map[string]string
	// Note is the maker's, of any length.
	Note string
	// Spec is a Balancer, Listener, Rule, Group or Certificate.
	Spec any

	// The rest is the cloud's to say.

	// Revision changes with each Update, which has to name it.
	Revision int
	// Endpoints are what a group holds, sorted.
	Endpoints []string
	// Address is where clients reach a balancer that is ready.
	Address string
	// Since and Busy are when the operation began that makes or deletes a
	// balancer, and when it ends; Busy is zero if there is none.
	Since, Busy time.Time
	// Leaving is true while it is being deleted.
	Leaving bool
	// IdleSince is since when no rule names the group.
	IdleSince time.Time
}

// Ready reports whether the resource can be used.
func (r Resource) Ready() bool { return r.Busy.IsZero() }

// Balancer is the Spec of a balancer.
type Balancer struct {
	// Reserved is the name of an address that it is to have; any if empty.
	Reserved string
	// Tier is how much it can take.
	Tier string
}

// Listener is the Spec of a listener.
type Listener struct {
	Balancer string
	Port     uint16
	// Certificates are names; a listener that has some speaks TLS.
	Certificates []string
}

// Rule is the Spec of a rule.
type Rule struct {
	Listener string
	// Condition says which requests it is for and what becomes of them. In
	// this cloud its language is not a subject.
	Condition string
	Targets   []Target
}

// Target is a weighted share of a rule's traffic. It goes to all the groups
// alike.
type Target struct {
	Groups []string
	Weight int32
	// Status is what the share is answered with where there are no Groups; 503
	// if it is 0.
	Status int
}

// Group is the Spec of a group.
type Group struct{ Zone string }

// Certificate is the Spec of a certificate. What is read has no Key.
type Certificate struct{ Chain, Key string }

// uses are the resources that r cannot be without.
func (r Resource) uses() []id {
	var all []id
	switch spec := r.Spec.(type) {
	case Listener:
		all = append(all, id{KindBalancer, spec.Balancer})
		for _, name := range spec.Certificates {
			all = append(all, id{KindCertificate, name})
		}
	case Rule:
		all = append(all, id{KindListener, spec.Listener})
		for _, t := range spec.Targets {
			for _, name := range t.Groups {
				all = append(all, id{KindGroup, name})
			}
		}
	}
	return all
}

// shown is the resource as the API shows it.
func (r *Resource) shown() Resource {
	out := *r
	out.Labels, out.Endpoints = maps.Clone(r.Labels), slices.Clone(r.Endpoints)
	if c, ok := r.Spec.(Certificate); ok {
		out.Spec = Certificate{Chain: c.Chain}
	}
	return out
}

type id struct {
	kind Kind
	name string
}

func (i id) String() string { return string(i.kind) + "/" + i.name }
