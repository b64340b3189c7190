package member

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// renewRetry is the wait between two attempts to renew a token.
const renewRetry = time.Minute

// renewal names the Secret, and the key in it, with a token that is the hub's
// to renew. The zero value names none.
type renewal struct {
	secret types.NamespacedName
	key    string
}

// lease is a service account's token as it describes itself.
type lease struct {
	account   types.NamespacedName
	from, end time.Time
}

// leaseOf reads a token; ok is false for one that never ends or is no service
// account's.
func leaseOf(config *rest.Config) (l lease, ok bool) {
	claims := claimsOf(config.BearerToken)
	parts := strings.Split(claims.Subject, ":")
	if len(parts) != 4 || parts[0] != "system" || parts[1] != "serviceaccount" || claims.Issued == 0 || claims.Ends <= claims.Issued {
		return lease{}, false
	}
	return lease{account: types.NamespacedName{Namespace: parts[2], Name: parts[3]},
		from: time.Unix(claims.Issued, 0), end: time.Unix(claims.Ends, 0)}, true
}

// due is when two thirds of the token's life are over: a third is left for
// what may stand in the way of renewing it.
func (l lease) due() time.Time { return l.end.Add(-l.end.Sub(l.from) / 3) }

// renew asks the member for another token when the present one is due, and
// puts it into the Secret that it came from; the session then connects anew,
// as after any change of the Secret. What stands in the way is said in status.
func (s *session) renew(ctx context.Context, t target) {
	l := s.current.lease
	if t.renewal == (renewal{}) || l.end.IsZero() || time.Now().Before(l.due()) || time.Now().Before(s.renewAfter) {
		return
	}
	s.renewAfter = time.Now().Add(renewRetry)
	ctx, cancel := context.WithTimeout(ctx, probeTimeout)
	defer cancel()
	err := s.replaceToken(ctx, t, l)
	if s.renewTrouble = ""; err != nil {
		s.renewTrouble = fmt.Sprintf("; its token ends at %s and was not renewed: %s", l.end.UTC().Format(time.RFC3339), cut(err.Error(), maxAnswer))
		s.log.Error(err, "Member's token not renewed", "ends", l.end)
		return
	}
	s.log.Info("Member's token renewed")
}

func (s *session) replaceToken(ctx context.Context, t target, l lease) error {
	account := &corev1.ServiceAccount{}
	account.Namespace, account.Name = l.account.Namespace, l.account.Name
	seconds := int64(l.end.Sub(l.from).Seconds())
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &seconds}}
	if err := s.current.live.SubResource("token").Create(ctx, account, request); err != nil {
		return fmt.Errorf("ask for a token of %s: %w", l.account, err)
	}
	kubeconfig, err := withToken(t.kubeconfig, request.Status.Token)
	if err != nil {
		return err
	}
	return s.provider.saveKubeconfig(ctx, t.renewal, t.kubeconfig, kubeconfig)
}

// withToken is a kubeconfig with another token for its current user.
func withToken(kubeconfig []byte, token string) ([]byte, error) {
	config, err := clientcmd.Load(kubeconfig)
	if err != nil {
		return nil, fmt.Errorf("read the kubeconfig: %w", err)
	}
	config.AuthInfos[config.Contexts[config.CurrentContext].AuthInfo].Token = token
	return clientcmd.Write(*config)
}

// saveKubeconfig puts a kubeconfig in place of the one in a Secret, unless
// somebody else has done so meanwhile.
func (p *Provider) saveKubeconfig(ctx context.Context, to renewal, old, now []byte) error {
	secret := &corev1.Secret{}
	if err := p.live.Get(ctx, to.secret, secret); err != nil {
		return fmt.Errorf("read Secret %s: %w", to.secret, err)
	}
	if !bytes.Equal(secret.Data[to.key], old) {
		return nil
	}
	before := secret.DeepCopy()
	secret.Data[to.key] = now
	if err := p.hub.Patch(ctx, secret, client.MergeFromWithOptions(before, client.MergeFromWithOptimisticLock{})); err != nil {
		return fmt.Errorf("write Secret %s: %w", to.secret, err)
	}
	return nil
}
