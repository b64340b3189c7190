package preview

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"flag"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/tools/txtar"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/plan"
	"fairway.dev/fairway/reconcile/internal/endpoints"
	"fairway.dev/fairway/reconcile/internal/gateway"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/placement"
)

var update = flag.Bool("update", false, "write the golden files anew")

// ledger is a paper that takes parameters and certificates.
type ledger struct{ paper }

func (ledger) SettingsKind() providers.SettingsKind {
	return providers.SettingsKind{Group: "paper.example", Version: "v1", Kind: "PaperParameters"}
}

func (ledger) Locate(settings providers.Settings) (providers.Location, error) {
	var spec struct{ Drawer, Ink string }
	if len(settings) > 0 {
		if err := json.Unmarshal(settings, &spec); err != nil {
			return "", err
		}
	}
	if spec.Ink == "red" {
		return "", &providers.Error{Kind: providers.Invalid, Message: "spec.ink: red is for teachers; use another"}
	}
	return providers.Location(spec.Drawer), nil
}

func (ledger) Capabilities(providers.Settings) providers.Capabilities {
	return providers.Capabilities{Protocols: []ir.Protocol{ir.HTTP, ir.HTTPS}, PathMatches: []ir.MatchKind{ir.Prefix}, KeyTypes: []ir.KeyType{ir.ECDSAP256}}
}

func (l ledger) Plan(ref providers.Ref, with providers.Settings, wish *ir.LoadBalancer, seen providers.Observation) plan.Plan {
	resource := "Page/" + ref.Namespace + "/" + ref.Name + "/" + string(ref.Location)
	switch {
	case !seen.Exists && wish.Empty():
		return plan.Plan{}
	case !seen.Exists:
		return plan.Plan{Steps: []plan.Step{{ID: resource, Op: plan.Create, Resource: resource, Why: "there is none"}}}
	case wish.Empty():
		return plan.Plan{Steps: []plan.Step{{ID: resource, Op: plan.Delete, Resource: resource, Why: "nothing is wished for"}}}
	case seen.State != page(wish, with):
		return plan.Plan{Steps: []plan.Step{{ID: resource, Op: plan.Update, Resource: resource, Why: "it differs"}}}
	}
	return plan.Plan{}
}

// page is what a ledger writes of a load balancer.
func page(wish *ir.LoadBalancer, with providers.Settings) string { return ir.Hash(wish) + string(with) }

// TestGolden serves live.yaml as the hub would, then has spoilt.yaml happen to
// it, and plans files.yaml. In all of them GOOD, BETTER and BAD stand for what
// is in a Secret.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	contents := strings.NewReplacer("GOOD", certificate(t), "BETTER", certificate(t), "BAD", "{tls.crt: cnViYmlzaA==, tls.key: cnViYmlzaA==}")
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			part := func(name string) []*unstructured.Unstructured {
				for _, f := range archive.Files {
					if f.Name == name {
						return parse(t, contents.Replace(string(f.Data)))
					}
				}
				return nil
			}
			w := served(t, part("live.yaml"), part("spoilt.yaml"))
			given, err := Read(part("files.yaml"), "shop")
			if err != nil {
				t.Fatal(err)
			}
			// As it comes to the hub.
			sent, err := json.Marshal(given)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(sent, &given); err != nil {
				t.Fatal(err)
			}
			p, err := w.Plan(t.Context(), given)
			if err != nil {
				t.Fatal(err)
			}
			got, err := json.MarshalIndent(map[string]any{"preview": p, "pending": (p.Changes() || p.Refuses())}, "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			last := len(archive.Files) - 1
			if *update {
				archive.Files[last].Data = []byte(string(got) + "\n")
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if want := archive.Files[last].Data; !bytes.Equal(bytes.TrimSpace(want), got) {
				t.Errorf("%s differs; -update writes it anew. Got:\n%s", file, got)
			}
		})
	}
}

