package main

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
)

var update = flag.Bool("update", false, "write the golden files anew")

// world is a hub that holds the objects of a golden case.
func world(t *testing.T, manifests []byte) client.Client {
	t.Helper()
	s := scheme()
	b := fake.NewClientBuilder().WithScheme(s)
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(manifests), 4096); ; {
		u := &unstructured.Unstructured{}
		err := decoder.Decode(u)
		if errors.Is(err, io.EOF) {
			return b.Build()
		}
		if err != nil {
			t.Fatal(err)
		}
		typed, err := s.New(u.GroupVersionKind())
		if err != nil {
			t.Fatal(err)
		}
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(u.Object, typed); err != nil {
			t.Fatal(err)
		}
		b = b.WithObjects(typed.(client.Object))
	}
}

// TestGolden shows everything that can be shown of one world.
func TestGolden(t *testing.T) {
	const file = "testdata/status.txtar"
	archive, err := txtar.ParseFile(file)
	if err != nil {
		t.Fatal(err)
	}
	hub := world(t, archive.Files[0].Data)
	at := time.Date(2026, 1, 1, 1, 0, 0, 0, time.UTC)

	status, err := look(t.Context(), hub, client.ObjectKey{})
	if err != nil {
		t.Fatal(err)
	}
	all, err := members(t.Context(), hub)
	if err != nil {
		t.Fatal(err)
	}
	var rows []memberRow
	for i := range all {
		rows = append(rows, newMemberRow(&all[i]))
	}
	lost, err := lossesOf(t.Context(), hub, "east")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]func(io.Writer) error{
		"status.txt":  func(w io.Writer) error { return tree(w, status) },
		"status.yaml": func(w io.Writer) error { return (&output{format: "yaml"}).print(w, status, nil) },
		"list.txt":    func(w io.Writer) error { return memberTable(w, rows, at) },
		"list.json":   func(w io.Writer) error { return (&output{format: "json"}).print(w, rows, nil) },
		"remove.txt": func(w io.Writer) error {
			lost.print("east", func(format string, args ...any) { _, _ = fmt.Fprintf(w, format+"\n", args...) })
			return nil
		},
	}
	fresh := &txtar.Archive{Files: slices.Clone(archive.Files[:1])}
	for _, name := range []string{"status.txt", "status.yaml", "list.txt", "list.json", "remove.txt"} {
		var b bytes.Buffer
		if err := got[name](&b); err != nil {
			t.Fatal(err)
		}
		fresh.Files = append(fresh.Files, txtar.File{Name: name, Data: b.Bytes()})
	}
	if *update {
		if err := os.WriteFile(file, txtar.Format(fresh), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want := map[string]string{}
	for _, f := range archive.Files {
		want[f.Name] = string(f.Data)
	}
	for _, f := range fresh.Files {
		if want[f.Name] != string(f.Data) {
			t.Errorf("%s is\n%s\nnot\n%s", f.Name, f.Data, want[f.Name])
		}
	}
	if status.well() || status.Gateways[0].well() {
		t.Error("a Gateway with a refused listener counts as well")
	}
}

func TestSurveyOfOneGateway(t *testing.T) {
	archive, err := txtar.ParseFile("testdata/status.txtar")
	if err != nil {
		t.Fatal(err)
	}
	hub := world(t, archive.Files[0].Data)
	one, err := survey(t.Context(), hub, client.ObjectKey{Namespace: "shop", Name: "foreign"})
	if err != nil || len(one.Gateways) != 1 || one.Gateways[0].Name != "foreign" || one.well() {
		t.Errorf("got %+v, %v", one, err)
	}
	if _, err := survey(t.Context(), hub, client.ObjectKey{Namespace: "shop", Name: "none"}); err == nil || !strings.Contains(err.Error(), "shop/none") {
		t.Errorf("got %v", err)
	}
}
