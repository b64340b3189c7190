package local

import (
	"context"
	"fmt"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/clock"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers/local/authority"
	"fairway.dev/fairway/providers/owner"
)

// authoritySecret is the Secret in Fairway's namespace that keeps the
// stream's certificate authority.
const authoritySecret = "fairway-stream-ca"

// keptAuthority is the authority in its Secret, made at the first call for
// it. Replicas that start together agree, because the Secret is created once.
type keptAuthority struct {
	reader    client.Reader
	client    client.Client
	namespace string
	clock     clock.PassiveClock

	mu    sync.Mutex
	known *authority.Authority
}

// get is the authority. It reads the API at the first call only.
func (k *keptAuthority) get(ctx context.Context) (*authority.Authority, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known != nil {
		return k.known, nil
	}
	secret, err := k.read(ctx)
	if apierrors.IsNotFound(err) {
		if err := k.create(ctx); err != nil && !apierrors.IsAlreadyExists(err) {
			return nil, err
		}
		secret, err = k.read(ctx)
	}
	if err != nil {
		return nil, err
	}
	ca, err := authority.Parse(secret.Data[corev1.TLSCertKey], secret.Data[corev1.TLSPrivateKeyKey])
	if err != nil {
		return nil, fmt.Errorf("secret %s/%s (delete it to have it made anew): %w", k.namespace, authoritySecret, err)
	}
	k.known = ca
	return ca, nil
}

// fingerprint is the authority's; empty as long as nobody asked for it.
func (k *keptAuthority) fingerprint() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil {
		return ""
	}
	return k.known.Fingerprint()
}

func (k *keptAuthority) read(ctx context.Context) (*corev1.Secret, error) {
	var secret corev1.Secret
	if err := k.reader.Get(ctx, client.ObjectKey{Namespace: k.namespace, Name: authoritySecret}, &secret); err != nil {
		return nil, fmt.Errorf("read the stream's certificate authority: %w", err)
	}
	return &secret, nil
}

func (k *keptAuthority) create(ctx context.Context) error {
	ca, err := authority.New(k.clock.Now())
	if err != nil {
		return err
	}
	pair, err := ca.Pair()
	if err != nil {
		return err
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: k.namespace, Name: authoritySecret, Labels: map[string]string{owner.ManagedByKey: owner.ManagedBy},
		},
		Type: corev1.SecretTypeTLS,
		Data: map[string][]byte{corev1.TLSCertKey: pair.Certificate, corev1.TLSPrivateKeyKey: pair.Key},
	}
	if err := k.client.Create(ctx, secret, client.FieldOwner(fieldOwner)); err != nil {
		return fmt.Errorf("keep the stream's certificate authority: %w", err)
	}
	return nil
}
