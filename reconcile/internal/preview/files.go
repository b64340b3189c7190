package preview

import (
	"cmp"
	"encoding/base64"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/reconcile/internal/gather"
	"fairway.dev/fairway/reconcile/internal/snapshot"
)

// Files are what somebody thinks of applying, fit to be sent to the hub.
type Files struct {
	// Namespace is that of objects which name none; empty is "default".
	Namespace string `json:"namespace,omitempty"`
	// Objects hold no Secrets, and of what no plan depends on no more than names.
	Objects []*unstructured.Unstructured `json:"objects"`
	Secrets []Secret                     `json:"secrets,omitempty"`
}

// Secret is what a plan needs of one: the certificate without its key, of
// which there is the fingerprint.
type Secret struct {
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
	// Problem says why there is no Certificate.
	Problem     string          `json:"problem,omitempty"`
	Certificate *ir.Certificate `json:"certificate,omitempty"`
}

// InvalidError says that objects of the files cannot be read as what they say
// that they are.
type InvalidError struct {
	Message string `json:"message"`
	// Objects are their places among those that were given.
	Objects []int `json:"objects,omitempty"`
}

// Error is the message.
func (e *InvalidError) Error() string { return e.Message }

// SecretKind is that of Secrets.
var SecretKind = schema.GroupKind{Kind: "Secret"}

// Needed is o if plans may depend on an object of its kind; of any other, which
// may hold what is nobody's business, only what notes name it by. Providers are
// not known here: their parameters go by how the name of their kind ends.
func Needed(o *unstructured.Unstructured) *unstructured.Unstructured {
	gk := o.GroupVersionKind().GroupKind()
	if _, known := kinds[gk]; known || strings.HasSuffix(gk.Kind, "Parameters") {
		return o
	}
	named := &unstructured.Unstructured{}
	named.SetGroupVersionKind(o.GroupVersionKind())
	named.SetNamespace(o.GetNamespace())
	named.SetName(o.GetName())
	return named
}

// Read makes Files of objects: of each it keeps what a plan needs. The error is
// an [InvalidError] when one of them cannot be read.
func Read(objects []*unstructured.Unstructured, namespace string) (Files, error) {
	f := Files{Namespace: namespace, Objects: []*unstructured.Unstructured{}}
	for i, o := range objects {
		if o.GroupVersionKind().GroupKind() != SecretKind {
			f.Objects = append(f.Objects, Needed(o))
			continue
		}
		s, err := readSecret(o)
		if err != nil {
			return Files{}, &InvalidError{fmt.Sprintf("Secret %s: %v", o.GetName(), err), []int{i}}
		}
		f.Secrets = append(f.Secrets, s)
	}
	return f, nil
}

// readSecret does with a Secret what the API server and the hub do.
func readSecret(o *unstructured.Unstructured) (Secret, error) {
	var typed corev1.Secret
	if err := runtime.DefaultUnstructuredConverter.FromUnstructuredWithValidation(o.Object, &typed, true); err != nil {
		return Secret{}, quiet(o, err)
	}
	if typed.Name == "" {
		return Secret{}, errNameless
	}
	for key, text := range typed.StringData {
		if typed.Data == nil {
			typed.Data = map[string][]byte{}
		}
		typed.Data[key] = []byte(text)
	}
	s := Secret{Namespace: typed.Namespace, Name: typed.Name}
	content := gather.Content(&typed)
	if s.Problem = content.Problem; s.Problem == "" {
		s.Certificate = &content.Certificate
	}
	return s, nil
}

// quiet words an error about a Secret so that it holds nothing of its values.
func quiet(o *unstructured.Unstructured, err error) error {
	data, _, shaped := unstructured.NestedMap(o.Object, "data")
	if shaped != nil {
		return fmt.Errorf("data: is no map of keys to values")
	}
	for key, value := range data {
		text, is := value.(string)
		if _, bad := base64.StdEncoding.DecodeString(text); !is || bad != nil {
			return fmt.Errorf("data[%s]: is not base64; encode it, or put it under stringData as it is", key)
		}
	}
	if plain, _, shaped := unstructured.NestedStringMap(o.Object, "stringData"); shaped != nil || len(plain) > 0 {
		return fmt.Errorf("stringData, or another field: is not what a Secret has there")
	}
	return err
}

// laid is what of files is laid over a world.
type laid struct {
	objects      files
	certificates map[types.NamespacedName]snapshot.Certificate
}

func (l laid) has(gk schema.GroupKind, key types.NamespacedName) bool {
	return l.objects[fileKey{gk, key}] != nil
}

// certificates are what the files' Secrets hold.
func (f Files) certificates() (map[types.NamespacedName]snapshot.Certificate, error) {
	all := map[types.NamespacedName]snapshot.Certificate{}
	for _, s := range f.Secrets {
		key := types.NamespacedName{Namespace: cmp.Or(s.Namespace, f.namespace()), Name: s.Name}
		if _, twice := all[key]; twice {
			return nil, &InvalidError{Message: fmt.Sprintf("Secret %s: is in the files twice", key)}
		}
		held := snapshot.Certificate{Problem: cmp.Or(s.Problem, "it holds no certificate")}
		if s.Certificate != nil {
			held = snapshot.Certificate{Usable: true, Certificate: *s.Certificate}
			held.Certificate.Name = key.String()
		}
		all[key] = held
	}
	return all, nil
}

func (f Files) namespace() string { return cmp.Or(f.Namespace, metav1.NamespaceDefault) }
