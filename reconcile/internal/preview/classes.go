package preview

import (
	"context"
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/reconcile/internal/gatewayclass"
)

// classProblems are the conditions of GatewayClasses that would not be good, of
// those that the files hold or that change by them. The receiver is the world
// without the files.
func (s *state) classProblems(ctx context.Context, after *state) ([]Problem, error) {
	var before, now map[string][]Problem
	var err error
	if s.Live != nil {
		if before, err = s.classes(ctx); err != nil {
			return nil, err
		}
	}
	if now, err = after.classes(ctx); err != nil {
		return nil, err
	}
	var out []Problem
	for name, problems := range now {
		for _, p := range problems {
			p.Already = slices.Contains(before[name], p)
			if !p.Already || after.has(classKind, types.NamespacedName{Name: name}) {
				out = append(out, p)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Problem) int { return strings.Compare(a.Object, b.Object) })
	return out, nil
}

// classes judges every GatewayClass of ours.
func (s *state) classes(ctx context.Context) (map[string][]Problem, error) {
	var all gatewayv1.GatewayClassList
	if err := s.reader.List(ctx, &all); err != nil {
		return nil, fmt.Errorf("list GatewayClasses: %w", err)
	}
	found := map[string][]Problem{}
	for i := range all.Items {
		class := &all.Items[i]
		if !gatewayclass.Ours(class) {
			continue
		}
		accepted, _, err := gatewayclass.Judge(ctx, s.Providers, s.settings, class)
		if err != nil {
			return nil, fmt.Errorf("GatewayClass %s: %w", class.Name, err)
		}
		judged := []metav1.Condition{accepted}
		if s.Live != nil {
			version, err := gatewayclass.SupportedVersion(ctx, s.reader)
			if err != nil {
				return nil, err
			}
			judged = append(judged, version)
		}
		found[class.Name] = nil
		for _, c := range judged {
			if bad(c) {
				found[class.Name] = append(found[class.Name], problem("GatewayClass/"+class.Name, c))
			}
		}
	}
	return found, nil
}
