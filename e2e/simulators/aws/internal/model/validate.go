package model

import (
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// Violation is a value that its shape does not allow.
type Violation struct {
	// Path names the value as AWS does, such as "actions.1.member.type".
	Path string
	// Value is the value as text; Missing says that there is none.
	Value   string
	Missing bool
	// Constraint is AWS's sentence, such as "Member must not be null".
	Constraint string
}

// Validate holds an input of the SDK's type to the operation's shapes. It gives
// nil or the service's own error for what is wrong.
func (s *Service) Validate(operation string, input any) *api.Error {
	op := s.Operations[operation]
	if op == nil {
		return nil
	}
	var c check
	c.structure(reflect.ValueOf(input).Elem(), op.Input, "")
	if len(c.found) == 0 {
		return nil
	}
	if s.Protocol == "ec2" {
		return s.ec2Error(c.found[0])
	}
	return api.Errorf(s.validationCode(), "%s", message(c.found))
}

// validationCode is what a service calls input that its model does not allow.
// Source: each service's API reference, "Common Errors" (query services), and
// the errors that the JSON services declare.
func (s *Service) validationCode() string {
	switch s.Name {
	case "acm":
		return "ValidationException"
	case "tagging":
		return "InvalidParameterException"
	case "quotas":
		return "IllegalArgumentException"
	default:
		return "ValidationError"
	}
}

// message is the sentence that AWS's service framework makes of violations.
func message(found []Violation) string {
	var parts []string
	for _, v := range found {
		value := "'" + v.Value + "'"
		if v.Missing {
			value = "null"
		}
		parts = append(parts, fmt.Sprintf("Value %s at '%s' failed to satisfy constraint: %s", value, v.Path, v.Constraint))
	}
	noun := "errors"
	if len(found) == 1 {
		noun = "error"
	}
	return fmt.Sprintf("%d validation %s detected: %s", len(found), noun, strings.Join(parts, "; "))
}

// ec2Error is EC2's form. Source: EC2 API reference, "Error codes".
func (s *Service) ec2Error(v Violation) *api.Error {
	if v.Missing {
		return api.Errorf("MissingParameter", "The request must contain the parameter %s", v.Path)
	}
	return api.Errorf("InvalidParameterValue", "Value (%s) for parameter %s is invalid. %s", v.Value, v.Path, v.Constraint)
}

type check struct{ found []Violation }

func (c *check) add(path, value, format string, args ...any) {
	c.found = append(c.found, Violation{Path: path, Value: value, Constraint: fmt.Sprintf(format, args...)})
}

func (c *check) structure(v reflect.Value, s *Shape, path string) {
	for _, name := range s.Required {
		if value := v.FieldByName(field(name)); !value.IsValid() || value.IsZero() {
			c.found = append(c.found, Violation{Path: join(path, lower(name)), Missing: true, Constraint: "Member must not be null"})
		}
	}
	t := v.Type()
	for i := range t.NumField() {
		if member := s.Members[t.Field(i).Name]; member != nil {
			c.value(v.Field(i), member.Shape, join(path, lower(member.Name)))
		}
	}
}

func (c *check) value(v reflect.Value, s *Shape, path string) {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return
		}
		v = v.Elem()
	}
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() != reflect.TypeFor[time.Time]() {
			c.structure(v, s, path)
		}
	case reflect.Slice:
		switch {
		case v.IsNil():
		case s.Type == "blob":
			// This is how AWS shows bytes, so that keys do not end up in messages.
			c.length(v.Len(), s, path, "java.nio.HeapByteBuffer")
		default:
			c.list(v, s, path)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			c.value(key, s.Key.Shape, join(path, "key"))
			c.value(v.MapIndex(key), s.Value.Shape, join(path, key.String()+".member"))
		}
	case reflect.String:
		c.text(v.String(), s, path)
	case reflect.Int32, reflect.Int64:
		c.number(v.Int(), s, path)
	}
}

func (c *check) list(v reflect.Value, s *Shape, path string) {
	c.length(v.Len(), s, path, fmt.Sprint(v.Interface()))
	for i := range v.Len() {
		c.value(v.Index(i), s.Item.Shape, join(path, strconv.Itoa(i+1)+".member"))
	}
}

func (c *check) length(n int, s *Shape, path, value string) {
	if s.Min != nil && n < int(*s.Min) {
		c.add(path, value, "Member must have length greater than or equal to %d", int(*s.Min))
	}
	if s.Max != nil && n > int(*s.Max) {
		c.add(path, value, "Member must have length less than or equal to %d", int(*s.Max))
	}
}

func (c *check) text(value string, s *Shape, path string) {
	if len(s.Enum) > 0 {
		// An empty enumeration is one that was not sent.
		if value != "" && !slices.Contains(s.Enum, value) {
			c.add(path, value, "Member must satisfy enum value set: [%s]", strings.Join(s.Enum, ", "))
		}
		return
	}
	c.length(utf8.RuneCountInString(value), s, path, value)
	if s.Pattern != nil && !s.Pattern.MatchString(value) {
		c.add(path, value, "Member must satisfy regular expression pattern: %s", s.Said)
	}
}

func (c *check) number(value int64, s *Shape, path string) {
	if s.Min != nil && float64(value) < *s.Min {
		c.add(path, strconv.FormatInt(value, 10), "Member must have value greater than or equal to %d", int64(*s.Min))
	}
	if s.Max != nil && float64(value) > *s.Max {
		c.add(path, strconv.FormatInt(value, 10), "Member must have value less than or equal to %d", int64(*s.Max))
	}
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func lower(name string) string { return strings.ToLower(name[:1]) + name[1:] }
