package gather

import (
	"context"
	"fmt"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"fairway.dev/fairway/reconcile/internal/snapshot"
	"fairway.dev/fairway/reconcile/internal/translate"
)

const (
	// readTimeout is how long the API server may take for a Secret.
	readTimeout = 5 * time.Second
	// readAgain is how long a Secret that could not be read is left alone.
	readAgain = 15 * time.Second
	// patience is how long a Gateway waits for a Secret of which nothing is
	// known yet.
	patience = 30 * time.Second
)

// secret is what was read of one Secret.
type secret struct {
	mu      sync.Mutex
	version string
	holds   snapshot.Certificate
	// failing is since when it cannot be read; zero if it can.
	failing time.Time
}

// readCertificates reads what the Gateway's listeners name.
func (g *Gatherer) readCertificates(ctx context.Context, s *snapshot.Gateway) error {
	key, named := client.ObjectKeyFromObject(s.Gateway), translate.CertificateSecrets(s.Gateway)
	var spaces []string
	for _, k := range named {
		spaces = append(spaces, k.Namespace)
	}
	// Before anything is read, so that no change falls in between.
	g.mu.Lock()
	g.refers(key, named, spaces)
	g.mu.Unlock()
	var err error
	if s.Grants, err = g.readGrants(ctx, key.Namespace, spaces); err != nil {
		return err
	}
	s.Certificates = map[Key]snapshot.Certificate{}
	for _, k := range named {
		if !translate.MayUseSecret(s.Gateway, s.Grants, k) {
			continue
		}
		c, found, err := g.readSecret(ctx, k)
		if err != nil {
			return err
		}
		if found {
			s.Certificates[k] = c
		}
	}
	return nil
}

// refers records which Secrets a Gateway names, and the namespaces that it
// refers into. What was read of Secrets that nobody names any more is dropped.
// It is called with the lock held.
func (g *Gatherer) refers(gateway Key, secrets []Key, spaces []string) {
	for _, unused := range g.secrets.set(gateway, secrets) {
		delete(g.secretsOf, unused)
	}
	for _, k := range secrets {
		if g.secretsOf[k] == nil {
			g.secretsOf[k] = g.origin.held(k)
		}
	}
	g.gwSpaces.set(gateway, spaces)
}

// readSecret gives what is in a Secret: as it was read before, if its version
// is still the same.
func (g *Gatherer) readSecret(ctx context.Context, key Key) (c snapshot.Certificate, found bool, err error) {
	g.mu.Lock()
	known := g.secretsOf[key]
	g.mu.Unlock()
	if known == nil {
		// The Gateway was forgotten meanwhile.
		known = &secret{}
	}
	known.mu.Lock()
	defer known.mu.Unlock()
	if now, is := g.laid[key]; is {
		return known.or(now), true, nil
	}
	seen := &metav1.PartialObjectMetadata{}
	seen.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind("Secret"))
	if err := g.cache.Get(ctx, key, seen); apierrors.IsNotFound(err) {
		known.version, known.holds = "", snapshot.Certificate{}
		return snapshot.Certificate{}, false, nil
	} else if err != nil {
		return snapshot.Certificate{}, false, fmt.Errorf("read metadata of Secret %s: %w", key, err)
	}
	if known.version == seen.ResourceVersion {
		return known.holds, true, nil
	}
	value := &corev1.Secret{}
	if err := g.readValue(ctx, key, value); apierrors.IsNotFound(err) {
		// Its event is under way.
		return snapshot.Certificate{}, false, nil
	} else if err != nil {
		c, err = g.unread(ctx, key, known, err)
		return c, true, err
	}
	known.failing = time.Time{}
	known.version, known.holds = value.ResourceVersion, known.or(Content(value))
	return known.holds, true, nil
}

// or is what is held of the Secret once it has that content: of one that cannot
// be used, what it held before.
func (s *secret) or(now snapshot.Certificate) snapshot.Certificate {
	if now.Problem == "" {
		return now
	}
	kept := s.holds
	kept.Problem, kept.Again = now.Problem, now.Again
	return kept
}

func (g *Gatherer) readValue(ctx context.Context, key Key, into *corev1.Secret) error {
	ctx, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	return g.Values.Get(ctx, key, into)
}

// unread is what is held of a Secret that could not be read. For a while, with
// nothing to go on with, it is an error: the Gateway then stays as it is. In
// the long run one Secret must not hold up the rest of the Gateway; and who
// only wants to know is told at once.
func (g *Gatherer) unread(ctx context.Context, key Key, known *secret, cause error) (snapshot.Certificate, error) {
	now, c := g.clock.Now(), known.holds
	if known.failing.IsZero() {
		known.failing = now
	}
	if patient := g.origin == nil && now.Sub(known.failing) < patience; ctx.Err() != nil || !c.Usable && patient {
		return c, fmt.Errorf("read Secret %s: %w", key, cause)
	}
	log.FromContext(ctx).Error(cause, "Secret not read", "secret", key)
	c.Again = now.Add(readAgain)
	c.Problem = "it could not be read from the API server, which is tried again"
	if apierrors.IsForbidden(cause) {
		c.Problem = "Fairway's hub may not read it; let the hub's ServiceAccount get Secrets"
	}
	return c, nil
}
