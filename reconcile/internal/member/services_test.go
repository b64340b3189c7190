package member

import (
	"fmt"
	"net/http"
	"testing"
)

// answers is a list of the API server's.
func answers(kind, version, items string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Query().Get("sendInitialEvents") == "true":
			refuse(http.StatusBadRequest, "BadRequest", "a plain list, please")(w, r)
		case r.URL.Query().Get("watch") == "true":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			_, _ = fmt.Fprintf(w, `{"kind":%q,"apiVersion":%q,"metadata":{"resourceVersion":"1"},"items":[%s]}`, kind, version, items)
		}
	}
}

// The pods of a headless Service are its endpoints like any other's, by the
// ports that its slices name; what is unready, and the host names that clients
// ask DNS for, are no matter of it.
func TestAHeadlessServiceHasItsPodsAsEndpoints(t *testing.T) {
	a := newAPIServer(t, "")
	a.breaks("/api/v1/services", answers("ServiceList", "v1", `{"metadata":{"namespace":"shop","name":"web"},
		"spec":{"clusterIP":"None","clusterIPs":["None"],"ports":[{"name":"http","port":80,"targetPort":"web"},{"name":"admin","port":81}]}}`))
	a.breaks("/apis/discovery.k8s.io/v1/endpointslices", answers("EndpointSliceList", "discovery.k8s.io/v1", `
		{"metadata":{"namespace":"shop","name":"web-1","labels":{"kubernetes.io/service-name":"web","service.kubernetes.io/headless":""}},"addressType":"IPv4",
			"ports":[{"name":"http","port":3000,"protocol":"TCP"}],"endpoints":[
			{"addresses":["10.1.0.1"],"hostname":"web-0","nodeName":"n1"},
			{"addresses":["10.1.0.2"],"hostname":"web-1","conditions":{"ready":false,"serving":false}}]},
		{"metadata":{"namespace":"shop","name":"web-2","labels":{"kubernetes.io/service-name":"web","service.kubernetes.io/headless":""}},"addressType":"IPv4",
			"ports":[{"name":"http","port":3001,"protocol":"TCP"}],"endpoints":[{"addresses":["10.1.0.3"],"hostname":"web-2"}]}`))
	p, store, _ := running(t)
	p.aim("east", at(a))
	eventually(t, "it is synced", isSynced(p))
	for port, want := range map[string]string{
		pool:                        "[{east true [{10.1.0.1 3000 z1 r n n1   true false} {10.1.0.2 3000  r n    false false} {10.1.0.3 3001  r n    true false}]}]",
		"ServiceImport/shop/web/81": "[{east true []}]",
	} {
		if got := fmt.Sprint(store.Endpoints(port)); got != want {
			t.Errorf("endpoints of %s are\n%s, want\n%s", port, got, want)
		}
	}
	if services, pods := p.count("east"); services != 1 || pods != 3 {
		t.Errorf("%d services and %d pods are counted", services, pods)
	}
}
