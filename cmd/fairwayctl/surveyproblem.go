package main

import (
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// problem is one thing that is not as it should be.
type problem struct {
	// Condition and Reason are those of the condition that says so; empty where
	// no object's status does.
	Condition string `json:"condition,omitempty"`
	Reason    string `json:"reason,omitempty"`
	Message   string `json:"message"`
}

func (p problem) String() string {
	if p.Reason == "" {
		return p.Message
	}
	return p.Reason + ": " + p.Message
}

// texts joins problems to one line.
func texts(all []problem) string {
	lines := make([]string, len(all))
	for i, p := range all {
		lines[i] = p.String()
	}
	return strings.Join(lines, "; ")
}

const (
	silent = "the hub says nothing of it yet"
	late   = "the hub has not seen the last change yet"
	// unserved is of what belongs to a Gateway that the hub leaves alone.
	unserved = "its Gateway's class cannot be used"
)

// remark stands in the message of a condition that is True, before what is
// nevertheless not all that was asked for.
const remark = "; but"

// problemsOf is what these types of conditions say that is not good. All are to
// be True; quiet is the problem where nothing is said.
func problemsOf(conditions []metav1.Condition, generation int64, quiet string, kinds ...string) []problem {
	var all []problem
	missing := false
	for _, kind := range kinds {
		c := meta.FindStatusCondition(conditions, kind)
		switch {
		case c == nil, c.Status == metav1.ConditionUnknown && c.Reason == string(gatewayv1.GatewayReasonPending):
			// The second is what the API server itself fills in.
			missing = true
		case c.ObservedGeneration < generation:
			return []problem{{Condition: kind, Message: late}}
		case c.Status != metav1.ConditionTrue:
			all = append(all, problem{kind, c.Reason, c.Message})
		default:
			if _, but, is := strings.Cut(c.Message, remark); is {
				all = append(all, problem{Condition: kind, Message: strings.TrimLeft(but, ": ")})
			}
		}
	}
	if missing && len(all) == 0 {
		return []problem{{Message: quiet}}
	}
	return withoutEcho(all)
}

// withoutEcho leaves out a Programmed that only says that other conditions are
// False.
func withoutEcho(all []problem) []problem {
	last := len(all) - 1
	if last > 0 && all[last].Condition == string(gatewayv1.GatewayConditionProgrammed) && all[last].Reason == string(gatewayv1.GatewayReasonInvalid) {
		return all[:last]
	}
	return all
}

// more adds problems that are not yet among all.
func more(all, further []problem) []problem {
	for _, p := range further {
		if !slices.Contains(all, p) {
			all = append(all, p)
		}
	}
	return all
}
