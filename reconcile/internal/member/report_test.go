package member

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/go-logr/logr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

func condition(kind, message string) metav1.Condition {
	return metav1.Condition{Type: kind, Status: metav1.ConditionTrue, Reason: kind, Message: message}
}

// exporting is a member with these exports, none of which has a status.
func exporting(names ...string) *fake.ClientBuilder {
	b := fake.NewClientBuilder().WithScheme(scheme).WithStatusSubresource(&mcsv1beta1.ServiceExport{})
	for _, name := range names {
		b.WithObjects(&mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name}})
	}
	return b
}

func key(name string) types.NamespacedName { return types.NamespacedName{Namespace: "n", Name: name} }

func said(t *testing.T, c client.Client, name string) (all []string) {
	t.Helper()
	var export mcsv1beta1.ServiceExport
	if err := c.Get(t.Context(), key(name), &export); client.IgnoreNotFound(err) != nil {
		t.Fatal(err)
	}
	for _, c := range export.Status.Conditions {
		all = append(all, c.Type+": "+c.Message)
	}
	return all
}

func TestWhatWasSaidOnExportsIsTakenBack(t *testing.T) {
	c := exporting("a", "b").Build()
	r := newReporter(c, c, logr.Discard())
	go r.run(t.Context())
	for _, name := range []string{"a", "b", "gone"} {
		r.wish(key(name), []metav1.Condition{condition("Valid", "it is"), condition("Ready", "it is")})
	}
	for _, name := range []string{"a", "b"} {
		eventually(t, "it is said on "+name, func() bool { return len(said(t, c, name)) == 2 })
	}
	var b mcsv1beta1.ServiceExport
	if err := c.Get(t.Context(), key("b"), &b); err != nil {
		t.Fatal(err)
	}
	b.Status.Conditions = []metav1.Condition{condition("Valid", "it is"), condition("Ready", "says somebody else"), condition("example.com/Seen", "")}
	if err := c.Status().Update(t.Context(), &b); err != nil {
		t.Fatal(err)
	}

	r.takeBack(t.Context())
	if got := said(t, c, "a"); len(got) != 0 {
		t.Errorf("a still says %q", got)
	}
	if got, want := said(t, c, "b"), []string{"Ready: says somebody else", "example.com/Seen: "}; !slices.Equal(got, want) {
		t.Errorf("b says %q, want %q", got, want)
	}
	// One of them may have been in the queue once more.
	eventually(t, "the queue is empty", func() bool { return r.queue.Len() == 0 })
	r.wish(key("a"), []metav1.Condition{condition("Valid", "again")})
	if len(r.wished) != 0 || r.queue.Len() != 0 {
		t.Error("a member that left is still told")
	}
}

func TestAMemberThatAnswersNothingIsLeftAsItIs(t *testing.T) {
	asked := make(chan struct{}, 1)
	c := exporting("a").WithInterceptorFuncs(interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, _ client.Client, _ string, _ client.Object, _ ...client.SubResourceUpdateOption) error {
			asked <- struct{}{}
			<-ctx.Done()
			return errors.New("no answer")
		},
	}).Build()
	r := newReporter(c, c, logr.Discard())
	go r.run(t.Context())
	r.wish(key("a"), []metav1.Condition{condition("Valid", "it is")})
	<-asked
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	r.takeBack(ctx)
	select {
	case <-r.leaving:
		t.Error("what was never taken back counts as done")
	default:
	}
}

// An export may come while it is found that there is none: what is wished for it then is not lost.
func TestAWishForAnExportThatJustCameIsKept(t *testing.T) {
	c := exporting().Build()
	var r *reporter
	once := sync.Once{}
	cache := interceptor.NewClient(c, interceptor.Funcs{
		Get: func(ctx context.Context, c client.WithWatch, name client.ObjectKey, o client.Object, options ...client.GetOption) error {
			err := c.Get(ctx, name, o, options...)
			once.Do(func() {
				if err := c.Create(ctx, &mcsv1beta1.ServiceExport{ObjectMeta: metav1.ObjectMeta{Namespace: name.Namespace, Name: name.Name}}); err != nil {
					t.Error(err)
				}
				r.wish(name, []metav1.Condition{condition("Valid", "the new one")})
			})
			return err
		},
	})
	r = newReporter(cache, c, logr.Discard())
	r.wish(key("a"), []metav1.Condition{condition("Valid", "the old one")})
	go r.run(t.Context())
	eventually(t, "it is said on the new export", func() bool { return slices.Equal(said(t, c, "a"), []string{"Valid: the new one"}) })
}

func TestAMemberWithoutExportsLeavesAtOnce(t *testing.T) {
	newReporter(nil, nil, logr.Discard()).takeBack(t.Context())
}
