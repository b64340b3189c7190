package model

import (
	"reflect"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// The clients of the SDK that we build with are newer than the model: whatever
// one of them can send or read, the model with its overlay must know.
func TestModelKnowsWhatTheSDKKnows(t *testing.T) {
	for name, client := range map[string]any{
		"elbv2": &elasticloadbalancingv2.Client{}, "acm": &acm.Client{}, "sts": &sts.Client{},
		"tagging": &resourcegroupstaggingapi.Client{}, "quotas": &servicequotas.Client{},
	} {
		service, err := Of(name)
		if err != nil {
			t.Fatal(err)
		}
		methods := reflect.TypeOf(client)
		for i := range methods.NumMethod() {
			method := methods.Method(i)
			if method.Type.NumIn() != 4 || method.Type.NumOut() != 2 {
				continue
			}
			op := service.Operations[method.Name]
			if op == nil {
				if name == "elbv2" {
					t.Errorf("elbv2: no operation %s", method.Name)
				}
				continue
			}
			known{t: t, seen: map[reflect.Type]bool{}}.compare(name+" "+method.Name+" input", method.Type.In(2), op.Input)
			known{t: t, seen: map[reflect.Type]bool{}}.compare(name+" "+method.Name+" output", method.Type.Out(0), op.Output)
		}
	}
}

type known struct {
	t    *testing.T
	seen map[reflect.Type]bool
}

func (k known) compare(path string, typ reflect.Type, shape *Shape) {
	for typ.Kind() == reflect.Pointer {
		typ = typ.Elem()
	}
	switch {
	case typ.Kind() == reflect.Struct && shape.Type == "structure":
		if k.seen[typ] {
			return
		}
		k.seen[typ] = true
		for i := range typ.NumField() {
			field := typ.Field(i)
			if !field.IsExported() || field.Name == "ResultMetadata" {
				continue
			}
			member := shape.Members[field.Name]
			if member == nil {
				k.t.Errorf("%s: shape %s lacks %s", path, shape.Name, field.Name)
				continue
			}
			k.compare(path+"."+field.Name, field.Type, member.Shape)
		}
	case typ.Kind() == reflect.Slice && shape.Type == "list":
		k.compare(path, typ.Elem(), shape.Item.Shape)
	case typ.Kind() == reflect.String && shape.Type == "string":
		k.enum(path, typ, shape)
	}
}

// enum compares an enumeration's values with the SDK's.
func (k known) enum(path string, typ reflect.Type, shape *Shape) {
	values, there := typ.MethodByName("Values")
	if !there || len(shape.Enum) == 0 {
		return
	}
	given := values.Func.Call([]reflect.Value{reflect.Zero(typ)})[0]
	for i := range given.Len() {
		value := given.Index(i).String()
		found := false
		for _, e := range shape.Enum {
			found = found || e == value
		}
		if !found {
			k.t.Errorf("%s: shape %s lacks the value %q", path, shape.Name, value)
		}
	}
}
