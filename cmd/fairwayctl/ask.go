package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/rest"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/reconcile"
)

const (
	// leaderTimeout is how long a leader is looked for: with several replicas,
	// the API server asks any of them, and only the leader answers.
	leaderTimeout = 15 * time.Second
	// askTimeout bounds one question.
	askTimeout = 40 * time.Second
	// questionLife is how long the token for a question lasts: the shortest
	// that the API server gives.
	questionLife = 10 * time.Minute
)

// errNoLeader: a replica was asked that does not lead, or none is there.
var errNoLeader = errors.New("no leader of the hub answers; does Fairway run? (kubectl get pods --all-namespaces -l app.kubernetes.io/name=fairway)")

// live asks the hub for a plan.
func (p *planning) live(ctx context.Context, files reconcile.PreviewFiles) (*reconcile.Preview, error) {
	body, err := json.Marshal(files)
	if err != nil {
		return nil, err
	}
	if len(body) > reconcile.PlanMaxBytes {
		return nil, fmt.Errorf("the files are %d KiB long as JSON, and the hub takes %d KiB at a time; plan fewer of them, or --offline", len(body)>>10+1, reconcile.PlanMaxBytes>>10)
	}
	config, err := restConfig(p.kubeconfig, p.context)
	if err != nil {
		return nil, fmt.Errorf("find the hub: %w", err)
	}
	token, err := p.viewerToken(ctx, config)
	if err != nil {
		return nil, err
	}
	found := &reconcile.Preview{}
	if err := untilLed(ctx, func() error { return p.post(ctx, config, token, body, found) }); err != nil {
		return nil, err
	}
	return found, nil
}

// untilLed asks until a leader answers, and gives what came of the last time.
func untilLed(ctx context.Context, ask func() error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, 200*time.Millisecond, leaderTimeout, true, func(context.Context) (bool, error) {
		last = ask()
		return !errors.Is(last, errNoLeader), nil
	})
	if ctx.Err() != nil {
		return err
	}
	return last
}

// viewerToken is a token that the hub takes a question with.
func (p *planning) viewerToken(ctx context.Context, config *rest.Config) (string, error) {
	c, err := client.New(config, client.Options{Scheme: scheme()})
	if err != nil {
		return "", fmt.Errorf("reach the hub at %s: %w", config.Host, err)
	}
	account := &corev1.ServiceAccount{}
	account.Namespace, account.Name = p.namespace, fullname(p.release)+"-viewer"
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		Audiences: []string{reconcile.AdminAudience}, ExpirationSeconds: ptr.To(int64(questionLife.Seconds())),
	}}
	err = c.SubResource("token").Create(ctx, account, request)
	switch {
	case apierrors.IsNotFound(err):
		return "", fmt.Errorf("this cluster has no ServiceAccount %s/%s; name the hub's context with --context, or where Fairway is with --fairway-namespace and --release; if Fairway was installed with admin.enabled=false, it takes no questions", account.Namespace, account.Name)
	case apierrors.IsForbidden(err):
		return "", fmt.Errorf("you may not ask this hub for plans; have Role %s-viewer in namespace %s bound to you: %w", fullname(p.release), p.namespace, err)
	case err != nil:
		return "", fmt.Errorf("ask for a token of %s/%s: %w", account.Namespace, account.Name, err)
	}
	return request.Status.Token, nil
}

// post asks the hub once, through the API server's service proxy.
func (p *planning) post(ctx context.Context, config *rest.Config, token string, body []byte, into *reconcile.Preview) error {
	ctx, cancel := context.WithTimeout(ctx, askTimeout)
	defer cancel()
	base, _, err := rest.DefaultServerUrlFor(config)
	if err != nil {
		return fmt.Errorf("reach the hub at %s: %w", config.Host, err)
	}
	at := base.JoinPath("api/v1/namespaces", url.PathEscape(p.namespace), "services", "https:"+fullname(p.release)+"-admin:admin", "proxy", reconcile.PlanPath)
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), bytes.NewReader(body))
	if err != nil {
		return err
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set(reconcile.AdminTokenHeader, token)
	c, err := rest.HTTPClientFor(config)
	if err != nil {
		return fmt.Errorf("reach the hub at %s: %w", config.Host, err)
	}
	response, err := c.Do(request)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the hub does not answer within %s: %w", askTimeout, err)
	} else if err != nil {
		return fmt.Errorf("ask the hub: %w", err)
	}
	defer response.Body.Close() //nolint:errcheck // it was only read
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return fmt.Errorf("read the hub's answer: %w", err)
	}
	switch response.StatusCode {
	case http.StatusOK:
		return json.Unmarshal(answer, into)
	case http.StatusServiceUnavailable, http.StatusBadGateway:
		return errNoLeader
	case http.StatusUnprocessableEntity:
		invalid := &reconcile.InvalidError{}
		if json.Unmarshal(answer, invalid) == nil && invalid.Message != "" {
			return invalid
		}
	case http.StatusForbidden:
		return fmt.Errorf("you may not ask this hub for plans; have Role %s-viewer in namespace %s bound to you: %s", fullname(p.release), p.namespace, said(answer))
	}
	return fmt.Errorf("the hub answers %d: %s", response.StatusCode, said(answer))
}

// said is the text of a refusal: the hub's own, or the API server's.
func said(answer []byte) string {
	status := metav1.Status{}
	if json.Unmarshal(answer, &status) == nil && status.Message != "" {
		return status.Message
	}
	return string(bytes.TrimSpace(answer))
}
