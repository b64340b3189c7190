package conformance

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/go-logr/logr"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/kubernetes"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	xv1alpha1 "sigs.k8s.io/gateway-api/apisx/v1alpha1"
	"sigs.k8s.io/gateway-api/conformance"
	confv1 "sigs.k8s.io/gateway-api/conformance/apis/v1"
	"sigs.k8s.io/gateway-api/conformance/utils/config"
	"sigs.k8s.io/gateway-api/conformance/utils/flags"
	"sigs.k8s.io/gateway-api/conformance/utils/suite"
	"sigs.k8s.io/gateway-api/pkg/consts"

	"fairway.dev/fairway/e2e/install"
)

var update = flag.Bool("update", false, "write the report anew")

// TestConformance runs the suite with all that the GatewayClass says to support, and compares what
// came out with the report in this repository.
func TestConformance(t *testing.T) {
	kept := filepath.Join("reports", consts.BundleVersion, "local.yaml")
	fresh := filepath.Join(t.TempDir(), "report.yaml")
	options := optionsFor(t)
	options.ReportOutputPath = fresh
	if !t.Run("Suite", func(t *testing.T) { conformance.RunConformanceWithOptions(t, options) }) || options.RunTest != "" {
		return
	}
	if *update {
		content, err := os.ReadFile(fresh)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(kept, content, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	for _, difference := range compare(readReport(t, kept), readReport(t, fresh)) {
		t.Errorf("%s; if that is meant: make conformance", difference)
	}
}

func optionsFor(t *testing.T) suite.ConformanceOptions {
	t.Helper()
	log.SetLogger(logr.Discard())
	rest, err := clientcmd.BuildConfigFromFlags("", os.Getenv(kubeconfigVariable))
	if err != nil {
		t.Fatal(err)
	}
	// The suite asks often; waiting for our own limit would be counted as slowness of the Gateway.
	rest.QPS, rest.Burst = -1, 0
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		clientgoscheme.AddToScheme, gatewayv1.Install, xv1alpha1.Install, apiextensionsv1.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	options := client.Options{Scheme: scheme}
	c, err := client.New(rest, options)
	if err != nil {
		t.Fatal(err)
	}
	set, err := kubernetes.NewForConfig(rest)
	if err != nil {
		t.Fatal(err)
	}
	waitForFeatures(t, c)
	configurable := suite.ConfigurableOptions{
		GatewayClassName:    className,
		ConformanceProfiles: []suite.ConformanceProfileName{suite.GatewayHTTPConformanceProfileName},
		TimeoutConfig:       config.DefaultTimeoutConfig(),
		Implementation: confv1.Implementation{
			Organization: "fairway-dev", Project: "fairway", URL: "https://fairway.dev",
			Version: "development", Contact: []string{"@fairway-dev/maintainers"},
		},
		CleanupBaseResources: true, CleanupTestResources: true,
		UsableNetworkAddresses:   []gatewayv1.GatewaySpecAddress{address(usableAddress)},
		UnusableNetworkAddresses: []gatewayv1.GatewaySpecAddress{address(unusableAddress)},
	}
	// For one test alone: -run-test=<name>.
	flags.ApplyAll(&configurable)
	return suite.ConformanceOptions{
		ConfigurableOptions: configurable, Client: c, ClientOptions: options, Clientset: set, RestConfig: rest,
		ManifestFS: []fs.FS{&conformance.Manifests},
	}
}

// usableAddress is at the end of what the fleet gives to Services of its first cluster;
// unusableAddress is kept for documentation, so that nobody has it.
const usableAddress, unusableAddress = "198.18.15.200", "203.0.113.1"

func address(value string) gatewayv1.GatewaySpecAddress {
	return gatewayv1.GatewaySpecAddress{Type: ptr.To(gatewayv1.IPAddressType), Value: value}
}

// waitForFeatures waits until the class says what it supports: the suite reads that once.
func waitForFeatures(t *testing.T, c client.Client) {
	t.Helper()
	err := install.Wait(t.Context(), "the GatewayClass says what it supports", 30*time.Second, func(ctx context.Context) error {
		class := &gatewayv1.GatewayClass{}
		if err := c.Get(ctx, client.ObjectKey{Name: className}, class); err != nil {
			return err
		}
		if len(class.Status.SupportedFeatures) == 0 {
			return errors.New("it names no feature")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
