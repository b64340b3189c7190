package multicluster

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestStatusTellsWhy spoils a certificate that is served, and mends it. Who looks once, and who
// watches, is told of it; and of a route that leads to no Gateway.
func TestStatusTellsWhy(t *testing.T) {
	r := newRoom(t)
	secret := &corev1.Secret{ObjectMeta: r.meta("tls"), Type: corev1.SecretTypeTLS, Data: certificate(t, 1)}
	if err := stack.Hub.Client.Create(t.Context(), secret); err != nil {
		t.Fatal(err)
	}
	r.create(stack.Hub, deployment("echo", "hub", 1), service("echo"), secureGateway, route("shop", "web", "shop.example", ownBackend("echo", 8080)))
	r.programmed("web")
	web := r.name + "/web"
	r.tells(0, []string{"Gateway " + web, "Listener https", "ready"}, "status", web)
	watched := r.watch(web)

	const spoilt = "programmed, BUT: InvalidCertificateRef: spec.listeners[1].tls.certificateRefs[0]: Secret "
	r.setSecret(map[string][]byte{corev1.TLSCertKey: []byte("rubbish"), corev1.TLSPrivateKeyKey: []byte("rubbish")})
	r.tells(3, []string{spoilt, "tls.crt holds no readable PEM certificate", "the certificate that it held before is still served"}, "status", web)
	watched.shows(r, spoilt, true)
	r.spoiltInJSON(web)

	r.setSecret(certificate(t, 2))
	r.tells(0, []string{"Listener https"}, "status", web)
	watched.shows(r, spoilt, false)

	r.create(stack.Hub, route("lost", "wbe", "lost.example", ownBackend("echo", 8080)))
	r.tells(3, []string{"HTTPRoute " + r.name + "/lost: spec.parentRefs[0]: there is no Gateway " + r.name + "/wbe"}, "status", "-n", r.name)
}

// spoiltInJSON has scripts find the certificate's problem where the documentation has it.
func (r *room) spoiltInJSON(gateway string) {
	r.t.Helper()
	said, _ := r.ctl("status", gateway, "-o", "json")
	var status struct {
		Gateways []struct {
			Programmed bool
			Listeners  []struct {
				Programmed bool
				Problems   []struct{ Condition, Reason, Message string }
			}
		}
	}
	if err := json.Unmarshal([]byte(said), &status); err != nil {
		r.t.Fatalf("%v: %s", err, said)
	}
	if len(status.Gateways) != 1 || len(status.Gateways[0].Listeners) != 2 {
		r.t.Fatalf("it says %s", said)
	}
	plain, secure := status.Gateways[0].Listeners[0], status.Gateways[0].Listeners[1]
	if !status.Gateways[0].Programmed || !plain.Programmed || len(plain.Problems) != 0 || !secure.Programmed ||
		len(secure.Problems) != 1 || secure.Problems[0].Condition != "ResolvedRefs" || secure.Problems[0].Reason != "InvalidCertificateRef" {
		r.t.Errorf("it says %s", said)
	}
}

// ctl runs fairwayctl on the hub, and gives its output and exit code.
func (r *room) ctl(args ...string) (string, int) {
	r.t.Helper()
	return r.ctlAs(stack.Hub.KubeconfigFile(), "", args...)
}

// tells waits until fairwayctl says all of the words and ends with the exit code.
func (r *room) tells(code int, words []string, args ...string) {
	r.t.Helper()
	r.eventually("fairwayctl "+strings.Join(args, " ")+" tells "+strings.Join(words, ", "), func(context.Context) error {
		if said, ended := r.ctl(args...); ended != code || !containsAll(said, words) {
			return fmt.Errorf("exit code %d: %s", ended, said)
		}
		return nil
	})
}

// watch is a fairwayctl that goes on showing a Gateway's status.
type watch struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write takes what it shows.
func (w *watch) Write(b []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(b)
}

// last is the last screen.
func (w *watch) last() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := strings.Split("\n"+w.text.String(), "\n--- ")
	return all[len(all)-1]
}

// watch begins one, which ends with the test, and waits for its first screen.
func (r *room) watch(gateway string) *watch {
	r.t.Helper()
	return r.watchAs(stack.Hub.KubeconfigFile(), gateway)
}

// watchAs begins one with a kubeconfig.
func (r *room) watchAs(kubeconfig, gateway string) *watch {
	r.t.Helper()
	w := &watch{}
	cmd := exec.Command(stack.Ctl(), "status", gateway, "--watch", "--kubeconfig", kubeconfig)
	cmd.Stdout, cmd.Stderr = w, w
	if err := cmd.Start(); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() {
		if err := cmd.Process.Kill(); err != nil {
			r.t.Error(err)
		}
		// It was killed: that is all that it can say.
		_ = cmd.Wait()
	})
	w.shows(r, "Gateway "+gateway, true)
	return w
}

// shows waits until the last screen has a text, or has it no more.
func (w *watch) shows(r *room, text string, has bool) {
	r.t.Helper()
	r.eventually(fmt.Sprintf("that the watch shows %q is %v", text, has), func(context.Context) error {
		if last := w.last(); strings.Contains(last, text) != has {
			return fmt.Errorf("it shows %s", last)
		}
		return nil
	})
}
