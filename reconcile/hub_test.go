package reconcile

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// appliedSecret is what the API server tells of a Secret that kubectl apply
// and another such tool made, to one who asks for metadata only.
const appliedSecret = `{"kind":"PartialObjectMetadataList","apiVersion":"meta.k8s.io/v1","metadata":{"resourceVersion":"1"},"items":[
	{"metadata":{"namespace":"shop","name":"tls","resourceVersion":"1","annotations":{"fairway.dev/rotate":"true",
	"kubectl.kubernetes.io/last-applied-configuration":"{\"data\":{\"tls.key\":\"c2VjcmV0\"}}","kapp.k14s.io/original":"{\"data\":{\"tls.key\":\"c2VjcmV0\"}}"}}}]}`

func TestTheHubsCacheHoldsNoSecretsValues(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		switch {
		case r.URL.Query().Get("sendInitialEvents") == "true":
			w.WriteHeader(http.StatusBadRequest)
		case r.URL.Query().Get("watch") == "true":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			_, _ = fmt.Fprint(w, appliedSecret)
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(server.CloseClientConnections)
	mapper := meta.NewDefaultRESTMapper(nil)
	mapper.Add(corev1.SchemeGroupVersion.WithKind("Secret"), meta.RESTScopeNamespace)
	options := managerOptions(Options{Log: logr.Discard()}, nil).Cache
	options.Scheme, options.Mapper = scheme(), mapper
	for narrowed := range options.ByObject {
		if _, is := narrowed.(*corev1.Secret); !is {
			delete(options.ByObject, narrowed) // the server has no other kind
		}
	}
	c, err := cache.New(&rest.Config{Host: server.URL}, options)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _ = c.Start(t.Context()) }() // it ends with the test, without an error
	metadata := &metav1.PartialObjectMetadata{}
	metadata.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	if _, err := c.GetInformer(t.Context(), metadata); err != nil || !c.WaitForCacheSync(t.Context()) {
		t.Fatal("nothing was read", err)
	}
	if err := c.Get(t.Context(), client.ObjectKey{Namespace: "shop", Name: "tls"}, metadata); err != nil {
		t.Fatal(err)
	}
	if text := fmt.Sprint(metadata); strings.Contains(text, "c2VjcmV0") || metadata.Annotations["fairway.dev/rotate"] != "true" || metadata.Kind != "Secret" {
		t.Errorf("the cache holds %s", text)
	}
}
