package member

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

// twins are the other members that lead to a cluster, by its UID, sorted.
func (p *Provider) twins(name, uid string) []string {
	if uid == "" {
		return nil
	}
	p.mu.RLock()
	defer p.mu.RUnlock()
	var all []string
	for other, s := range p.sessions {
		if st, _ := s.known(); other != name && st.uid == uid {
			all = append(all, other)
		}
	}
	for other, last := range p.uids {
		if other != name && last == uid {
			all = append(all, other)
		}
	}
	slices.Sort(all)
	return all
}

// tellTwins has the status of those others written anew.
func (p *Provider) tellTwins(name, uid string) {
	for _, other := range p.twins(name, uid) {
		p.wishStatus(other)
	}
}

// duplicate is the condition of a member that has twins.
func duplicate(twins []string) metav1.Condition {
	quoted := make([]string, len(twins))
	for i, t := range twins {
		quoted[i] = fmt.Sprintf("%q", t)
	}
	return metav1.Condition{Type: fairway.ConditionDuplicate, Status: metav1.ConditionTrue, Reason: fairway.ReasonSameCluster,
		Message: fmt.Sprintf("the MemberCluster %s leads to the same cluster, whose pods count more than once: delete all but one (fairwayctl clusters remove)", strings.Join(quoted, ", "))}
}
