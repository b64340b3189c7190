package multicluster

import (
	"context"
	"fmt"
	"strings"

	eventsv1 "k8s.io/api/events/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// noticed waits until there is exactly one Event on the hub about the object, of the reason and with
// all of the words in its note, and that one is of the type. A namespace that is empty is where
// Events of cluster-scoped objects are.
func (r *room) noticed(namespace, name, kind, reason string, words ...string) {
	r.t.Helper()
	if namespace == "" {
		namespace = metav1.NamespaceDefault
	}
	r.eventually(fmt.Sprintf("%s has an Event %s", name, reason), func(ctx context.Context) error {
		var all eventsv1.EventList
		if err := stack.Hub.Client.List(ctx, &all, client.InNamespace(namespace)); err != nil {
			return err
		}
		var notes []string
		found := 0
		for _, e := range all.Items {
			if e.Regarding.Name != name {
				continue
			}
			notes = append(notes, fmt.Sprintf("%s %s %s: %s", e.Type, e.Reason, e.Regarding.FieldPath, e.Note))
			if e.Type == kind && e.Reason == reason && containsAll(e.Note, words) {
				found++
			}
			if e.Series != nil {
				return fmt.Errorf("Event %s was counted together with others: %s", e.Name, e.Note)
			}
		}
		if found != 1 {
			return fmt.Errorf("%d fit of\n%s", found, strings.Join(notes, "\n"))
		}
		return nil
	})
}

func containsAll(text string, words []string) bool {
	for _, w := range words {
		if !strings.Contains(text, w) {
			return false
		}
	}
	return true
}
