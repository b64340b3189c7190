package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"reflect"
	"testing"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// TestAccountIsTheExamples keeps what join makes and what people apply by hand
// the same: the example has a token of its own in place of the right to renew
// one.
func TestAccountIsTheExamples(t *testing.T) {
	content, err := os.ReadFile("../../examples/join/member.yaml")
	if err != nil {
		t.Fatal(err)
	}
	example := map[string]map[string]any{}
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(content), 4096); ; {
		o := &unstructured.Unstructured{}
		if err := decoder.Decode(o); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		example[o.GetKind()+"/"+o.GetName()] = o.Object
	}
	ours, err := accountObjects()
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range ours {
		id := o.GetKind() + "/" + o.GetName()
		if id == "Role/fairway-hub-token" || id == "RoleBinding/fairway-hub-token" {
			continue
		}
		if !reflect.DeepEqual(example[id], o.Object) {
			t.Errorf("%s is %v, and in examples/join/member.yaml %v", id, o.Object, example[id])
		}
		delete(example, id)
	}
	delete(example, "Secret/fairway-hub")
	for id := range example {
		t.Errorf("%s is in examples/join/member.yaml only", id)
	}
}