// served is a world in which objects were served, before others took their
// places.
func served(t *testing.T, objects, spoilt []*unstructured.Unstructured) *World {
	t.Helper()
	scheme := newScheme(t)
	for _, gvk := range []schema.GroupVersionKind{{Group: "paper.example", Version: "v1", Kind: "PaperParameters"}, {Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}} {
		scheme.AddKnownTypeWithName(gvk, &unstructured.Unstructured{})
		scheme.AddKnownTypeWithName(gvk.GroupVersion().WithKind(gvk.Kind+"List"), &unstructured.UnstructuredList{})
	}
	c := fake.NewClientBuilder().WithScheme(scheme).Build()
	for _, o := range objects {
		if o.GetKind() == "Gateway" {
			o.SetUID("1234")
		}
		put(t, c, o)
	}
	w := &World{
		Live: c, Services: c, Parameters: c, Gather: gather.New(c), Scheme: scheme, Hub: "h",
		Providers: map[string]providers.Provider{"paper": ledger{}},
	}
	w.Gather.Services, w.Gather.Values = c, c
	pages := map[providers.Ref]string{}
	inputs := w.with(laid{}).inputs
	inputs.Gather = w.Gather
	var all gatewayv1.GatewayList
	if err := c.List(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	for i := range all.Items {
		gw := &all.Items[i]
		p, err := inputs.Understand(t.Context(), gw)
		if err != nil {
			t.Fatal(err)
		}
		if p.Foreign || p.Result == nil || p.Accepted().Status != "True" {
			continue
		}
		pages[gateway.Ref(w.Hub, gw, p.Places[0])] = page(p.Served.LoadBalancer, p.Settings)
		controllerutil.AddFinalizer(gw, gateway.Finalizer)
		if err := errors.Join(placement.Set(gw, p.Places), placement.WriteGood(gw, placement.GoodOf(gw, p.Settings)), c.Update(t.Context(), gw)); err != nil {
			t.Fatal(err)
		}
	}
	for _, o := range spoilt {
		put(t, c, o)
	}
	w.Foresee = func(_ context.Context, gw *gatewayv1.Gateway, at placement.Placement, with providers.Settings, wish *ir.LoadBalancer) (plan.Plan, []plan.Step, error) {
		ref := gateway.Ref(w.Hub, gw, at)
		written, exists := pages[ref]
		p, held := gateway.Plan(w.Providers[at.Provider], ref, with, wish, providers.Observation{Exists: exists, State: written}, endpoints.Source{})
		return p, held, nil
	}
	return w
}

// put makes an object, or gives the one that is there another content.
func put(t *testing.T, c client.Client, o *unstructured.Unstructured) {
	t.Helper()
	typed, err := c.Scheme().New(o.GroupVersionKind())
	if err != nil {
		t.Fatal(err)
	}
	if _, untyped := typed.(*unstructured.Unstructured); untyped {
		typed = o
	} else if err := runtime.DefaultUnstructuredConverter.FromUnstructured(o.Object, typed); err != nil {
		t.Fatal(err)
	}
	made := typed.(client.Object)
	there := made.DeepCopyObject().(client.Object)
	if c.Get(t.Context(), client.ObjectKeyFromObject(made), there) == nil {
		made.SetResourceVersion(there.GetResourceVersion())
		made.SetUID(there.GetUID())
		if len(made.GetAnnotations()) == 0 {
			made.SetAnnotations(there.GetAnnotations())
		}
		made.SetFinalizers(there.GetFinalizers())
		err = c.Update(t.Context(), made)
	} else {
		err = c.Create(t.Context(), made)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// certificate is the data of a Secret that holds one, as YAML.
func certificate(t *testing.T) string {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{"shop.example"}, NotAfter: time.Now().AddDate(1, 0, 0)}
	chain, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	encoded := func(kind string, content []byte) string {
		return base64.StdEncoding.EncodeToString(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}))
	}
	return "{tls.crt: " + encoded("CERTIFICATE", chain) + ", tls.key: " + encoded("PRIVATE KEY", private) + "}"
}

func TestNoValueOfASecretIsSentOrSaid(t *testing.T) {
	good := "apiVersion: v1\nkind: Secret\nmetadata: {name: tls}\ndata: " + certificate(t)
	other := "---\napiVersion: v1\nkind: Secret\nmetadata: {name: password}\nstringData: {password: hunter2}"
	given := parse(t, good+"\n"+other)
	files, err := Read(given, "shop")
	if err != nil || len(files.Objects) != 0 || len(files.Secrets) != 2 {
		t.Fatalf("%+v, %v", files, err)
	}
	sent, err := json.Marshal(files)
	if err != nil {
		t.Fatal(err)
	}
	key, _, _ := unstructured.NestedString(given[0].Object, "data", "tls.key")
	plain, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(plain)
	for _, value := range []string{key, base64.StdEncoding.EncodeToString(block.Bytes), "hunter2"} {
		if bytes.Contains(sent, []byte(value)) {
			t.Errorf("what is sent holds a value: %s", sent)
		}
	}
	for _, content := range []string{"data: {password: hunter2!}", "data: [hunter2]", "stringData: {password: [hunter2]}", "data: {a: aHVudGVyMg==}\nhunter: 2", "type: {hunter2: 1}"} {
		_, err := Read(parse(t, "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\n"+content), "shop")
		invalid, is := errors.AsType[*InvalidError](err)
		if !is || strings.Contains(invalid.Message, "hunter2") || !slices.Equal(invalid.Objects, []int{0}) {
			t.Errorf("%s: %v", content, err)
		}
	}
}

func TestOfWhatNoPlanDependsOnNamesAreSent(t *testing.T) {
	files, err := Read(parse(t, `
apiVersion: v1
kind: ConfigMap
metadata: {name: a, namespace: shop, annotations: {x: hunter2}}
data: {password: hunter2}
---
apiVersion: core/v1
kind: Secret
metadata: {name: a}
data: {password: hunter2}
---
apiVersion: v1
kind: List
items: [{apiVersion: v1, kind: Secret, metadata: {name: a}, stringData: {a: hunter2}}]
---
apiVersion: v1
kind: Service
metadata: {name: whole}
---
apiVersion: paper.example/v1
kind: PaperParameters
metadata: {name: a}
spec: {ink: whole}
`), "shop")
	if err != nil {
		t.Fatal(err)
	}
	sent, err := json.Marshal(files)
	if err != nil || bytes.Contains(sent, []byte("hunter2")) || bytes.Count(sent, []byte("whole")) != 2 || len(files.Objects) != 5 {
		t.Errorf("%s, %v", sent, err)
	}
	if name := titled(files.Objects[0]); name != "ConfigMap shop/a" {
		t.Errorf("it goes by %q", name)
	}
}
