package balancer

import (
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"

	"fairway.dev/fairway/e2e/fleet/node/address"
)

func service(uid, shown string) *corev1.Service {
	s := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: uid, UID: types.UID(uid)}}
	s.Spec.Type = corev1.ServiceTypeLoadBalancer
	if shown != "" {
		s.Status.LoadBalancer.Ingress = []corev1.LoadBalancerIngress{{IP: shown}}
	}
	return s
}

func fresh() *assignments {
	return &assignments{pool: address.NewPool(netip.MustParsePrefix("198.18.0.0/29")), held: map[types.UID]netip.Addr{}}
}

// given is what a plan writes, by name.
func given(t *testing.T, a *assignments, services ...*corev1.Service) map[string]string {
	t.Helper()
	wishes, without := a.plan(services)
	got := map[string]string{}
	for _, w := range wishes {
		got[w.service.Name] = w.address.String()
	}
	for _, s := range without {
		got[s.Name] = "none"
	}
	return got
}

func expect(t *testing.T, got map[string]string, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("got %v, want %v", got, want)
	}
	for name, address := range want {
		if got[name] != address {
			t.Errorf("%s got %s, want %s", name, got[name], address)
		}
	}
}

func TestAddressesAreStable(t *testing.T) {
	a := fresh()
	expect(t, given(t, a, service("one", "")), map[string]string{"one": "198.18.0.1"})
	one := service("one", "198.18.0.1")
	expect(t, given(t, a, service("two", ""), one), map[string]string{"two": "198.18.0.2"})
	// After the first is gone its address is the last to be used again.
	expect(t, given(t, a, service("two", "198.18.0.2"), service("three", "")), map[string]string{"three": "198.18.0.3"})
}

func TestRestartKeepsWhatStatusesSay(t *testing.T) {
	a := fresh()
	expect(t, given(t, a, service("new", ""), service("old", "198.18.0.1")), map[string]string{"new": "198.18.0.2"})
}

func TestAskedForAndForeign(t *testing.T) {
	a := fresh()
	asked := service("asked", "")
	asked.Spec.LoadBalancerIP = "198.18.0.5" //nolint:staticcheck // what is tested
	outside := service("outside", "")
	outside.Spec.LoadBalancerIP = "203.0.113.1" //nolint:staticcheck // what is tested
	class := service("class", "203.0.113.9")
	class.Spec.LoadBalancerClass = ptr.To("example.com/other")
	expect(t, given(t, a, asked, outside, class), map[string]string{"asked": "198.18.0.5", "outside": "none"})
	// A Service that is no load balancer any more gives its address back.
	former := service("asked", "198.18.0.5")
	former.Spec.Type = corev1.ServiceTypeClusterIP
	expect(t, given(t, a, former), map[string]string{"asked": "invalid IP"})
}
