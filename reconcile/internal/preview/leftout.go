package preview

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/api/v1alpha1"
)

// unserved are kinds of the Gateway API that Fairway does not serve.
var unserved = []string{
	"GRPCRoute", "TLSRoute", "TCPRoute", "UDPRoute", "ListenerSet", "BackendTLSPolicy",
	"XListenerSet", "XBackendTrafficPolicy", "XMesh",
}

const (
	gatewayGroup = gatewayv1.GroupName
	// trialGroup is that of what the Gateway API tries out.
	trialGroup = "gateway.networking.x-k8s.io"
)

// leftOut says why an object of a kind is left out of plans.
func (w *World) leftOut(gk schema.GroupKind) string {
	ours := gk.Group == gatewayGroup || gk.Group == trialGroup || gk.Group == v1alpha1.GroupVersion.Group || gk.Group == mcsv1beta1.GroupVersion.Group
	switch {
	case (gk.Group == gatewayGroup || gk.Group == trialGroup) && slices.Contains(unserved, gk.Kind):
		return "Fairway does not serve this kind yet; left out"
	case gk == schema.GroupKind{Group: mcsv1beta1.GroupVersion.Group, Kind: "ServiceExport"}:
		return "it belongs into a member; left out: a ServiceImport of its name stands for what members will export"
	case gk == schema.GroupKind{Group: v1alpha1.GroupVersion.Group, Kind: "MemberCluster"}:
		return "what a member brings is known once the hub has reached it; left out"
	case ours:
		return fmt.Sprintf("Fairway knows no such kind in group %s; left out; is it spelt right?", gk.Group)
	}
	for known := range kinds {
		if known.Kind == gk.Kind {
			return fmt.Sprintf("it is of group %q, and the kind that Fairway serves of group %q; left out", gk.Group, known.Group)
		}
	}
	return "no Gateway's meaning depends on it; left out"
}
