package placement

import (
	"slices"
	"testing"

	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

func TestPlacementsAreKeptOnTheGateway(t *testing.T) {
	gw := &gatewayv1.Gateway{}
	if list, err := Of(gw); err != nil || len(list) != 0 {
		t.Fatalf("a new Gateway: %v, %v", list, err)
	}
	here, there := Placement{Provider: "local"}, Placement{Provider: "cloud", Location: `{"region":"b"}`}
	want := To(To(nil, here), there)
	if !slices.Equal(want, []Placement{there, here}) {
		t.Fatalf("after a move: %v", want)
	}
	if err := Set(gw, want); err != nil {
		t.Fatal(err)
	}
	if got, err := Of(gw); err != nil || !slices.Equal(got, want) {
		t.Errorf("read back %v, %v; want %v", got, err, want)
	}
	if got := To(want, here); !slices.Equal(got, []Placement{here, there}) {
		t.Errorf("after moving back: %v", got)
	}
	if err := Set(gw, Without(Without(want, here), there)); err != nil {
		t.Fatal(err)
	}
	if _, kept := gw.Annotations[Annotation]; kept {
		t.Error("an empty annotation is left behind")
	}
}

func TestMalformedPlacementsAreAnError(t *testing.T) {
	gw := &gatewayv1.Gateway{}
	gw.Annotations = map[string]string{Annotation: "{"}
	if _, err := Of(gw); err == nil {
		t.Error("no error")
	}
}
