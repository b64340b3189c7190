package reconcile

import (
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/discovery/fake"
	clienttesting "k8s.io/client-go/testing"
)

// serving is an API server that serves these resources, by group and version.
func serving(resources map[string][]string) *fake.FakeDiscovery {
	f := &fake.FakeDiscovery{Fake: &clienttesting.Fake{}}
	for groupVersion, names := range resources {
		list := &metav1.APIResourceList{GroupVersion: groupVersion}
		for _, name := range names {
			list.APIResources = append(list.APIResources, metav1.APIResource{Name: name})
		}
		f.Resources = append(f.Resources, list)
	}
	return f
}

func TestMissingResourcesAreNamedWithTheirRemedy(t *testing.T) {
	gatewayAPI := []string{"gatewayclasses", "gateways", "httproutes", "referencegrants"}
	for name, c := range map[string]struct {
		served map[string][]string
		want   string
	}{
		"all there": {map[string][]string{
			"gateway.networking.k8s.io/v1": gatewayAPI, "multicluster.x-k8s.io/v1beta1": {"serviceimports"}, "fairway.dev/v1alpha1": {"memberclusters"},
		}, ""},
		"nothing": {nil, "gatewayclasses, gateways, httproutes, referencegrants of gateway.networking.k8s.io/v1: install the Gateway API's CRDs, v1.5 or later | " +
			"serviceimports of multicluster.x-k8s.io/v1beta1: install the Multi-Cluster Services API's CRDs | " +
			"memberclusters of fairway.dev/v1alpha1: install Fairway's own CRDs; its Helm chart holds them"},
		"an old Gateway API": {map[string][]string{
			"gateway.networking.k8s.io/v1": gatewayAPI[:3], "multicluster.x-k8s.io/v1beta1": {"serviceimports"}, "fairway.dev/v1alpha1": {"memberclusters"},
		}, "referencegrants of gateway.networking.k8s.io/v1: install the Gateway API's CRDs, v1.5 or later"},
	} {
		missing, err := missingResources(serving(c.served), needed)
		if got := strings.Join(missing, " | "); err != nil || got != c.want {
			t.Errorf("%s: got %q, %v; want %q", name, got, err, c.want)
		}
	}
}
