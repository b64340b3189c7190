package preview

import (
	"context"
	"fmt"
	"reflect"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
)

// still reads a world and says the same whenever it is asked the same: what
// somebody else changes while a plan is made is not the files' doing. It is for
// one use at a time.
type still struct {
	below  client.Reader
	scheme *runtime.Scheme
	known  map[question]runtime.Object
	absent map[question]error
}

// question is what was asked for: an object, or with no name a namespace's.
type question struct {
	schema.GroupVersionKind
	as reflect.Type
	client.ObjectKey
}

// newStill leaves it at nil where there is no world.
func newStill(below client.Reader, scheme *runtime.Scheme) client.Reader {
	if below == nil {
		return nil
	}
	return &still{below, scheme, map[question]runtime.Object{}, map[question]error{}}
}

// Get implements [client.Reader].
func (s *still) Get(ctx context.Context, key client.ObjectKey, into client.Object, opts ...client.GetOption) error {
	return s.answer(into, key, func() error { return s.below.Get(ctx, key, into, opts...) })
}

// List implements [client.Reader], of namespaces and not of labels.
func (s *still) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	var asked client.ListOptions
	asked.ApplyOptions(opts)
	return s.answer(list, client.ObjectKey{Namespace: asked.Namespace}, func() error { return s.below.List(ctx, list, opts...) })
}

// answer fills into with what was said before, or else asks.
func (s *still) answer(into runtime.Object, key client.ObjectKey, ask func() error) error {
	gvk, err := apiutil.GVKForObject(into, s.scheme)
	if err != nil {
		return fmt.Errorf("read %s: %w", key, err)
	}
	q := question{gvk, reflect.TypeOf(into), key}
	if said := s.known[q]; said != nil {
		reflect.ValueOf(into).Elem().Set(reflect.ValueOf(said.DeepCopyObject()).Elem())
		return nil
	}
	if err := s.absent[q]; err != nil {
		return err
	}
	if err = ask(); err == nil {
		s.known[q] = into.DeepCopyObject()
	} else if apierrors.IsNotFound(err) {
		s.absent[q] = err
	}
	return err
}
