package preview

import (
	"context"
	"errors"
	"fmt"
	"slices"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/gatewayclass"
	"fairway.dev/fairway/reconcile/internal/settings"
	"fairway.dev/fairway/reconcile/internal/translate"
)

// notes say which of the files' objects come to nothing, and why, where no
// status would.
func (s *state) notes(ctx context.Context, all map[client.ObjectKey]*one) ([]string, error) {
	var notes []string
	for key, o := range s.objects {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var said []string
		var err error
		switch {
		case key.GroupKind == classKind:
			said, err = s.ofClass(ctx, key.Name)
		case key.GroupKind == gatewayKind:
			said, err = s.ofGateway(ctx, all[key.ObjectKey])
		case key.GroupKind == routeKind:
			said, err = s.ofRoute(ctx, key.ObjectKey, all)
		case s.isParameters(key.GroupKind):
			said, err = s.ofParameters(ctx, o, all)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", titled(o), err)
		}
		for _, text := range said {
			notes = append(notes, titled(o)+": "+text)
		}
	}
	for key := range s.certificates {
		uses := func(o *one) bool { return slices.Contains(translate.CertificateSecrets(o.gw), key) }
		if !anyOf(all, uses) {
			notes = append(notes, fmt.Sprintf("Secret %s: no Gateway's listener names it; left out", key))
		}
	}
	slices.Sort(notes)
	return notes, nil
}

func anyOf(all map[client.ObjectKey]*one, is func(*one) bool) bool {
	for _, o := range all {
		if is(o) {
			return true
		}
	}
	return false
}

func (s *state) ofClass(ctx context.Context, name string) ([]string, error) {
	class, err := s.class(ctx, name)
	if err != nil || gatewayclass.Ours(class) {
		return nil, err
	}
	return []string{fmt.Sprintf("spec.controllerName: %s is another controller's; Fairway's begin with %s", class.Spec.ControllerName, gatewayclass.Domain)}, nil
}

func (s *state) ofGateway(ctx context.Context, o *one) ([]string, error) {
	switch {
	case !o.gw.DeletionTimestamp.IsZero():
		return []string{"is being deleted; what the files say of it comes to nothing"}, nil
	case o.Foreign && len(o.Places) == 0:
		why, err := s.whose(ctx, o.gw)
		return []string{why + "; left out"}, err
	}
	return nil, nil
}

// whose says why a Gateway is not ours.
func (s *state) whose(ctx context.Context, gw *gatewayv1.Gateway) (string, error) {
	class, err := s.class(ctx, string(gw.Spec.GatewayClassName))
	return fmt.Sprintf("is of GatewayClass %s, which is another controller's (%s)", class.Name, class.Spec.ControllerName), err
}

func (s *state) class(ctx context.Context, name string) (*gatewayv1.GatewayClass, error) {
	class := &gatewayv1.GatewayClass{}
	err := s.reader.Get(ctx, client.ObjectKey{Name: name}, class)
	return class, err
}

// ofRoute says of each parentRef that leads nowhere why.
func (s *state) ofRoute(ctx context.Context, key client.ObjectKey, all map[client.ObjectKey]*one) ([]string, error) {
	route := &gatewayv1.HTTPRoute{}
	if err := s.reader.Get(ctx, key, route); err != nil {
		return nil, err
	}
	if len(route.Spec.ParentRefs) == 0 {
		return []string{"spec.parentRefs: names no Gateway"}, nil
	}
	var notes []string
	for i, ref := range route.Spec.ParentRefs {
		why, err := s.ofParent(ctx, ref, key.Namespace, all)
		if err != nil {
			return nil, err
		}
		if why != "" {
			notes = append(notes, fmt.Sprintf("spec.parentRefs[%d]: %s", i, why))
		}
	}
	return notes, nil
}

// ofParent says why nothing of ours answers to a parentRef, or nothing.
func (s *state) ofParent(ctx context.Context, ref gatewayv1.ParentReference, namespace string, all map[client.ObjectKey]*one) (string, error) {
	if ref.Group != nil && *ref.Group != gatewayv1.GroupName || ref.Kind != nil && string(*ref.Kind) != gatewayKind.Kind {
		return "names no Gateway, and Fairway serves nothing else", nil
	}
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	name := client.ObjectKey{Namespace: namespace, Name: string(ref.Name)}
	parent := all[name]
	switch {
	case parent == nil:
		return fmt.Sprintf("there is no Gateway %s; make it or correct the reference", name), nil
	case !parent.gw.DeletionTimestamp.IsZero():
		return fmt.Sprintf("Gateway %s is being deleted", name), nil
	case parent.Foreign:
		why, err := s.whose(ctx, parent.gw)
		return fmt.Sprintf("Gateway %s %s", name, why), err
	case parent.Result == nil:
		return fmt.Sprintf("Gateway %s is not accepted: %s", name, parent.Accepted().Message), nil
	}
	return "", nil
}

// ofParameters says of parameters that nothing refers to whether they could be
// used by themselves; of others, what refers to them tells.
func (s *state) ofParameters(ctx context.Context, o *unstructured.Unstructured, all map[client.ObjectKey]*one) ([]string, error) {
	if anyOf(all, func(g *one) bool { return settings.GatewayUses(g.gw, o) }) {
		return nil, nil
	}
	var classes gatewayv1.GatewayClassList
	if err := s.reader.List(ctx, &classes); err != nil && !apierrors.IsNotFound(err) {
		return nil, err
	}
	for i := range classes.Items {
		if settings.ClassUses(&classes.Items[i], o) {
			return nil, nil
		}
	}
	notes := []string{"no GatewayClass and no Gateway refers to it"}
	gk := o.GroupVersionKind().GroupKind()
	for _, p := range s.Providers {
		if k := p.SettingsKind(); k.Group != gk.Group || k.Kind != gk.Kind {
			continue
		}
		if refusal, is := errors.AsType[*settings.Refusal](settings.Judge(p, o)); is && !slices.Contains(notes, refusal.Message) {
			notes = append(notes, refusal.Message)
		}
	}
	return notes, nil
}
