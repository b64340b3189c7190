package statuswriter_test

import (
	"context"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/wait"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/statuswriter"
)

// start runs a Writer over one Gateway and counts its writes. The first
// conflicts writes meet a conflict.
func start(t *testing.T, conflicts int32) (*statuswriter.Writer, client.Client, *atomic.Int32) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := gatewayv1.Install(scheme); err != nil {
		t.Fatal(err)
	}
	var writes atomic.Int32
	gw := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web"}}
	c := fake.NewClientBuilder().WithScheme(scheme).WithObjects(gw).WithStatusSubresource(gw).WithInterceptorFuncs(interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			if writes.Add(1) <= conflicts {
				return apierrors.NewConflict(schema.GroupResource{Resource: "gateways"}, o.GetName(), nil)
			}
			return c.SubResource(sub).Update(ctx, o, opts...)
		},
	}).Build()
	w := statuswriter.New(c, logr.Discard())
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = w.Start(ctx)
	}()
	t.Cleanup(func() { stop(); <-ended })
	return w, c, &writes
}

func address(value string) func(*gatewayv1.Gateway) {
	return func(g *gatewayv1.Gateway) { g.Status.Addresses = []gatewayv1.GatewayStatusAddress{{Value: value}} }
}

func until(t *testing.T, c client.Client, want string) {
	t.Helper()
	err := wait.PollUntilContextTimeout(t.Context(), time.Millisecond, 10*time.Second, true, func(ctx context.Context) (bool, error) {
		g := &gatewayv1.Gateway{}
		err := c.Get(ctx, client.ObjectKey{Namespace: "n", Name: "web"}, g)
		return len(g.Status.Addresses) == 1 && g.Status.Addresses[0].Value == want, err
	})
	if err != nil {
		t.Fatalf("status never became %q: %v", want, err)
	}
}

func gateway(name string) *gatewayv1.Gateway {
	return &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: name}}
}

func TestAConflictIsTriedAgain(t *testing.T) {
	w, c, writes := start(t, 3)
	statuswriter.Wish(w, gateway("web"), "", address("a"))
	until(t, c, "a")
	if n := writes.Load(); n != 4 {
		t.Errorf("%d writes, want 3 conflicts and a success", n)
	}
}

func TestWhatDoesNotDifferIsNotWritten(t *testing.T) {
	w, c, writes := start(t, 0)
	statuswriter.Wish(w, gateway("web"), "", address("a"))
	until(t, c, "a")
	called := make(chan struct{})
	statuswriter.Wish(w, gateway("web"), "", func(g *gatewayv1.Gateway) { address("a")(g); close(called) })
	<-called
	statuswriter.Wish(w, gateway("web"), "", address("b"))
	until(t, c, "b")
	if n := writes.Load(); n != 2 {
		t.Errorf("%d writes, want 2", n)
	}
}

func TestAnObjectThatIsGoneHoldsNothingUp(t *testing.T) {
	w, c, _ := start(t, 0)
	statuswriter.Wish(w, gateway("gone"), "", address("x"))
	statuswriter.Wish(w, gateway("web"), "", address("a"))
	until(t, c, "a")
}

func TestWhatAWriteChangedIsTold(t *testing.T) {
	gw := &gatewayv1.Gateway{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: "web"}}
	scheme := runtime.NewScheme()
	if err := gatewayv1.Install(scheme); err != nil {
		t.Fatal(err)
	}
	w := statuswriter.New(fake.NewClientBuilder().WithScheme(scheme).WithObjects(gw).WithStatusSubresource(gw).Build(), logr.Discard())
	told := make(chan [2]int, 1)
	w.OnWritten = func(before, after client.Object) {
		told <- [2]int{len(before.(*gatewayv1.Gateway).Status.Addresses), len(after.(*gatewayv1.Gateway).Status.Addresses)}
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Start(ctx) }()
	statuswriter.Wish(w, gw, "", func(g *gatewayv1.Gateway) {
		g.Status.Addresses = []gatewayv1.GatewayStatusAddress{{Value: "198.18.0.1"}}
	})
	if got := <-told; got != [2]int{0, 1} {
		t.Errorf("told of %v addresses before and after", got)
	}
	stop()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

// recorded makes a Writer over Gateway "web" and routes, which tells the kind of each write, and what runs it.
func recorded(t *testing.T, routes int, written func(kind string)) (w *statuswriter.Writer, c client.Client, run func() (stop func())) {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := gatewayv1.Install(scheme); err != nil {
		t.Fatal(err)
	}
	b := fake.NewClientBuilder().WithScheme(scheme).WithObjects(gateway("web")).WithStatusSubresource(&gatewayv1.Gateway{}, &gatewayv1.HTTPRoute{})
	for i := range routes {
		b = b.WithObjects(httpRoute(i))
	}
	c = b.WithInterceptorFuncs(interceptor.Funcs{
		SubResourceUpdate: func(ctx context.Context, c client.Client, sub string, o client.Object, opts ...client.SubResourceUpdateOption) error {
			written(reflect.TypeOf(o).Elem().Name())
			return c.SubResource(sub).Update(ctx, o, opts...)
		},
	}).Build()
	w = statuswriter.New(c, logr.Discard())
	return w, c, func() func() {
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			_ = w.Start(ctx)
		}()
		return func() { stop(); <-ended }
	}
}

func httpRoute(i int) *gatewayv1.HTTPRoute {
	return &gatewayv1.HTTPRoute{ObjectMeta: metav1.ObjectMeta{Namespace: "n", Name: fmt.Sprintf("r%d", i)}}
}

func TestAGatewayGoesAheadOfItsRoutes(t *testing.T) {
	const routes = 200
	var mu sync.Mutex
	var order []string
	w, c, run := recorded(t, routes, func(kind string) {
		mu.Lock()
		defer mu.Unlock()
		order = append(order, kind)
	})
	for i := range routes {
		statuswriter.Wish(w, httpRoute(i), "", func(r *gatewayv1.HTTPRoute) {
			r.Status.Parents = []gatewayv1.RouteParentStatus{{ControllerName: "x"}}
		})
	}
	statuswriter.Wish(w, gateway("web"), "", address("a"))
	stop := run()
	until(t, c, "a")
	stop()
	// Each worker may have taken one before the queue had sorted them all.
	if at := slices.Index(order, "Gateway"); at > 2*statuswriter.Workers {
		t.Errorf("%d routes of %d were written before it", at, routes)
	}
}

func TestAGatewayThatChangesAllTheTimeIsWrittenNowAndThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var writes atomic.Int32
		w, c, run := recorded(t, 0, func(string) { writes.Add(1) })
		stop := run()
		last := ""
		for i := range 1000 {
			last = fmt.Sprint(i)
			statuswriter.Wish(w, gateway("web"), "", address(last))
			<-time.After(5 * time.Millisecond)
		}
		until(t, c, last)
		stop()
		if n := writes.Load(); n < 15 || n > 25 {
			t.Errorf("%d writes within 5 seconds", n)
		}
	})
}
