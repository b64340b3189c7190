package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// neededAPIs are those of others that the hub reads no member without, by
// their newest kinds, and where they are installed from.
var neededAPIs = []struct {
	name string
	gv   schema.GroupVersion
	kind []string
	from string
}{
	{"the Gateway API v1.5 or later", schema.GroupVersion(gatewayv1.GroupVersion), []string{"Gateway", "ReferenceGrant"},
		"https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.7.0/standard-install.yaml"},
	{"the Multi-Cluster Services API", schema.GroupVersion(mcsv1beta1.GroupVersion), []string{"ServiceImport"},
		"https://raw.githubusercontent.com/kubernetes-sigs/mcs-api/v0.5.2/config/crd/multicluster.x-k8s.io_serviceimports.yaml"},
}

// missingAPIs says what the hub lacks, and how to get it.
func missingAPIs(hub client.Client) ([]string, error) {
	var missing []string
	for _, api := range neededAPIs {
		for _, kind := range api.kind {
			_, err := hub.RESTMapper().RESTMapping(api.gv.WithKind(kind).GroupKind(), api.gv.Version)
			if meta.IsNoMatchError(err) {
				missing = append(missing, fmt.Sprintf("it lacks %s (no kind %s of %s): kubectl apply --server-side -f %s", api.name, kind, api.gv, api.from))
				break
			}
			if err != nil {
				return nil, fmt.Errorf("look for kind %s of %s on the hub: %w", kind, api.gv, err)
			}
		}
	}
	return missing, nil
}
