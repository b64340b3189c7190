package wire

import (
	"encoding/base64"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/model"
)

// decoder turns a form into an input of the SDK's type. What a list looks like
// is all that the two query protocols differ in.
type decoder struct {
	// flat lists are those of EC2, whose elements are numbered right below the list.
	flat bool
}

func (d decoder) structure(n *node, v reflect.Value, s *model.Shape, path string) *api.Error {
	if n.leaf && n.value != "" {
		return malformed(path, "Unexpected complex element termination")
	}
	left := maps.Clone(n.kids)
	for name, member := range s.Members {
		kid := n.kids[member.In]
		if kid == nil {
			continue
		}
		delete(left, member.In)
		field := v.FieldByName(name)
		if !field.IsValid() {
			// The SDK no longer has what the model still knows.
			continue
		}
		if err := d.value(kid, field, member.Shape, dotted(path, member.In)); err != nil {
			return err
		}
	}
	if len(left) > 0 {
		return d.unknown(dotted(path, slices.Min(slices.Collect(maps.Keys(left)))))
	}
	return nil
}

// unknown is the error for a parameter that the operation does not have.
// Source: EC2 API reference, "Error codes": UnknownParameter; ELBv2 API
// reference, "Common Errors": InvalidQueryParameter.
func (d decoder) unknown(path string) *api.Error {
	if d.flat {
		return api.Errorf("UnknownParameter", "The parameter %s is not recognized", path)
	}
	return api.Errorf("InvalidQueryParameter", "The AWS query string has a parameter that the operation does not have: %s", path)
}

func malformed(path, what string) *api.Error {
	return api.Errorf("MalformedInput", "%s: %s", what, path)
}

func (d decoder) value(n *node, v reflect.Value, s *model.Shape, path string) *api.Error {
	switch s.Type {
	case "structure":
		if v.Kind() == reflect.Pointer {
			v.Set(reflect.New(v.Type().Elem()))
			v = v.Elem()
		}
		return d.structure(n, v, s, path)
	case "list":
		return d.list(n, v, s, path)
	case "map":
		return d.mapping(n, v, s, path)
	}
	if len(n.kids) > 0 {
		return malformed(path, "Start of structure or map found where not expected")
	}
	if v.Kind() == reflect.Pointer {
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	return scalar(n.value, v, path)
}

func (d decoder) list(n *node, v reflect.Value, s *model.Shape, path string) *api.Error {
	if n.leaf && n.value == "" && len(n.kids) == 0 {
		// An empty value is how the protocol says "an empty list".
		v.Set(reflect.MakeSlice(v.Type(), 0, 0))
		return nil
	}
	if !d.flat {
		if path = dotted(path, "member"); len(n.kids) != 1 || n.kids["member"] == nil {
			return malformed(path, "Start of list found where not expected")
		}
		n = n.kids["member"]
	}
	items, ok := n.items()
	if !ok || n.leaf {
		return malformed(path, "A list's elements have numbers")
	}
	list := reflect.MakeSlice(v.Type(), len(items), len(items))
	for i, item := range items {
		if err := d.value(item, list.Index(i), s.Item.Shape, dotted(path, strconv.Itoa(i+1))); err != nil {
			return err
		}
	}
	v.Set(list)
	return nil
}

func (d decoder) mapping(n *node, v reflect.Value, s *model.Shape, path string) *api.Error {
	entries := n
	if !d.flat {
		if entries = n.kids["entry"]; entries == nil {
			return malformed(path, "A map has entries")
		}
	}
	items, ok := entries.items()
	if !ok {
		return malformed(path, "A map's entries have numbers")
	}
	result := reflect.MakeMap(v.Type())
	for _, item := range items {
		key, value := item.kids["key"], item.kids["value"]
		if key == nil || value == nil {
			return malformed(path, "A map's entry has a key and a value")
		}
		to := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(value, to, s.Value.Shape, dotted(path, key.value)); err != nil {
			return err
		}
		result.SetMapIndex(reflect.ValueOf(key.value).Convert(v.Type().Key()), to)
	}
	v.Set(result)
	return nil
}

// scalar sets a value from its text.
func scalar(text string, v reflect.Value, path string) *api.Error {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		switch text {
		case "true", "True", "TRUE", "1":
			v.SetBool(true)
		case "false", "False", "FALSE", "0":
			v.SetBool(false)
		default:
			return malformed(path, "Invalid boolean '"+text+"'")
		}
	case reflect.Int32, reflect.Int64:
		number, err := strconv.ParseInt(text, 10, v.Type().Bits())
		if err != nil {
			return malformed(path, "Invalid number '"+text+"'")
		}
		v.SetInt(number)
	case reflect.Float32, reflect.Float64:
		number, err := strconv.ParseFloat(text, v.Type().Bits())
		if err != nil {
			return malformed(path, "Invalid number '"+text+"'")
		}
		v.SetFloat(number)
	case reflect.Slice:
		bytes, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			return malformed(path, "Invalid base64")
		}
		v.SetBytes(bytes)
	default:
		moment, err := time.Parse(time.RFC3339Nano, text)
		if err != nil || v.Type() != reflect.TypeFor[time.Time]() {
			return malformed(path, "Invalid timestamp '"+text+"'")
		}
		v.Set(reflect.ValueOf(moment))
	}
	return nil
}

func dotted(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
