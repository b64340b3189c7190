package local

import (
	"flag"
	"os"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
	"sigs.k8s.io/yaml"

	"fairway.dev/fairway/providers"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestObjects shows every object as it is applied.
func TestObjects(t *testing.T) {
	for file, ref := range map[string]providers.Ref{
		"testdata/objects.txtar":   web,
		"testdata/long-name.txtar": {Hub: "hub-1", Namespace: "shop", Name: strings.Repeat("long-", 20) + "name", UID: "u-1"},
	} {
		b := blueprint{
			ref: ref, settings: Settings{}.withDefaults(), listeners: wishFor(80, 80, 8080).Listeners,
			options: Options{ProxyImage: "fairway-proxy:test", StreamAddress: "fairway-stream.fairway-system.svc:18000"},
		}
		var got txtar.Archive
		for _, part := range parts {
			text, err := yaml.Marshal(part.object(b).Object)
			if err != nil {
				t.Fatal(err)
			}
			got.Files = append(got.Files, txtar.File{Name: part.kind + ".yaml", Data: text})
		}
		if *update {
			if err := os.WriteFile(file, txtar.Format(&got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if string(txtar.Format(&got)) != string(want) {
			t.Errorf("%s differs; go test -update writes it anew. Got:\n%s", file, txtar.Format(&got))
		}
	}
}
