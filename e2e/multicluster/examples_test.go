package multicluster

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/sets"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
)

// TestExamples applies the repository's examples as they are. Their route splits by weight, but for
// two paths: one matches exactly, one with everything below it.
func TestExamples(t *testing.T) {
	shop := newShop(t)
	web := shop.site(shop.programmed("store"), 0)
	shop.routed("store")
	for path, services := range map[string][]string{
		"/":             {"echo", "echo-canary"},
		"/next":         {"echo-canary"},
		"/next/x":       {"echo", "echo-canary"},
		"/checkout":     {"echo"},
		"/checkout/x":   {"echo"},
		"/checkout-not": {"echo", "echo-canary"},
	} {
		web.servedByServices("store.example.com", path, services...)
	}
}

// newShop applies the examples and returns their namespace as a room. After the test it is gone: the
// namespace bears no label that others could wait by. The class stays, as all tests use it.
func newShop(t *testing.T) *room {
	t.Helper()
	shop := &room{t: t, name: "shop"}
	t.Cleanup(func() {
		for _, cluster := range stack.Clusters() {
			if err := client.IgnoreNotFound(cluster.Client.Delete(context.Background(), shop.namespace())); err != nil {
				t.Error(err)
			}
		}
		// A namespace with pods of the usual grace period is looked at every 16 s only.
		if err := install.Wait(context.Background(), "the examples are gone", 2*patience, shop.absent); err != nil {
			t.Error(err)
		}
	})
	if err := stack.ApplyExamples(t.Context()); err != nil {
		t.Fatal(err)
	}
	return shop
}

func (r *room) namespace() *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: r.name}}
}

// absent says whether the room's namespace is in no cluster.
func (r *room) absent(ctx context.Context) error {
	for _, cluster := range stack.Clusters() {
		namespace := r.namespace()
		err := cluster.Client.Get(ctx, client.ObjectKeyFromObject(namespace), namespace)
		if err == nil {
			return fmt.Errorf("%s has it: %v", cluster.Name(), namespace.Status.Conditions)
		}
		if client.IgnoreNotFound(err) != nil {
			return err
		}
	}
	return nil
}

// servedByServices asks for a path until pods of all the services in every member have answered,
// everywhere. No other may ever answer: what has been seen once is never forgotten.
func (s *site) servedByServices(host, path string, services ...string) {
	s.t.Helper()
	want := sets.New[string]()
	for _, service := range services {
		for _, member := range stack.Members {
			want.Insert(service + " in " + member.Name())
		}
	}
	seen := map[string]sets.Set[string]{}
	s.everywhere("the right services answer for "+host+path, func(ctx context.Context, address string) error {
		if seen[address] == nil {
			seen[address] = sets.New[string]()
		}
		err := s.see(ctx, address, host, path, seen[address])
		if err == nil && !seen[address].Equal(want) {
			err = fmt.Errorf("%v have answered, not %v", sets.List(seen[address]), sets.List(want))
		}
		return err
	})
}

// see asks for a path and adds the services, and members, whose pods answer.
func (s *site) see(ctx context.Context, address, host, path string, seen sets.Set[string]) error {
	origins, err := s.origins(ctx)
	if err != nil {
		return err
	}
	for range samples {
		answer, err := install.Ask(ctx, stack.HTTP, address, host, path)
		if err != nil {
			return err
		}
		if answer.Status != http.StatusOK {
			return fmt.Errorf("the answer is %d: %s", answer.Status, answer.Text)
		}
		origin, known := origins[podName(answer)]
		if !known {
			return errors.New("no ready pod has the name " + answer.Pod)
		}
		seen.Insert(origin)
	}
	return nil
}

// podName is the pod that answered: the examples' pods give their node's name before their own.
func podName(answer install.Answer) string { return path.Base(answer.Pod) }

// origins are the services and members of the examples' pods, by the pods' names.
func (r *room) origins(ctx context.Context) (map[string]string, error) {
	origins := map[string]string{}
	for _, service := range []string{"echo", "echo-canary"} {
		for _, member := range stack.Members {
			pods, err := r.pods(ctx, member, service)
			if err != nil {
				return nil, err
			}
			for _, pod := range pods {
				origins[pod.Name] = service + " in " + member.Name()
			}
		}
	}
	return origins, nil
}
