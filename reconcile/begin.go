package reconcile

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/discovery"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/admin"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/endpoints/hubservices"
	"fairway.dev/fairway/reconcile/internal/gateway"
	"fairway.dev/fairway/reconcile/internal/gatewayclass"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/notice"
	"fairway.dev/fairway/reconcile/internal/orphan"
	"fairway.dev/fairway/reconcile/internal/preview"
	"fairway.dev/fairway/reconcile/internal/settings"
	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// resources are what an API server serves, or does not, of a group and version:
// by the names of resources, or by their kinds.
type resources struct {
	groupVersion, remedy string
	names, kinds         []string
}

// needed are the resources that the hub works on, by group and version, and
// what installs them.
var needed = []resources{
	{gatewayv1.GroupVersion.String(), "install the Gateway API's CRDs, v1.5 or later", []string{"gatewayclasses", "gateways", "httproutes", "referencegrants"}, nil},
	{mcsv1beta1.GroupVersion.String(), "install the Multi-Cluster Services API's CRDs", []string{"serviceimports"}, nil},
	{v1alpha1.GroupVersion.String(), "install Fairway's own CRDs; its Helm chart holds them", []string{"memberclusters"}, nil},
}

// eventSource is who Events say that they come from.
const eventSource = "fairway.dev/hub"

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
	if err := h.waitForResources(ctx, needs(all)); ctx.Err() != nil {
		return nil
	} else if err != nil {
		return err
	}
	mgr := h.manager.GetLocalManager()
	writer := statuswriter.New(mgr.GetClient(), h.log.WithName("status"))
	recorder := notice.Recorder{Events: mgr.GetEventRecorder(eventSource)}
	writer.OnWritten = recorder.StatusWritten
	// Parameters are read as they are watched: without types.
	parameters := settings.Reader{Cache: mgr.GetCache()}
	services, err := hubservices.New(ctx, mgr)
	if err != nil {
		return err
	}
	inputs := gather.New(mgr.GetClient())
	inputs.Services, inputs.Values = services.Cache(), mgr.GetAPIReader()
	gateways := &gateway.Controller{
		Client: mgr.GetClient(), Hub: h.id, Providers: all, Services: services.Cache(),
		Endpoints: endpoints.Source{endpoints.KindServiceImport: h.endpoints, endpoints.KindService: services},
		Synced:    func() bool { return h.members.Synced() && services.Synced() },
		Silent:    h.members.Silent,
		Gather:    inputs, Writer: writer, Settings: parameters, Events: recorder, Metrics: metrics.Registry,
	}
	classes := &gatewayclass.Controller{Client: mgr.GetClient(), Providers: all, Settings: parameters, Writer: writer}
	sweeper := &orphan.Sweeper{
		Client: mgr.GetClient(), Reader: mgr.GetAPIReader(), Hub: h.id, Providers: all, Settings: parameters,
		Endpoints: gateways.Endpoints, Log: h.log.WithName("orphan"),
	}
	feed := gateways.Feed()
	h.endpoints.OnChange(feed.Changed)
	if err := services.Watch(ctx, func(s ir.Service) {
		if inputs.Uses(s) {
			feed.Changed(s, "")
		}
	}); err != nil {
		return err
	}
	if err := mgr.Add(writer); err != nil {
		return fmt.Errorf("status writer: %w", err)
	}
	if err := mgr.Add(sweeper); err != nil {
		return fmt.Errorf("orphan sweep: %w", err)
	}
	if err := mgr.Add(feed); err != nil {
		return fmt.Errorf("endpoint feed: %w", err)
	}
	if err := h.members.Setup(h.manager, writer); err != nil {
		return fmt.Errorf("members: %w", err)
	}
	if err := classes.Setup(mgr); err != nil {
		return fmt.Errorf("GatewayClass controller: %w", err)
	}
	if err := gateways.Setup(mgr); err != nil {
		return fmt.Errorf("gateway controller: %w", err)
	}
	if err := h.answer(gateways, services.Cache()); err != nil {
		return err
	}
	h.log.Info("Controllers started", "hub", h.id)
	return nil
}

// answer has the admin port answered, if there is one.
func (h *Hub) answer(gateways *gateway.Controller, services client.Reader) error {
	if h.options.AdminAddress == "" || h.options.AdminAddress == "0" {
		return nil
	}
	mgr := h.manager.GetLocalManager()
	world := &preview.World{
		Live: mgr.GetClient(), Services: services, Parameters: mgr.GetCache(), Gather: gateways.Gather, Scheme: mgr.GetScheme(),
		Hub: h.id, Providers: gateways.Providers, Foresee: gateways.Foresee,
	}
	err := mgr.Add(manager.RunnableFunc((&admin.Server{
		Address: h.options.AdminAddress, Reviews: mgr.GetClient(), Plan: world.Plan, Log: h.log.WithName("admin"),
		Account: "system:serviceaccount:" + h.options.Namespace + ":" + h.options.AdminAccount,
	}).Start))
	if err != nil {
		return fmt.Errorf("admin port: %w", err)
	}
	return nil
}

// waitForResources waits until the API server serves all that is needed, and
// says what is missing whenever that changes.
func (h *Hub) waitForResources(ctx context.Context, needed []resources) error {
	c, err := discovery.NewDiscoveryClientForConfig(h.manager.GetLocalManager().GetConfig())
	if err != nil {
		return fmt.Errorf("discovery: %w", err)
	}
	said := ""
	return wait.PollUntilContextCancel(ctx, 2*time.Second, true, func(context.Context) (bool, error) {
		missing, err := missingResources(c, needed)
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

// needs are all the resources that the hub works on with these providers.
func needs(all map[string]providers.Provider) []resources {
	list := slices.Clone(needed)
	for _, o := range settings.Kinds(all) {
		gvk := o.GroupVersionKind()
		list = append(list, resources{groupVersion: gvk.GroupVersion().String(), kinds: []string{gvk.Kind},
			remedy: "install the CRD of the provider's parameters; Fairway's Helm chart holds those of its own"})
	}
	return list
}

func missingResources(c discovery.DiscoveryInterface, needed []resources) ([]string, error) {
	var missing []string
	for _, n := range needed {
		served := map[string]bool{}
		list, err := c.ServerResourcesForGroupVersion(n.groupVersion)
		if err != nil && !apierrors.IsNotFound(err) {
			return nil, fmt.Errorf("resources of %s: %w", n.groupVersion, err)
		}
		if err == nil {
			for _, r := range list.APIResources {
				served[r.Name], served[r.Kind] = true, true
			}
		}
		lacks := slices.DeleteFunc(slices.Concat(n.names, n.kinds), func(r string) bool { return served[r] })
		if len(lacks) > 0 {
			missing = append(missing, fmt.Sprintf("%s of %s: %s", strings.Join(lacks, ", "), n.groupVersion, n.remedy))
		}
	}
	return missing, nil
}
