package member

import (
	"context"
	"fmt"
	"net/http"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/cluster"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/reconcile/internal/endpoints"
)

var scheme = func() *runtime.Scheme {
	s := runtime.NewScheme()
	utilruntime.Must(corev1.AddToScheme(s))
	utilruntime.Must(authenticationv1.AddToScheme(s))
	utilruntime.Must(discoveryv1.AddToScheme(s))
	utilruntime.Must(mcsv1beta1.Install(s))
	return s
}()

// mapper knows the few kinds that are watched, so that starting a member asks
// it for no discovery: that has no deadline and is done under a lock of the
// cache.
var mapper = func() meta.RESTMapper {
	m := meta.NewDefaultRESTMapper(nil)
	m.Add(mcsv1beta1.SchemeGroupVersion.WithKind("ServiceExport"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Service"), meta.RESTScopeNamespace)
	m.Add(discoveryv1.SchemeGroupVersion.WithKind("EndpointSlice"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("ServiceAccount"), meta.RESTScopeNamespace)
	m.Add(corev1.SchemeGroupVersion.WithKind("Node"), meta.RESTScopeRoot)
	m.Add(corev1.SchemeGroupVersion.WithKind("Namespace"), meta.RESTScopeRoot)
	return m
}()

// newCluster makes a member's cluster: its cache holds only what is used, is
// not copied on reading, and has its indexes. It talks to nobody yet.
// onWatchError hears of every list or watch that failed.
func newCluster(ctx context.Context, config *rest.Config, httpClient *http.Client, onWatchError toolscache.WatchErrorHandlerWithContext) (cluster.Cluster, error) {
	cl, err := cluster.New(config, func(o *cluster.Options) {
		o.Scheme = scheme
		o.HTTPClient = httpClient
		o.MapperProvider = func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return mapper, nil }
		o.Cache = cache.Options{
			ReaderFailOnMissingInformer:  true,
			DefaultTransform:             strip,
			DefaultUnsafeDisableDeepCopy: new(true),
			DefaultWatchErrorHandler:     onWatchError,
		}
	})
	if err != nil {
		return nil, fmt.Errorf("create member's clients: %w", err)
	}
	indexes := map[string]client.IndexerFunc{
		endpoints.IndexService: func(o client.Object) []string { return []string{o.GetLabels()[discoveryv1.LabelServiceName]} },
		endpoints.IndexNode:    func(o client.Object) []string { return endpoints.NodesOf(o.(*discoveryv1.EndpointSlice)) },
	}
	for name, f := range indexes {
		if err := cl.GetFieldIndexer().IndexField(ctx, &discoveryv1.EndpointSlice{}, name, f); err != nil {
			return nil, fmt.Errorf("index member's endpoint slices by %s: %w", name, err)
		}
	}
	return cl, nil
}

// strip leaves of an object what is used, which keeps a member's cache small.
func strip(in any) (any, error) {
	if o, is := in.(*mcsv1beta1.ServiceExport); is {
		o.ManagedFields, o.Annotations, o.Labels = nil, nil, nil
	}
	return endpoints.Strip(in)
}
