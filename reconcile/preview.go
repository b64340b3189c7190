package reconcile

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/admin"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/preview"
)

// What would come of files, and what is wrong with one that cannot be read.
type (
	Preview        = preview.Preview
	PreviewGateway = preview.Gateway
	PreviewProblem = preview.Problem
	InvalidError   = preview.InvalidError
)

// How the hub is asked for a Preview of files in the live world: objects as a
// JSON list are posted to PlanPath of its admin port, with a token for
// AdminAudience in the header AdminTokenHeader. The answer is a Preview as JSON.
const (
	PlanPath         = admin.PlanPath
	AdminAudience    = admin.Audience
	AdminTokenHeader = admin.TokenHeader
)

// PreviewOffline says what would come of objects in an empty world with these
// providers, of which only the pure verbs are called. An object that cannot be
// read is an *InvalidError.
func PreviewOffline(ctx context.Context, objects []*unstructured.Unstructured, all ...providers.Provider) (*Preview, error) {
	w := preview.World{Scheme: scheme(), Hub: "none", Providers: map[string]providers.Provider{}, Endpoints: endpoints.Source{}}
	for _, p := range all {
		w.Providers[p.Name()] = p
	}
	return w.Plan(ctx, objects)
}
