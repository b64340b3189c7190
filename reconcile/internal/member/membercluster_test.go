package member

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	fairway "fairway.dev/fairway/api/v1alpha1"
)

// fakeHub is a fake API server whose Secrets are read with readSecret's
// answer.
func fakeHub(t *testing.T, readSecret error, objects ...client.Object) client.Client {
	t.Helper()
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, fairway.AddToScheme} {
		if err := add(s); err != nil {
			t.Fatal(err)
		}
	}
	return fake.NewClientBuilder().WithScheme(s).WithStatusSubresource(&fairway.MemberCluster{}).WithObjects(objects...).
		WithInterceptorFuncs(interceptor.Funcs{
			Get: func(ctx context.Context, c client.WithWatch, key client.ObjectKey, o client.Object, opts ...client.GetOption) error {
				if _, isSecret := o.(*corev1.Secret); isSecret {
					return readSecret
				}
				return c.Get(ctx, key, o, opts...)
			},
		}).Build()
}

func aMember(name string) *fairway.MemberCluster {
	return &fairway.MemberCluster{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Spec:       fairway.MemberClusterSpec{KubeconfigSecretRef: fairway.SecretKeyReference{Name: name, Key: "kubeconfig"}},
	}
}

func TestAMemberThatIsBeingDeletedIsNoMember(t *testing.T) {
	leaving := aMember("leaving")
	leaving.Finalizers = []string{metav1.FinalizerDeleteDependents}
	leaving.DeletionTimestamp = &metav1.Time{Time: time.Unix(1, 0)}
	members, err := listMembers(t.Context(), fakeHub(t, nil, aMember("staying"), leaving))
	if err != nil || len(members) != 1 || members[0].Name != "staying" {
		t.Errorf("members are %v (%v)", members, err)
	}
}

func TestASecretThatCannotBeReadIsSaidAndTriedAgain(t *testing.T) {
	for name, refusal := range map[string]error{
		"forbidden":    apierrors.NewForbidden(corev1.Resource("secrets"), "east", errors.New("no")),
		"invalid name": errors.New(`invalid resource name "a/b": [may not contain '/']`),
	} {
		t.Run(name, func(t *testing.T) {
			p, _, _ := running(t, "east")
			hub := fakeHub(t, refusal, aMember("east"))
			r := &memberClusters{provider: p, hub: hub, live: hub}
			if _, err := r.Reconcile(t.Context(), requestOf("east")); !errors.Is(err, refusal) {
				t.Errorf("the error is %v", err)
			}
			eventually(t, "the hub waits no longer", p.Synced)
			if got := known(p, "east", fairway.ConditionReachable); !strings.HasPrefix(got, "False(InvalidKubeconfig)") || !strings.HasSuffix(got, refusal.Error()) {
				t.Errorf("it says %s", got)
			}
		})
	}
}

func TestTheHubDoesNotWaitForEverForAMemberThatNobodyAims(t *testing.T) {
	p, _, _ := running(t, "east")
	if p.Synced() {
		t.Error("it did not wait at all")
	}
	p.giveUp = time.Now()
	eventually(t, "the hub gives up waiting", p.Synced)
}
