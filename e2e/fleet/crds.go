package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/gateway-api/pkg/consts"
	mcs "sigs.k8s.io/mcs-api/config/crd"
)

// Channel is a release channel of the Gateway API.
type Channel string

// The two channels of the Gateway API's CRDs. Experimental contains Standard.
const (
	Standard     Channel = "standard"
	Experimental Channel = "experimental"
)

// establishTimeout bounds the wait for the API server to serve new CRDs.
const establishTimeout = 30 * time.Second

// InstallGatewayAPI installs the Gateway API's CRDs, with the policy that guards their upgrades, in
// the version that the e2e module requires, and waits until the API server serves them. The policy
// lets a cluster stay on its first channel only.
func (c *Cluster) InstallGatewayAPI(ctx context.Context, channel Channel) error {
	dir, err := moduleDir(ctx, "sigs.k8s.io/gateway-api@"+consts.BundleVersion)
	if err != nil {
		return fmt.Errorf("install the Gateway API: %w", err)
	}
	files, err := filepath.Glob(filepath.Join(dir, "config", "crd", string(channel), "gateway.networking.*.yaml"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("install the Gateway API: no CRDs of channel %q in %q", channel, dir), err)
	}
	manifests := make([][]byte, len(files))
	for i, file := range files {
		if manifests[i], err = os.ReadFile(file); err != nil {
			return fmt.Errorf("install the Gateway API: %w", err)
		}
	}
	return c.InstallCRDs(ctx, manifests...)
}

// InstallMCS installs the CRDs of the Multi-Cluster Services API, ServiceExport and ServiceImport,
// and waits until the API server serves them.
func (c *Cluster) InstallMCS(ctx context.Context) error {
	return c.InstallCRDs(ctx, mcs.ServiceExportCRD, mcs.ServiceImportCRD)
}

// InstallCRDs applies YAML documents, all at the same time, and waits until every
// CustomResourceDefinition among them is established. Other kinds may be among them.
func (c *Cluster) InstallCRDs(ctx context.Context, manifests ...[]byte) error {
	objects, err := decode(bytes.Join(manifests, []byte("\n---\n")))
	if err != nil {
		return fmt.Errorf("install CRDs in cluster %q: %w", c.name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, establishTimeout)
	defer cancel()
	group, ctx := errgroup.WithContext(ctx)
	for _, object := range objects {
		group.Go(func() error {
			if err := c.applier.establish(ctx, object); err != nil {
				return fmt.Errorf("install %s %q in cluster %q: %w", object.GetKind(), object.GetName(), c.name, err)
			}
			return nil
		})
	}
	return group.Wait()
}

// establish applies an object and, if it is a CRD, waits until it is served.
func (a *applier) establish(ctx context.Context, object *unstructured.Unstructured) error {
	applied, err := a.apply(ctx, object)
	if err != nil || applied.GetKind() != "CustomResourceDefinition" {
		return err
	}
	resource, err := a.resource(applied)
	if err != nil {
		return err
	}
	crd := new(apiextensionsv1.CustomResourceDefinition)
	return wait.PollUntilContextCancel(ctx, 20*time.Millisecond, true, func(ctx context.Context) (bool, error) {
		current, err := resource.Get(ctx, applied.GetName(), metav1.GetOptions{})
		if err != nil {
			return false, err
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(current.Object, crd); err != nil {
			return false, err
		}
		return established(crd) && a.served(crd), nil
	})
}

func established(crd *apiextensionsv1.CustomResourceDefinition) bool {
	return slices.ContainsFunc(crd.Status.Conditions, func(c apiextensionsv1.CustomResourceDefinitionCondition) bool {
		return c.Type == apiextensionsv1.Established && c.Status == apiextensionsv1.ConditionTrue
	})
}

// served says whether discovery lists every served version of the CRD, which it does a moment after
// the CRD is established.
func (a *applier) served(crd *apiextensionsv1.CustomResourceDefinition) bool {
	for _, version := range crd.Spec.Versions {
		if !version.Served {
			continue
		}
		resources, err := a.discovery.ServerResourcesForGroupVersion(crd.Spec.Group + "/" + version.Name)
		if err != nil {
			return false
		}
		if !slices.ContainsFunc(resources.APIResources, func(r metav1.APIResource) bool { return r.Kind == crd.Spec.Names.Kind }) {
			return false
		}
	}
	return true
}

// moduleDir is the folder of a module (path@version) in the module cache.
func moduleDir(ctx context.Context, module string) (string, error) {
	output, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
		return "", fmt.Errorf("find module %s: %w: %s", module, err, exit.Stderr)
	}
	if err != nil {
		return "", fmt.Errorf("find module %s: %w", module, err)
	}
	return strings.TrimSpace(string(output)), nil
}
