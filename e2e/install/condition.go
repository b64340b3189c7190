package install

import (
	"context"
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/wait"
)

// pollInterval is the pause between two looks at the same condition.
const pollInterval = 25 * time.Millisecond

// Wait returns when the condition holds. When it does not within the time, the error says what it
// last lacked.
func Wait(ctx context.Context, what string, timeout time.Duration, condition func(context.Context) error) error {
	var last error
	err := wait.PollUntilContextTimeout(ctx, pollInterval, timeout, true, func(ctx context.Context) (bool, error) {
		err := condition(ctx)
		// What the deadline has cut says nothing of the condition.
		if ctx.Err() == nil {
			last = err
		}
		return err == nil, nil
	})
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", what, ctx.Err())
	}
	if last == nil {
		last = err
	}
	return fmt.Errorf("%s: not within %s: %w", what, timeout, last)
}

// Met says what a condition lacks, or nil: it must be there with the status, and speak of this
// generation of its object; generation 0 is any.
func Met(conditions []metav1.Condition, kind string, status metav1.ConditionStatus, generation int64) error {
	c := meta.FindStatusCondition(conditions, kind)
	switch {
	case c == nil:
		return fmt.Errorf("there is no condition %s", kind)
	case c.Status != status:
		return fmt.Errorf("condition %s is %s, not %s: %s: %s", kind, c.Status, status, c.Reason, c.Message)
	case generation != 0 && c.ObservedGeneration != generation:
		return fmt.Errorf("condition %s speaks of generation %d, not %d", kind, c.ObservedGeneration, generation)
	}
	return nil
}

// conditionsOf reads status.conditions.
func conditionsOf(object *unstructured.Unstructured) ([]metav1.Condition, error) {
	var typed struct {
		Status struct {
			Conditions []metav1.Condition `json:"conditions"`
		} `json:"status"`
	}
	if err := runtime.DefaultUnstructuredConverter.FromUnstructured(object.Object, &typed); err != nil {
		return nil, fmt.Errorf("read the conditions of %s %q: %w", object.GetKind(), object.GetName(), err)
	}
	return typed.Status.Conditions, nil
}
