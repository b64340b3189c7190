package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/gateway"
	"fairway.dev/fairway/reconcile/internal/gatewayclass"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// needed are the resources that the hub works on, by group and version, and
// what installs them.
var needed = []struct {
	groupVersion, remedy string
	resources            []string
}{
	{gatewayv1.GroupVersion.String(), "install the Gateway API's CRDs, v1.5 or later", []string{"gatewayclasses", "gateways", "httproutes", "referencegrants"}},
	{mcsv1beta1.GroupVersion.String(), "install the Multi-Cluster Services API's CRDs", []string{"serviceimports"}},
	{v1alpha1.GroupVersion.String(), "install Fairway's own CRDs; its Helm chart holds them", []string{"memberclusters"}},
}

func scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, gatewayv1.Install, mcsv1beta1.Install, v1alpha1.AddToScheme} {
		if err := add(s); err != nil {
			// The types are compiled in: this cannot depend on input.
			panic(err)
		}
	}
	return s
}

// begin starts the controllers, as soon as everything that they watch exists.
func (h *Hub) begin(ctx context.Context, all map[string]providers.Provider) error {
	if err := h.waitForResources(ctx); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return err
	}
	mgr := h.manager.GetLocalManager()
	writer := statuswriter.New(mgr.GetClient(), h.log.WithName("status"))
	gateways := &gateway.Controller{
		Client: mgr.GetClient(), Hub: h.id, Providers: all, Endpoints: h.endpoints, Synced: h.members.Synced,
		Gather: gather.New(mgr.GetClient()), Writer: writer, Metrics: metrics.Registry,
	}
	classes := &gatewayclass.Controller{Client: mgr.GetClient(), Providers: all, Writer: writer}
	feed := gateways.Feed()
	h.endpoints.OnChange(feed.Changed)
	if err := mgr.Add(writer); err != nil {
		return fmt.Errorf("status writer: %w", err)
	}
	if err := mgr.Add(feed); err != nil {
		return fmt.Errorf("endpoint feed: %w", err)
	}
	if err := h.members.Setup(h.manager); err != nil {
		return fmt.Errorf("members: %w", err)
	}
	if err := classes.Setup(mgr); err != nil {
		return fmt.Errorf("GatewayClass controller: %w", err)
	}
	if err := gateways.Setup(mgr); err != nil {
		return fmt.Errorf("gateway controller: %w", err)
	}
	h.log.Info("Controllers started", "hub", h.id)
	return nil
}

// waitForResources waits until the API server serves all that is needed, and
// says what is missing whenever that changes.
func (h *Hub) waitForResources(ctx context.Context) error {
	c, err := discovery.NewDiscoveryClientForConfig(h.manager.GetLocalManager().GetConfig())
	if err != nil {
		return fmt.Errorf("discovery: %w", err)
	}
	said := ""
	return wait.PollUntilContextCancel(ctx, 2*time.Second, true, func(context.Context) (bool, error) {
		missing, err := missingResources(c)
		if err != nil {
			h.log.Error(err, "Served resources not read, will try again")
			return false, nil
		}
		if now := strings.Join(missing, "; "); now != said && now != "" {
			said = now
			h.log.Info("Waiting for resources that the API server does not serve", "missing", missing)
		}
		return len(missing) == 0, nil
	})
}

func missingResources(c discovery.DiscoveryInterface) ([]string, error) {
	var missing []string
	for _, n := range needed {
		served := map[string]bool{}
		list, err := c.ServerResourcesForGroupVersion(n.groupVersion)
		if err != nil && !errors.IsNotFound(err) {
			return nil, fmt.Errorf("resources of %s: %w", n.groupVersion, err)
		}
		if err == nil {
			for _, r := range list.APIResources {
				served[r.Name] = true
			}
		}
		lacks := slices.DeleteFunc(slices.Clone(n.resources), func(r string) bool { return served[r] })
		if len(lacks) > 0 {
			missing = append(missing, fmt.Sprintf("%s of %s: %s", strings.Join(lacks, ", "), n.groupVersion, n.remedy))
		}
	}
	return missing, nil
}
