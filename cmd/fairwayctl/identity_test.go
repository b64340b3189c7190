package main

import (
	"bytes"
	"strings"
	"testing"

	"sigs.k8s.io/controller-runtime/pkg/client"
)

// TestRemoveRefusesAnotherCluster: a typo in --member-context must not cost
// another hub its account.
func TestRemoveRefusesAnotherCluster(t *testing.T) {
	noted := secretOf("east")
	noted.Annotations = map[string]string{clusterUIDAnnotation: "1"}
	for what, c := range map[string]struct {
		hub     []client.Object
		cluster string
		refused bool
	}{
		"the member's":                          {[]client.Object{memberOf("east", "1"), secretOf("east")}, "1", false},
		"another":                               {[]client.Object{memberOf("east", "1"), secretOf("east")}, "2", true},
		"another, of a member never read":       {[]client.Object{memberOf("east", ""), noted}, "2", true},
		"some, of a member nobody knows":        {[]client.Object{memberOf("east", ""), secretOf("east")}, "2", false},
		"the member's, when repeated":           {[]client.Object{noted}, "1", false},
		"another, when repeated":                {[]client.Object{noted}, "2", true},
		"some, when repeated, and nobody knows": {[]client.Object{secretOf("east")}, "2", false},
	} {
		hub, cluster := hubOf(c.hub...).Build(), memberCluster(c.cluster).Build()
		var said bytes.Buffer
		r := removal("east", &said)
		r.memberContext = "eats"
		err := r.part(t.Context(), hub, cluster)
		if (err != nil) != c.refused || c.refused && !strings.Contains(err.Error(), `context "eats" is another cluster than member east`) {
			t.Errorf("%s: got %v", what, err)
		}
		for _, o := range append(c.hub, account()) {
			at := hub
			if o.GetName() == accountName {
				at = cluster
			}
			if got := has(t, at, o.DeepCopyObject().(client.Object)); got != c.refused {
				t.Errorf("%s: %T %s is there: %v, want %v", what, o, o.GetName(), got, c.refused)
			}
		}
	}
}
