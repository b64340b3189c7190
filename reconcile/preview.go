package reconcile

import (
	"context"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/reconcile/internal/admin"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/preview"
)

// What would come of files, and what is wrong with one that cannot be read.
type (
	PreviewFiles   = preview.Files
	Preview        = preview.Preview
	PreviewGateway = preview.Gateway
	PreviewProblem = preview.Problem
	PreviewVerdict = preview.Verdict
	PreviewServed  = preview.Served
	InvalidError   = preview.InvalidError
)

// What a Gateway would be served by where it is not what is written.
const (
	ServedLastGood = preview.LastGood
	ServedNothing  = preview.Nothing
	ServedRemoved  = preview.Removed
)

// How the hub is asked for a Preview of files in the live world: PreviewFiles,
// of at most PlanMaxBytes as JSON, are posted to PlanPath of its admin port, with
// a token for AdminAudience in the header AdminTokenHeader. The answer is a
// Preview as JSON, or with status 422 an InvalidError.
const (
	PlanPath         = admin.PlanPath
	PlanMaxBytes     = admin.MaxFiles
	AdminAudience    = admin.Audience
	AdminTokenHeader = admin.TokenHeader
)

// ReadPreviewFiles makes PreviewFiles of objects, and namespace the one of those
// that name none. Of Secrets they hold no values, but for a certificate without
// its key, and of objects that no plan depends on their names alone. The error
// is an *InvalidError when an object cannot be read.
func ReadPreviewFiles(objects []*unstructured.Unstructured, namespace string) (PreviewFiles, error) {
	return preview.Read(objects, namespace)
}

// PreviewSecret reports whether an object is a Secret, which PreviewFiles hold
// beside the others.
func PreviewSecret(o *unstructured.Unstructured) bool {
	return o.GroupVersionKind().GroupKind() == preview.SecretKind
}

// PreviewOffline says what would come of files in an empty world with these
// providers, of which only the pure verbs are called. The error is an
// *InvalidError when an object cannot be read.
func PreviewOffline(ctx context.Context, files PreviewFiles, all ...providers.Provider) (*Preview, error) {
	w := preview.World{Scheme: scheme(), Hub: "none", Providers: map[string]providers.Provider{}, Gather: gather.New(nil)}
	for _, p := range all {
		w.Providers[p.Name()] = p
	}
	return w.Plan(ctx, files)
}
