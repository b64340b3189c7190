package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// apiServer is an API server that says what it has, answers with these lists
// by their paths, and refuses all else.
func apiServer(t *testing.T, lists map[string]client.ObjectList) *httptest.Server {
	t.Helper()
	groups := &metav1.APIGroupList{}
	answers := map[string]any{"/api": &metav1.APIVersions{Versions: []string{"v1"}}, "/apis": groups}
	for gv, of := range map[schema.GroupVersion]map[string]string{
		{Version: "v1"}: {"namespaces": "Namespace"},
		{Group: "gateway.networking.k8s.io", Version: "v1"}: {"gatewayclasses": "GatewayClass", "gateways": "Gateway", "httproutes": "HTTPRoute"},
		{Group: "discovery.k8s.io", Version: "v1"}:          {"endpointslices": "EndpointSlice"},
		{Group: "fairway.dev", Version: "v1alpha1"}:         {"memberclusters": "MemberCluster"},
	} {
		list := &metav1.APIResourceList{GroupVersion: gv.String()}
		for name, kind := range of {
			list.APIResources = append(list.APIResources, metav1.APIResource{Name: name, SingularName: strings.ToLower(kind), Kind: kind, Namespaced: true})
		}
		if gv.Group == "" {
			answers["/api/v1"] = list
			continue
		}
		answers["/apis/"+gv.String()] = list
		version := metav1.GroupVersionForDiscovery{GroupVersion: gv.String(), Version: gv.Version}
		groups.Groups = append(groups.Groups, metav1.APIGroup{Name: gv.Group, Versions: []metav1.GroupVersionForDiscovery{version}, PreferredVersion: version})
	}
	for path, list := range lists {
		gvks, _, err := scheme().ObjectKinds(list)
		if err != nil {
			t.Fatal(err)
		}
		list.GetObjectKind().SetGroupVersionKind(gvks[0])
		answers[path] = list
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		answer, is := answers[r.URL.Path]
		if !is {
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
