package local

import (
	"context"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers/local/authority"
	"fairway.dev/fairway/providers/local/wire"
)

func TestReplicasAgreeOnOneAuthority(t *testing.T) {
	w := newWorld(t)
	providers := []*Provider{w.Provider, w.provider(), w.provider()}
	fingerprints := make(chan string, len(providers))
	for _, p := range providers {
		go func() {
			if _, err := p.ca.get(context.Background()); err != nil {
				t.Error(err)
			}
			fingerprints <- p.ca.Ring().Fingerprint()
		}()
	}
	first := <-fingerprints
	for range len(providers) - 1 {
		if next := <-fingerprints; next != first {
			t.Errorf("authorities %s and %s", first, next)
		}
	}
}

// authoritySecret reads the Secret of the authority.
func (w *world) authoritySecret() *corev1.Secret {
	w.t.Helper()
	var secret corev1.Secret
	if err := w.client.Get(w.t.Context(), client.ObjectKey{Namespace: "fairway-system", Name: authoritySecret}, &secret); err != nil {
		w.t.Fatal(err)
	}
	return &secret
}

// passUntil lets time go by in steps that are small to an authority, until
// ok: what waits on the clock registers in a goroutine of its own.
func (w *world) passUntil(what string, ok func() bool) {
	w.t.Helper()
	deadline := time.After(patience)
	again := time.NewTicker(time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-again.C:
			w.clock.Step(30 * time.Minute)
		case <-deadline:
			w.t.Fatalf("waited for %s", what)
		}
	}
}

func TestTheAuthorityRotatesOnRequest(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.must(wishFor(80), all("Create")...)
	var before, after corev1.Secret
	w.get(&before)
	first := w.ca.Ring()

	asked := w.authoritySecret()
	asked.Annotations = map[string]string{rotateAnnotation: "please"}
	w.update(asked)
	w.ca.seen(asked)
	w.awaitWake("the authority is about to be another", web)
	if _, left := w.authoritySecret().Annotations[rotateAnnotation]; left || w.ca.Ring().Next == nil {
		t.Errorf("the request is left: %t; the next authority is %v", left, w.ca.Ring().Next)
	}
	w.must(wishFor(80), "Update "+id("Secret", web))
	w.must(wishFor(80))
	w.get(&after)
	if string(after.Data[wire.CAFile]) != string(w.ca.Ring().Certificates()) || string(after.Data[wire.CAFile]) == string(before.Data[wire.CAFile]) {
		t.Error("the proxies were not given the next authority")
	}

	second := w.ca.Ring().Next
	w.passUntil("the next authority to sign", func() bool { return w.ca.Ring().Current.Fingerprint() == second.Fingerprint() })
	if old := w.ca.Ring().Previous; old == nil || old.Fingerprint() != first.Fingerprint() {
		t.Error("what the first authority signed is not trusted any more")
	}
	w.passUntil("the first authority to be forgotten", func() bool { return w.ca.Ring().Previous == nil })
	w.must(wishFor(80), "Update "+id("Secret", web))
	w.get(&after)
	if string(after.Data[wire.CAFile]) != string(second.Certificate()) {
		t.Error("the proxies trust more than the one authority")
	}
}

func TestAnAuthorityThatSomebodyReplacedIsTakenIn(t *testing.T) {
	w := newWorld(t)
	w.run()
	w.must(wishFor(80), all("Create")...)
	other, err := authority.New(start)
	if err != nil {
		t.Fatal(err)
	}
	secret := w.authoritySecret()
	if secret.Data, err = other.Ring().Data(); err != nil {
		t.Fatal(err)
	}
	w.update(secret)
	w.ca.seen(&corev1.Secret{})
	w.ca.seen(secret)
	w.awaitWake("the authority is another", web)
	w.must(wishFor(80), "Update "+id("Secret", web))

	if err := w.client.Delete(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	w.ca.seen(secret)
	w.awaitWake("the authority was made anew", web)
	if w.ca.Ring().Fingerprint() == other.Fingerprint() {
		t.Error("the authority that was deleted is in use still")
	}
}

func TestAMalformedAuthorityIsNamed(t *testing.T) {
	w := newWorld(t)
	if _, err := w.ca.get(t.Context()); err != nil {
		t.Fatal(err)
	}
	secret := w.authoritySecret()
	secret.Data[corev1.TLSPrivateKeyKey] = nil
	w.update(secret)
	p := w.provider()
	const want = "secret fairway-system/fairway-stream-ca (delete it to have it made anew): tls.crt: "
	if err := p.Run(t.Context()); err == nil || err.Error()[:len(want)] != want {
		t.Errorf("run: %v", err)
	}
}
