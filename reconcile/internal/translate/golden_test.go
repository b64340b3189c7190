package translate_test

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
	"sigs.k8s.io/yaml"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/snapshot"
	"fairway.dev/fairway/reconcile/internal/translate"
)

var noTimes = regexp.MustCompile(`lastTransitionTime: null\n *`)

var update = flag.Bool("update", false, "write the golden files anew")

// full are the capabilities of a provider that can do all that the ir knows.
var full = providers.Capabilities{
	Protocols:      []ir.Protocol{ir.HTTP, ir.HTTPS},
	KeyTypes:       []ir.KeyType{ir.RSA2048, ir.ECDSAP256},
	AddressTypes:   []ir.AddressType{ir.IPAddress, ir.Hostname},
	Infrastructure: true,
	PathMatches:    []ir.MatchKind{ir.Exact, ir.Prefix, ir.Regex},
	HeaderMatches:  []ir.MatchKind{ir.Exact, ir.Regex},
	QueryMatches:   []ir.MatchKind{ir.Exact, ir.Regex},
	MethodMatches:  true,
	Filters:        []string{"RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"},
	BackendFilters: []string{"RequestHeaderModifier", "ResponseHeaderModifier", "RequestRedirect", "URLRewrite"},
	RedirectStatus: []int{301, 302},

	ApplicationProtocols: []string{"kubernetes.io/ws"},

	ReservedPorts: []providers.PortRange{{From: 64512, To: 65535}},
}

// noon is when the cases take place.
var noon = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// poor are those of a provider that can do little.
var poor = providers.Capabilities{Protocols: []ir.Protocol{ir.HTTP}, PathMatches: []ir.MatchKind{ir.Exact, ir.Prefix}}

// TestGolden translates each testdata/*.txtar: "input.yaml" holds a Gateway
// and what refers to it, "output.yaml" what came of it. A name that begins
// with "poor-" uses the poor capabilities.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no cases: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			capabilities := full
			if strings.HasPrefix(filepath.Base(file), "poor-") {
				capabilities = poor
			}
			got := print(t, translate.Gateway(read(t, archive.Files[0].Data), capabilities, nil))
			if *update {
				archive.Files = append(archive.Files[:1], txtar.File{Name: "output.yaml", Data: got})
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if len(archive.Files) != 2 || !bytes.Equal(archive.Files[1].Data, got) {
				t.Errorf("output differs; -update writes it anew. Got:\n%s", got)
			}
		})
	}
}

func print(t *testing.T, r *translate.Result) []byte {
	t.Helper()
	out, err := yaml.Marshal(map[string]any{"loadBalancer": r.LoadBalancer, "gateway": r.Gateway, "listeners": r.Listeners, "routes": r.Routes})
	if err != nil {
		t.Fatal(err)
	}
	// Times are filled in later.
	return noTimes.ReplaceAll(out, nil)
}

// read builds a snapshot from YAML documents.
func read(t *testing.T, in []byte) *snapshot.Gateway {
	t.Helper()
	s := &snapshot.Gateway{Certificates: map[types.NamespacedName]snapshot.Certificate{}, At: noon}
	labels := map[string]map[string]string{}
	backends := map[ir.Service]snapshot.Backend{}
	for _, object := range decode(t, in) {
		switch o := object.(type) {
		case *gatewayv1.Gateway:
			s.Gateway = o
		case *gatewayv1.HTTPRoute:
			s.Routes = append(s.Routes, &snapshot.Route{Key: client.ObjectKeyFromObject(o), Route: o})
		case *corev1.Namespace:
			labels[o.Name] = o.Labels
		case *gatewayv1.ReferenceGrant:
			s.Grants = append(s.Grants, o)
		case *mcsv1beta1.ServiceImport:
			backends[ir.Service{Kind: "ServiceImport", Namespace: o.Namespace, Name: o.Name}] = gather.FromImport(o)
		case *corev1.Service:
			backends[ir.Service{Kind: "Service", Namespace: o.Namespace, Name: o.Name}] = gather.FromService(o)
		case *corev1.Secret:
			s.Certificates[client.ObjectKeyFromObject(o)] = certificate(t, o)
		}
	}
	for _, r := range s.Routes {
		r.NamespaceLabels, r.Backends, r.Grants = labels[r.Key.Namespace], backends, s.Grants
	}
	slices.SortFunc(s.Routes, func(a, b *snapshot.Route) int { return strings.Compare(a.Key.String(), b.Key.String()) })
	return s
}

// certificate reads a Secret of a case, which says what a real one would hold:
// problem, keyType, hostnames and notAfter.
func certificate(t *testing.T, s *corev1.Secret) snapshot.Certificate {
	t.Helper()
	c := snapshot.Certificate{Problem: s.StringData["problem"], Usable: s.StringData["keyType"] != ""}
	if !c.Usable {
		return c
	}
	c.Certificate = ir.Certificate{Name: s.Namespace + "/" + s.Name, KeyType: ir.KeyType(s.StringData["keyType"]), Chain: "PEM", Key: ir.NewSecret([]byte(s.Name))}
	c.Certificate.Hostnames = strings.Fields(s.StringData["hostnames"])
	end := noon.AddDate(0, 1, 0)
	if text := s.StringData["notAfter"]; text != "" {
		var err error
		if end, err = time.Parse(time.RFC3339, text); err != nil {
			t.Fatal(err)
		}
	}
	c.Certificate.NotAfter = end.Unix()
	return c
}

func decode(t *testing.T, in []byte) []runtime.Object {
	t.Helper()
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{corev1.AddToScheme, gatewayv1.Install, mcsv1beta1.Install} {
		if err := add(scheme); err != nil {
			t.Fatal(err)
		}
	}
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	var out []runtime.Object
	for _, document := range bytes.Split(in, []byte("---\n")) {
		object, _, err := decoder.Decode(document, nil, nil)
		if err != nil {
			t.Fatalf("decode %s: %v", document, err)
		}
		out = append(out, object)
	}
	return out
}
