package gatewayclass

import (
	"context"
	"fmt"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/version"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/gateway-api/pkg/consts"

	"fairway.dev/fairway/reconcile/internal/conditions"
)

// The versions of the Gateway API's CRDs that Fairway was built for.
const (
	oldestVersion = "v1.5"
	newestVersion = consts.BundleVersion
)

// CRDName is the CustomResourceDefinition that tells the Gateway API's version.
const CRDName = "gatewayclasses.gateway.networking.k8s.io"

// CRD is that CustomResourceDefinition, as metadata without content.
func CRD() *metav1.PartialObjectMetadata {
	o := &metav1.PartialObjectMetadata{}
	o.SetGroupVersionKind(schema.GroupVersionKind{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"})
	o.Name = CRDName
	return o
}

// SupportedVersion reads the version of the installed CRDs and judges it, as a
// class's condition of that name.
func SupportedVersion(ctx context.Context, cluster client.Reader) (metav1.Condition, error) {
	crd := CRD()
	if err := cluster.Get(ctx, client.ObjectKey{Name: CRDName}, crd); err != nil && !apierrors.IsNotFound(err) {
		return metav1.Condition{}, fmt.Errorf("read CustomResourceDefinition %s: %w", CRDName, err)
	}
	return judgeVersion(crd.Annotations[consts.BundleVersionAnnotation]), nil
}

// judgeVersion judges a bundle version by its minor version.
func judgeVersion(installed string) metav1.Condition {
	want := fmt.Sprintf("Fairway is built for %s to %s and does its best", oldestVersion, newestVersion)
	v, err := version.ParseGeneric(installed)
	if err != nil {
		return conditions.ClassUnsupportedVersion(fmt.Sprintf("the Gateway API's CRDs have %q as their version in annotation %s, which tells none; %s: install a release of them", installed, consts.BundleVersionAnnotation, want))
	}
	minor := version.MajorMinor(v.Major(), v.Minor())
	oldest, newest := version.MustParseGeneric(oldestVersion), version.MustParseGeneric(newestVersion)
	switch {
	case minor.LessThan(oldest):
		return conditions.ClassUnsupportedVersion(fmt.Sprintf("the Gateway API's CRDs have version %s; %s: install newer ones", installed, want))
	case newest.LessThan(minor):
		return conditions.ClassUnsupportedVersion(fmt.Sprintf("the Gateway API's CRDs have version %s; %s: install a newer Fairway", installed, want))
	}
	return conditions.ClassSupportedVersion("the Gateway API's CRDs have version " + installed)
}
