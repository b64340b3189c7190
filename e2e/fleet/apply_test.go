package fleet

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const widgetCRD = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.GROUP}
spec:
  group: GROUP
  scope: Namespaced
  names: {kind: Widget, plural: widgets, singular: widget, listKind: WidgetList}
  versions:
  - {name: v1, served: true, storage: true, schema: {openAPIV3Schema: {type: object}}}
`

const widget = `
apiVersion: GROUP/v1
kind: Widget
metadata: {name: applied}
---
# An empty document, as templates leave them behind.
---
apiVersion: v1
kind: Namespace
metadata: {name: applied}
`

const installed = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: applied}
spec: {controllerName: fairway.dev/local}
---
apiVersion: multicluster.x-k8s.io/v1beta1
kind: ServiceExport
metadata: {name: applied}
`

func TestApplyKnowsKindsThatAreInstalledLater(t *testing.T) {
	ctx, hub := t.Context(), shared.Cluster("hub")
	group := strings.NewReplacer("GROUP", fmt.Sprintf("g%d.example.com", time.Now().UnixNano()))
	manifests := []byte(group.Replace(widget))
	if _, err := hub.Apply(ctx, manifests); err == nil {
		t.Fatal("an object was applied before its CRD was there")
	}
	if err := hub.InstallCRDs(ctx, []byte(group.Replace(widgetCRD))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		applied, err := hub.Apply(ctx, manifests)
		if err != nil {
			t.Fatal(err)
		}
		if len(applied) != 2 || applied[0].GetNamespace() != metav1.NamespaceDefault || applied[0].GetUID() == "" {
			t.Errorf("applied %v", applied)
		}
	}
}

func TestInstalledAPIsAreServed(t *testing.T) {
	ctx := t.Context()
	for name, channel := range map[string]Channel{"hub": Standard, "east": Experimental} {
		c := shared.Cluster(name)
		if err := errors.Join(c.InstallGatewayAPI(ctx, channel), c.InstallMCS(ctx)); err != nil {
			t.Fatal(err)
		}
		if _, err := c.Apply(ctx, []byte(installed)); err != nil {
			t.Error(err)
		}
	}
	if err := shared.Cluster("hub").InstallGatewayAPI(ctx, "nightly"); err == nil {
		t.Error("a channel that does not exist was installed")
	}
}
