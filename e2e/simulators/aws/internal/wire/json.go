package wire

import (
	"encoding/base64"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"time"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// decodeJSON reads an input. AWS's JSON services ignore members that they do
// not know, and so does this.
func decodeJSON(body []byte, input any) *api.Error {
	if len(body) == 0 {
		body = []byte("{}")
	}
	if err := json.Unmarshal(body, input); err != nil {
		return api.Errorf("SerializationException", "%s", strings.TrimPrefix(err.Error(), "json: "))
	}
	return nil
}

// encodeJSON writes an output: unset fields are left out, and times are seconds
// since 1970.
func encodeJSON(out any) ([]byte, error) {
	plain := plainValue(reflect.ValueOf(out).Elem())
	if plain == nil {
		plain = map[string]any{}
	}
	return json.Marshal(plain)
}

// plainValue is a value made of maps and lists; nil if it is unset.
func plainValue(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return plainValue(v.Elem())
	case reflect.Struct:
		if moment, ok := v.Interface().(time.Time); ok {
			return float64(moment.UnixMilli()) / 1000
		}
		return plainStructure(v)
	case reflect.Slice:
		return plainList(v)
	case reflect.Map:
		if v.IsNil() {
			return nil
		}
		plain := map[string]any{}
		for _, key := range v.MapKeys() {
			plain[key.String()] = plainValue(v.MapIndex(key))
		}
		return plain
	case reflect.String:
		if v.Len() == 0 && v.Type() != reflect.TypeFor[string]() {
			return nil
		}
		return v.String()
	default:
		return v.Interface()
	}
}

func plainStructure(v reflect.Value) any {
	plain := map[string]any{}
	t := v.Type()
	for i := range t.NumField() {
		field := t.Field(i)
		if !field.IsExported() || field.Name == "ResultMetadata" {
			continue
		}
		if value := plainValue(v.Field(i)); value != nil {
			plain[field.Name] = value
		}
	}
	return plain
}

func plainList(v reflect.Value) any {
	if v.IsNil() {
		return nil
	}
	if v.Type().Elem().Kind() == reflect.Uint8 {
		return base64.StdEncoding.EncodeToString(v.Bytes())
	}
	plain := make([]any, v.Len())
	for i := range plain {
		plain[i] = plainValue(v.Index(i))
	}
	return plain
}

func sortedKeys(v reflect.Value) []reflect.Value {
	keys := v.MapKeys()
	slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
	return keys
}
