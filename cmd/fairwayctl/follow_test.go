package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// deaf is an API server that says what it has, and refuses to be watched.
func deaf(t *testing.T) *httptest.Server {
	t.Helper()
	groups := &metav1.APIGroupList{}
	resources := map[string]*metav1.APIResourceList{}
	for gv, of := range map[schema.GroupVersion]map[string]string{
		{Group: "gateway.networking.k8s.io", Version: "v1"}: {"gatewayclasses": "GatewayClass", "gateways": "Gateway", "httproutes": "HTTPRoute"},
		{Group: "discovery.k8s.io", Version: "v1"}:          {"endpointslices": "EndpointSlice"},
		{Group: "fairway.dev", Version: "v1alpha1"}:         {"memberclusters": "MemberCluster"},
	} {
		version := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version}
		groups.Groups = append(groups.Groups, metav1.APIGroup{Name: gv.Group, Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version})
		list := &metav1.APIResourceList{GroupVersion: gv.String()}
		for name, kind := range of {
			list.APIResources = append(list.APIResources, metav1.APIResource{Name: name, SingularName: strings.ToLower(kind), Kind: kind, Namespaced: true})
		}
		resources["/apis/"+gv.String()] = list
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		var answer any = &metav1.APIVersions{}
		if r.URL.Path == "/apis" {
			answer = groups
		} else if list, is := resources[r.URL.Path]; is {
			answer = list
		} else if r.URL.Path != "/api" {
			status := apierrors.NewForbidden(schema.GroupResource{Resource: "things"}, "", nil).Status()
			status.Kind, status.APIVersion = "Status", "v1"
			w.WriteHeader(http.StatusForbidden)
			answer = status
		}
		_ = json.NewEncoder(w).Encode(answer)
	}))
	t.Cleanup(server.Close)
	return server
}

// TestFollowSaysThatItIsRefused, instead of trying on for ever.
func TestFollowSaysThatItIsRefused(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := follow(ctx, &rest.Config{Host: deaf(t).URL})
	if err == nil || !strings.Contains(err.Error(), "forbidden") || !strings.Contains(err.Error(), "--watch needs the rights") {
		t.Errorf("got %v", err)
	}
}

// TestScreenShowsARightThatIsLost until it is back.
func TestScreenShowsARightThatIsLost(t *testing.T) {
	f := &followed{Reader: world(t, nil)}
	shows := func() string {
		return string(screen(t.Context(), f, nil, client.ObjectKey{}, output{format: "table"}))
	}
	well := shows()
	gone := apierrors.NewForbidden(schema.GroupResource{Resource: "gateways"}, "", nil)
	if !f.refused.heard("Gateway", gone) || f.refused.heard("Gateway", gone) {
		t.Error("that the right is lost is news, once")
	}
	f.refused.heard("HTTPRoute", context.DeadlineExceeded)
	f.refused.heard("HTTPRoute", nil)
	if got := shows(); !strings.Contains(got, "gateways is forbidden") {
		t.Errorf("it shows %q", got)
	}
	if !f.refused.heard("Gateway", nil) || shows() != well {
		t.Errorf("when the right is back it shows %q", shows())
	}
}
