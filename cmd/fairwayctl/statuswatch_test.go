package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// screens takes what is shown, one at a time.
type screens struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *screens) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

// next is all that came since it was last called.
func (s *screens) next() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer s.text.Reset()
	return s.text.String()
}

// absent is a hub that may not answer.
type absent struct {
	client.Reader
	mu  sync.Mutex
	why error
}

func (a *absent) set(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.why = err
}

func (a *absent) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.why != nil {
		return a.why
	}
	return a.Reader.List(ctx, list, opts...)
}

func TestWatchShowsWhatChangesAndThatTheHubIsAway(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/status.txtar")
	if err != nil {
		t.Fatal(err)
	}
	hub := world(t, archive.Files[0].Data)
	synctest.Test(t, func(t *testing.T) {
		ctx, stop := context.WithCancel(t.Context())
		live := &absent{Reader: hub}
		f := &followed{Reader: hub, changed: make(chan struct{}, 1)}
		shown, ended := &screens{}, make(chan error, 1)
		go func() {
			ended <- watchStatus(ctx, shown, live, f, client.ObjectKey{Namespace: "shop", Name: "web"}, output{format: "table"})
		}()
		expect := func(what, text string, times int) {
			t.Helper()
			synctest.Wait()
			got := shown.next()
			if strings.Count(got, "--- ") != times || !strings.Contains(got, text) {
				t.Errorf("%s: want %d screens with %q, got %q", what, times, text, got)
			}
		}
		expect("at first", "shop/cart", 1)

		route := &gatewayv1.HTTPRoute{}
		if err := hub.Get(ctx, client.ObjectKey{Namespace: "shop", Name: "cart"}, route); err != nil {
			t.Fatal(err)
		}
		route.Spec.Hostnames = []gatewayv1.Hostname{"basket.example"}
		if err := hub.Update(ctx, route); err != nil {
			t.Fatal(err)
		}
		f.changed <- struct{}{}
		time.Sleep(settle)
		expect("after a change", "basket.example", 1)

		f.changed <- struct{}{}
		time.Sleep(settle)
		expect("after a change of what is not shown", "", 0)

		live.set(errors.New("connection refused"))
		time.Sleep(2 * checkInterval)
		expect("while the hub is away", "the hub does not answer: connection refused", 1)

		live.set(nil)
		time.Sleep(checkInterval)
		expect("when it is back", "basket.example", 1)

		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
}

func TestScreensOfProgramsParse(t *testing.T) {
	f := &followed{Reader: world(t, nil)}
	for _, format := range []string{"json", "yaml"} {
		o := output{format: format}
		all := headed(screen(t.Context(), f, nil, client.ObjectKey{}, o), o, time.Now())
		all = append(all, headed(screen(t.Context(), f, errors.New("the hub does not answer: refused"), client.ObjectKey{}, o), o, time.Now())...)
		var got []map[string]any
		for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(all), 16); ; {
			var one map[string]any
			err := decoder.Decode(&one)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s does not parse: %v\n%s", format, err, all)
			}
			if one != nil {
				got = append(got, one)
			}
		}
		if len(got) != 2 || got[0]["gateways"] == nil || got[1]["error"] != "the hub does not answer: refused" {
			t.Errorf("%s has %v", format, got)
		}
	}
}

// reversed gives lists the other way round.
type reversed struct{ client.Reader }

func (r reversed) List(ctx context.Context, list client.ObjectList, opts ...client.ListOption) error {
	if err := r.Reader.List(ctx, list, opts...); err != nil {
		return err
	}
	all, err := meta.ExtractList(list)
	if err != nil {
		return err
	}
	slices.Reverse(all)
	return meta.SetList(list, all)
}

func TestTheOrderOfListsDoesNotShow(t *testing.T) {
	file, err := txtar.ParseFile("testdata/status.txtar")
	if err != nil {
		t.Fatal(err)
	}
	hub := world(t, file.Files[0].Data)
	for _, format := range []string{"table", "json"} {
		o := output{format: format}
		want := screen(t.Context(), &followed{Reader: hub}, nil, client.ObjectKey{}, o)
		if got := screen(t.Context(), &followed{Reader: reversed{hub}}, nil, client.ObjectKey{}, o); !bytes.Equal(got, want) {
			t.Errorf("in %s it shows\n%s\nand with lists reversed\n%s", format, want, got)
		}
	}
}
