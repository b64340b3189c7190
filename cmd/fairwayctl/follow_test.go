package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// deaf is an API server that says what it has, and refuses to be watched.
func deaf(t *testing.T) *httptest.Server {
	t.Helper()
	return apiServer(t, nil)
}

// TestFollowSaysThatItIsRefused, instead of trying on for ever.
func TestFollowSaysThatItIsRefused(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	_, err := follow(ctx, &rest.Config{Host: deaf(t).URL})
	if err == nil || !strings.Contains(err.Error(), "forbidden") || !strings.Contains(err.Error(), "--watch needs the rights") {
		t.Errorf("got %v", err)
	}
}

// TestScreenShowsARightThatIsLost until it is back.
func TestScreenShowsARightThatIsLost(t *testing.T) {
	f := &followed{Reader: world(t, nil)}
	shows := func() string {
		return string(screen(t.Context(), f, nil, client.ObjectKey{}, output{format: "table"}))
	}
	well := shows()
	gone := apierrors.NewForbidden(schema.GroupResource{Resource: "gateways"}, "", nil)
	if !f.refused.heard("Gateway", gone) || f.refused.heard("Gateway", gone) {
		t.Error("that the right is lost is news, once")
	}
	f.refused.heard("HTTPRoute", context.DeadlineExceeded)
	f.refused.heard("HTTPRoute", nil)
	if got := shows(); !strings.Contains(got, "gateways is forbidden") {
		t.Errorf("it shows %q", got)
	}
	if !f.refused.heard("Gateway", nil) || shows() != well {
		t.Errorf("when the right is back it shows %q", shows())
	}
}
