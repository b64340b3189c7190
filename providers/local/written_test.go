package local

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	clocktesting "k8s.io/utils/clock/testing"
)

func TestWhatIsWrittenIsRememberedUntilTheCacheShowsIt(t *testing.T) {
	clock := clocktesting.NewFakePassiveClock(start)
	w := newWritten(clock)
	at := func(version string, uid types.UID) *corev1.Service {
		return &corev1.Service{ObjectMeta: metav1.ObjectMeta{ResourceVersion: version, UID: uid}}
	}
	const name = "Service/shop/web"
	if w.absent(name) > 0 {
		t.Error("what nobody made is awaited")
	}

	w.wrote(name, "10", true)
	clock.SetTime(start.Add(unseen - time.Second))
	if left := w.absent(name); left != time.Second {
		t.Errorf("what was made just now is awaited for %v more", left)
	}
	if late, leaving := w.present(name, at("9", "u-1")); !late || leaving {
		t.Errorf("an older version: late %t, leaving %t", late, leaving)
	}
	clock.SetTime(start.Add(unseen))
	if w.absent(name) > 0 {
		t.Error("what the cache has not shown for long is awaited still")
	}

	w.wrote(name, "20", false)
	if w.absent(name) > 0 {
		t.Error("what was there before and is gone is awaited")
	}
	w.wrote(name, "20", false)
	if late, _ := w.present(name, at("20", "u-1")); late || len(w.notes) > 0 {
		t.Error("the cache has caught up, and that is not noticed")
	}

	w.deleted(name, "u-1")
	if late, leaving := w.present(name, at("20", "u-1")); late || !leaving {
		t.Errorf("what was deleted: late %t, leaving %t", late, leaving)
	}
	if _, leaving := w.present(name, at("21", "u-2")); leaving || len(w.notes) > 0 {
		t.Error("another object of the name counts as deleted")
	}
}
