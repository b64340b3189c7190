package local

import (
	"context"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/local/authority"
	"fairway.dev/fairway/providers/local/wire"
)

// The annotations that say what is in a Secret, so that it need not be read.
const (
	endAnnotation       = "fairway.dev/certificate-not-after"
	authorityAnnotation = "fairway.dev/certificate-authority"
)

// certificateEnd is when the certificate in a Secret ends; long ago if it
// does not say.
func certificateEnd(secret client.Object) time.Time {
	end, err := time.Parse(time.RFC3339, secret.GetAnnotations()[endAnnotation])
	if err != nil {
		return time.Time{}
	}
	return end
}

// staleness says why the certificate in a Secret is to be replaced; empty if
// it is good.
func staleness(secret client.Object, fingerprint string, now time.Time) string {
	switch {
	case !now.Before(authority.RenewAt(certificateEnd(secret))):
		return "two thirds of its certificate's life are over"
	case fingerprint != "" && secret.GetAnnotations()[authorityAnnotation] != fingerprint:
		return "its certificate is of another authority"
	default:
		return ""
	}
}

// fill puts a new certificate into the Secret that is about to be written.
func (p *Provider) fill(ctx context.Context, ref providers.Ref, secret *unstructured.Unstructured) error {
	ring, err := p.ca.get(ctx)
	if err != nil {
		return err
	}
	identity := wire.Identity{Hub: ref.Hub, Cluster: ref.Cluster, Namespace: ref.Namespace, Gateway: ref.Name, UID: ref.UID}
	pair, err := ring.Current.Client(identity, p.options.Clock.Now())
	if err != nil {
		return err
	}
	content := tree(&corev1.Secret{
		Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{wire.CertFile: pair.Certificate, wire.KeyFile: pair.Key, wire.CAFile: ring.Certificates()},
	})
	secret.Object["type"], secret.Object["data"] = content["type"], content["data"]
	annotations := secret.GetAnnotations()
	annotations[endAnnotation] = pair.NotAfter.UTC().Format(time.RFC3339)
	annotations[authorityAnnotation] = ring.Fingerprint()
	secret.SetAnnotations(annotations)
	return nil
}
