package trigger_test

import (
	"testing"

	"k8s.io/client-go/util/workqueue"

	"fairway.dev/fairway/reconcile/internal/trigger"
)

func queue(t *testing.T) workqueue.TypedRateLimitingInterface[string] {
	q := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[string]())
	t.Cleanup(q.ShutDown)
	return q
}

func TestKeysAddedBeforeTheStartArrive(t *testing.T) {
	var s trigger.Source[string]
	s.Add("early")
	q := queue(t)
	if err := s.Start(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	s.Add("late")
	got := map[string]bool{}
	for range 2 {
		key, _ := q.Get()
		got[key] = true
		q.Done(key)
	}
	if !got["early"] || !got["late"] {
		t.Errorf("arrived have %v", got)
	}
}
