package member

import (
	"context"
	"slices"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

func reachable(ok bool, reason, message string) metav1.Condition {
	return metav1.Condition{Type: fairway.ConditionReachable, Status: statusOf(ok), Reason: reason, Message: message}
}

// unfollowed is Synced of a member that was read and does not answer any more.
func unfollowed() metav1.Condition {
	return metav1.Condition{Type: fairway.ConditionSynced, Status: metav1.ConditionUnknown, Reason: fairway.ReasonUnreachable,
		Message: "the member does not answer, so that changes in it are not seen; what was last read is kept; its condition Reachable says why"}
}

func synced(ok bool, message string) metav1.Condition {
	c := metav1.Condition{Type: fairway.ConditionSynced, Status: statusOf(ok), Reason: fairway.ReasonNotSynced, Message: message}
	if ok {
		c.Reason = fairway.ReasonSynced
	}
	return c
}

func statusOf(ok bool) metav1.ConditionStatus {
	if ok {
		return metav1.ConditionTrue
	}
	return metav1.ConditionFalse
}

// set puts a condition in place of the one of its type.
func (s *state) set(c metav1.Condition) {
	i := slices.IndexFunc(s.conditions, func(o metav1.Condition) bool { return o.Type == c.Type })
	if i < 0 {
		s.conditions = append(s.conditions, c)
		return
	}
	s.conditions[i] = c
}

// probed records what a probe said.
func (s *state) probed(c *connection, version string, err error) {
	if err == nil {
		s.version = version
		s.set(reachable(true, fairway.ReasonReachable, c.answering()))
		return
	}
	reason, message := noAnswer(c.server, err)
	if ended := c.credentialsEnded(err); ended != "" {
		message = ended
	}
	s.set(reachable(false, reason, message))
}

// silent records that the connection in use gives no answer any more.
func (s *state) silent() {
	if meta.IsStatusConditionTrue(s.conditions, fairway.ConditionSynced) {
		s.set(unfollowed())
	}
}

// withSynced gives the conditions with one for Synced, which a member that
// was never read has too.
func (s *state) withSynced() []metav1.Condition {
	all := slices.Clone(s.conditions)
	if meta.FindStatusCondition(all, fairway.ConditionSynced) == nil {
		all = append(all, synced(false, "nothing has been read from the member since the hub started; what was known of it before is kept"))
	}
	return all
}

func (s *state) clone() state {
	return state{conditions: slices.Clone(s.conditions), facts: s.facts}
}

func (s *state) equal(o *state) bool {
	return s.facts == o.facts && slices.Equal(s.conditions, o.conditions)
}

// report changes what is known of the member, and has its status written when
// that is news. After the first report the hub does not wait for this member.
func (s *session) report(ctx context.Context, change func(*state)) {
	if ctx.Err() != nil {
		// The session ends; what it meets on its way out says nothing.
		return
	}
	s.mu.Lock()
	old := s.state.clone()
	change(&s.state)
	s.state.services, s.state.endpoints = s.provider.count(s.name)
	now := s.state.clone()
	s.mu.Unlock()
	if now.equal(&old) {
		return
	}
	for _, c := range now.conditions {
		if c.Status != metav1.ConditionTrue && !slices.Contains(old.conditions, c) {
			s.log.Info("Member is not well", "condition", c.Type, "reason", c.Reason, "message", c.Message)
		}
	}
	s.provider.metrics.observe(s.name, &now)
	s.provider.wishStatus(s.name)
	if now.uid != old.uid {
		s.provider.tellTwins(s.name, old.uid)
		s.provider.tellTwins(s.name, now.uid)
	}
}
