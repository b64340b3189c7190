package endpoints_test

import (
	"fmt"
	"reflect"
	"sync"
	"testing"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/endpoints"
)

var web = endpoints.Service("shop", "web")

func pods(addresses ...string) endpoints.Ports {
	p := endpoints.Port{}
	for _, a := range addresses {
		p.Endpoints = append(p.Endpoints, ir.Endpoint{Address: a, Port: 3000, Serving: true})
	}
	return endpoints.Ports{80: p}
}

func ofWeb(s *endpoints.Store) string {
	return fmt.Sprint(s.Endpoints(ir.PoolName(web, 80)))
}

func TestStoreGivesEveryClusterThatExportsOrDid(t *testing.T) {
	s := endpoints.NewStore()
	var calls []string
	s.OnChange(func(service ir.Service, cluster string) { calls = append(calls, cluster+"/"+service.Name) })
	for _, c := range []string{"west", "east", "north"} {
		s.Admit(c)
	}
	s.Set(web, "west", pods("10.2.0.1"))
	s.Set(web, "east", pods("10.1.0.1"))
	s.Expect(web, "north")
	s.Expect(web, "east")
	want := []ir.ClusterEndpoints{
		{Cluster: "east", Known: true, Endpoints: []ir.Endpoint{{Address: "10.1.0.1", Port: 3000, Serving: true}}},
		{Cluster: "north"},
		{Cluster: "west", Known: true, Endpoints: []ir.Endpoint{{Address: "10.2.0.1", Port: 3000, Serving: true}}},
	}
	if got := s.Endpoints("ServiceImport/shop/web/80"); !reflect.DeepEqual(got, want) {
		t.Errorf("endpoints are\n%v, want\n%v", got, want)
	}
	if s.Set(web, "east", pods("10.1.0.1")) {
		t.Error("the same content again is news")
	}
	if want := []string{"west/web", "east/web", "north/web"}; !reflect.DeepEqual(calls, want) {
		t.Errorf("calls are %v, want %v", calls, want)
	}
	s.Withdraw(web, "west")
	if got := s.Remove("east"); !reflect.DeepEqual(got, []ir.Service{web}) {
		t.Errorf("removal gave %v", got)
	}
	if got, want := ofWeb(s), "[{east true []} {north false []} {west true []}]"; got != want {
		t.Errorf("after removal endpoints are %s, want %s", got, want)
	}
}

func TestRemovedClusterStaysOut(t *testing.T) {
	s := endpoints.NewStore()
	s.Admit("east")
	s.Set(web, "east", pods("10.1.0.1"))
	s.Remove("east")
	s.Set(web, "east", pods("10.1.0.2"))
	s.Expect(endpoints.Service("shop", "other"), "east")
	if got, want := ofWeb(s), "[{east true []}]"; got != want {
		t.Errorf("endpoints are %s, want %s", got, want)
	}
	s.Admit("east")
	s.Set(web, "east", pods("10.1.0.2"))
	if got := s.Endpoints(ir.PoolName(web, 80)); len(got[0].Endpoints) != 1 {
		t.Errorf("an admitted cluster's endpoints are %v", got)
	}
}

func TestPoolsOfOtherKindsHaveNone(t *testing.T) {
	s := endpoints.NewStore()
	for _, pool := range []string{"", "Service/shop/web/80", "ServiceImport/shop/web", "ServiceImport/shop/web/http", "ServiceImport/shop/web/99999"} {
		if got := s.Endpoints(pool); got != nil {
			t.Errorf("pool %q has %v", pool, got)
		}
	}
}

func TestStoreIsSafeForConcurrentUse(t *testing.T) {
	s := endpoints.NewStore()
	var mu sync.Mutex
	changes := map[string]int{}
	s.OnChange(func(_ ir.Service, cluster string) {
		_ = s.Endpoints(ir.PoolName(web, 80))
		mu.Lock()
		defer mu.Unlock()
		changes[cluster]++
	})
	const rounds = 200
	var wg sync.WaitGroup
	for c := range 4 {
		cluster := fmt.Sprint("c", c)
		s.Admit(cluster)
		wg.Go(func() {
			for i := range rounds {
				s.Set(web, cluster, pods(fmt.Sprintf("10.%d.0.%d", c, i%250)))
				s.InNamespace("shop", func(ir.Service, string) {})
			}
		})
	}
	wg.Wait()
	for c, n := range changes {
		if n != rounds {
			t.Errorf("%s changed %d times, want %d", c, n, rounds)
		}
	}
	if got := s.Endpoints(ir.PoolName(web, 80)); len(got) != 4 {
		t.Errorf("endpoints are %v", got)
	}
}
