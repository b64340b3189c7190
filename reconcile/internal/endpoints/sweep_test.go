package endpoints

import (
	"fmt"
	"testing"
	"time"
)

func TestFormerMembersAndServicesLeaveNothing(t *testing.T) {
	s := NewStore()
	now := time.Unix(0, 0)
	s.now = func() time.Time { return now }
	// The hub has many services, come and go over the years.
	for i := range 1000 {
		cluster, service := fmt.Sprint("member-", i), Service("shop", fmt.Sprint("web-", i%10))
		s.Admit(cluster)
		s.Set(service, cluster, Ports{80: {}})
		s.Remove(cluster)
		now = now.Add(time.Minute)
	}
	entries := 0
	for _, clusters := range s.services {
		entries += len(clusters)
	}
	if entries > 61 || len(s.graves) > 61 {
		t.Errorf("%d entries and %d graves are left of the last hour's 60", entries, len(s.graves))
	}
}

func TestAnEntryThatFillsAgainStays(t *testing.T) {
	s := NewStore()
	now := time.Unix(0, 0)
	s.now = func() time.Time { return now }
	s.Admit("east")
	web, other := Service("shop", "web"), Service("shop", "other")
	s.Set(web, "east", Ports{80: {}})
	s.Withdraw(web, "east")
	now = now.Add(time.Minute)
	s.Set(web, "east", Ports{80: {}})
	now = now.Add(keepEmpty)
	s.Set(other, "east", Ports{80: {}})
	if e, ok := s.Entry(web, "east"); !ok || !e.Exported {
		t.Errorf("entry %+v, %v", e, ok)
	}
	s.Withdraw(web, "east")
	now = now.Add(keepEmpty - time.Second)
	s.Withdraw(other, "east")
	if _, ok := s.Entry(web, "east"); !ok {
		t.Error("dropped before its time")
	}
	now = now.Add(time.Second)
	s.Set(other, "east", Ports{80: {}})
	if _, ok := s.Entry(web, "east"); ok {
		t.Error("an empty entry stayed")
	}
}
