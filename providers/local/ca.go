package local

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/go-logr/logr"
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

// rotateAnnotation, with any value on that Secret, asks for a rotation. It is
// taken off once the rotation has begun.
const rotateAnnotation = "fairway.dev/rotate"

// The waits of the leader's look at the authority: at the latest, and after a
// failure.
const (
	authorityLook  = time.Hour
	authorityAgain = 10 * time.Second
)

// keptAuthority is the authority in its Secret, made at the first call for
// it. Replicas that start together agree, because the Secret is created once.
type keptAuthority struct {
	reader    client.Reader
	client    client.Client
	namespace string
	clock     clock.Clock
	log       logr.Logger
	// written holds a token when somebody wrote the Secret.
	written chan struct{}

	mu    sync.Mutex
	known authority.Ring
}

func newKeptAuthority(o Options) *keptAuthority {
	return &keptAuthority{
		reader: o.Reader, client: o.Client, namespace: o.Namespace, clock: o.Clock, log: o.Log.WithName("authority"),
		written: make(chan struct{}, 1),
	}
}

// Ring implements [stream.Keys]. It is empty as long as nobody asked for the
// authority.
func (k *keptAuthority) Ring() authority.Ring {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.known
}

// get is the authority. It reads the API at the first call only.
func (k *keptAuthority) get(ctx context.Context) (authority.Ring, error) {
	if ring := k.Ring(); ring.Current != nil {
		return ring, nil
	}
	if _, err := k.turn(ctx); err != nil {
		return authority.Ring{}, err
	}
	return k.Ring(), nil
}

// keep turns the authority when its time comes and takes in what others write
// to the Secret, until ctx is done. After each change it calls changed.
func (k *keptAuthority) keep(ctx context.Context, changed func()) {
	for ctx.Err() == nil {
		wait := authorityAgain
		did, err := k.turn(ctx)
		if err != nil && ctx.Err() == nil {
			k.log.Error(err, "Certificate authority of the stream not kept up")
		} else {
			wait = min(max(k.Ring().Due().Sub(k.clock.Now()), 0), authorityLook)
		}
		if did {
			changed()
		}
		timer := k.clock.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-timer.C():
		case <-k.written:
		}
		timer.Stop()
	}
}

// seen is told of every Secret's metadata.
func (k *keptAuthority) seen(secret client.Object) {
	if secret.GetNamespace() == k.namespace && secret.GetName() == authoritySecret {
		select {
		case k.written <- struct{}{}:
		default:
		}
	}
}

// turn reads the authority, makes it if there is none, and turns it if that
// is due or was asked for. It reports whether it is another than was known.
func (k *keptAuthority) turn(ctx context.Context) (bool, error) {
	secret, err := k.read(ctx)
	if apierrors.IsNotFound(err) {
		if err := k.create(ctx); err != nil && !apierrors.IsAlreadyExists(err) {
			return false, err
		}
		secret, err = k.read(ctx)
	}
	if err != nil {
		return false, err
	}
	ring, err := authority.ParseRing(secret.Data)
	if err != nil {
		return false, fmt.Errorf("secret %s/%s (delete it to have it made anew): %w", k.namespace, authoritySecret, err)
	}
	_, asked := secret.Annotations[rotateAnnotation]
	turned, err := ring.Turn(k.clock.Now(), asked)
	if err != nil {
		return false, err
	}
	if asked || turned.Fingerprint() != ring.Fingerprint() {
		if err := k.store(ctx, secret, turned); err != nil {
			return false, err
		}
		k.log.Info("Certificate authority of the stream rotates", "known", turned.Next != nil, "signs", turned.Previous != nil)
	}
	return k.learn(turned), nil
}

// learn makes the ring the known one, and reports whether another one was.
func (k *keptAuthority) learn(ring authority.Ring) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	before := k.known
	k.known = ring
	return before.Current != nil && before.Fingerprint() != ring.Fingerprint()
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
	data, err := ca.Ring().Data()
	if err != nil {
		return err
	}
	secret := &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: k.namespace, Name: authoritySecret, Labels: map[string]string{owner.ManagedByKey: owner.ManagedBy},
		},
		Type: corev1.SecretTypeTLS,
		Data: data,
	}
	if err := k.client.Create(ctx, secret, client.FieldOwner(fieldOwner)); err != nil {
		return fmt.Errorf("keep the stream's certificate authority: %w", err)
	}
	return nil
}

// store writes the ring in place of what was read. Somebody who wrote
// meanwhile is an error: the next look begins with what they wrote.
func (k *keptAuthority) store(ctx context.Context, secret *corev1.Secret, ring authority.Ring) error {
	data, err := ring.Data()
	if err != nil {
		return err
	}
	after := secret.DeepCopy()
	after.Data = data
	delete(after.Annotations, rotateAnnotation)
	patch := client.MergeFromWithOptions(secret, client.MergeFromWithOptimisticLock{})
	if err := k.client.Patch(ctx, after, patch, client.FieldOwner(fieldOwner)); err != nil {
		return fmt.Errorf("keep the stream's certificate authority: %w", err)
	}
	return nil
}
