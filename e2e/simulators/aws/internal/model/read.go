package model

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// table is a service as it is stored.
type table struct {
	Metadata   metadata             `json:"metadata"`
	Operations map[string]operation `json:"operations"`
	Shapes     map[string]*shape    `json:"shapes"`
	Others     []string             `json:"others"`
}

type metadata struct {
	Version      string `json:"apiVersion"`
	Protocol     string `json:"protocol"`
	TargetPrefix string `json:"targetPrefix"`
	Namespace    string `json:"xmlNamespace"`
}

type operation struct {
	Input  *member  `json:"input"`
	Output *member  `json:"output"`
	Errors []member `json:"errors"`
}

type shape struct {
	Type     string             `json:"type"`
	Required []string           `json:"required"`
	Members  map[string]*member `json:"members"`
	Member   *member            `json:"member"`
	Key      *member            `json:"key"`
	Value    *member            `json:"value"`
	Enum     []string           `json:"enum"`
	Min      *float64           `json:"min"`
	Max      *float64           `json:"max"`
	Pattern  string             `json:"pattern"`
	Error    *struct {
		Code   string `json:"code"`
		Status int    `json:"httpStatusCode"`
	} `json:"error"`
}

type member struct {
	Shape        string `json:"shape"`
	LocationName string `json:"locationName"`
	QueryName    string `json:"queryName"`
}

func read(name string, overlay *table) (*Service, error) {
	text, err := tables.ReadFile(name + ".json")
	if err != nil {
		return nil, err
	}
	var described table
	if err := json.Unmarshal(text, &described); err != nil {
		return nil, err
	}
	if overlay != nil {
		described.lay(overlay)
	}
	r := reader{table: described, done: map[string]*Shape{}}
	service := &Service{
		Name: name, Protocol: described.Metadata.Protocol, Version: described.Metadata.Version,
		Namespace: described.Metadata.Namespace, TargetPrefix: described.Metadata.TargetPrefix,
		Operations: map[string]*Operation{}, others: described.Others,
	}
	for operation, described := range described.Operations {
		if service.Operations[operation], err = r.operation(operation, described); err != nil {
			return nil, fmt.Errorf("operation %s: %w", operation, err)
		}
	}
	return service, nil
}

// lay puts an overlay over a table: new operations and shapes, new members,
// enumeration values and required members of known shapes, and other bounds and patterns.
func (a *table) lay(overlay *table) {
	maps.Copy(a.Operations, overlay.Operations)
	for name, over := range overlay.Shapes {
		under := a.Shapes[name]
		if under == nil {
			a.Shapes[name] = over
			continue
		}
		if under.Members == nil {
			under.Members = map[string]*member{}
		}
		maps.Copy(under.Members, over.Members)
		under.Enum = append(under.Enum, over.Enum...)
		under.Required = append(under.Required, over.Required...)
		if over.Pattern != "" {
			under.Pattern = over.Pattern
		}
		if over.Min != nil {
			under.Min = over.Min
		}
		if over.Max != nil {
			under.Max = over.Max
		}
	}
}

// reader resolves the names of a table. Shapes may contain themselves.
type reader struct {
	table
	done map[string]*Shape
}

func (r *reader) operation(name string, o operation) (*Operation, error) {
	op := &Operation{Name: name}
	var err error
	if op.Input, err = r.top(o.Input); err != nil {
		return nil, err
	}
	if op.Output, err = r.top(o.Output); err != nil {
		return nil, err
	}
	for _, e := range o.Errors {
		code := strings.TrimSuffix(e.Shape, "Exception")
		if s := r.Shapes[e.Shape]; s != nil && s.Error != nil {
			code = s.Error.Code
		} else if r.Metadata.Protocol == "json" {
			code = e.Shape
		}
		op.Errors = append(op.Errors, code)
	}
	slices.Sort(op.Errors)
	return op, nil
}

// top is the shape of an input or output; some operations have none.
func (r *reader) top(m *member) (*Shape, error) {
	if m == nil {
		return &Shape{Type: "structure", Members: map[string]*Member{}}, nil
	}
	return r.shape(m.Shape)
}

func (r *reader) shape(name string) (*Shape, error) {
	if s := r.done[name]; s != nil {
		return s, nil
	}
	from := r.Shapes[name]
	if from == nil {
		return nil, fmt.Errorf("no shape %s", name)
	}
	s := &Shape{
		Name: name, Type: from.Type, Required: from.Required, Members: map[string]*Member{},
		Enum: from.Enum, Min: from.Min, Max: from.Max, Said: from.Pattern,
	}
	r.done[name] = s
	var err error
	if from.Pattern != "" {
		if s.Pattern, err = regexp.Compile(`^(?:` + from.Pattern + `)$`); err != nil {
			return nil, fmt.Errorf("pattern of %s: %w", name, err)
		}
	}
	for own, m := range from.Members {
		if s.Members[field(own)], err = r.member(own, m); err != nil {
			return nil, err
		}
	}
	for place, m := range map[**Member]*member{&s.Item: from.Member, &s.Key: from.Key, &s.Value: from.Value} {
		if *place, err = r.member("member", m); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (r *reader) member(name string, m *member) (*Member, error) {
	if m == nil {
		return nil, nil
	}
	s, err := r.shape(m.Shape)
	if err != nil {
		return nil, err
	}
	full := &Member{Shape: s, Name: name, In: name, Out: name}
	if m.LocationName != "" {
		full.In, full.Out = m.LocationName, m.LocationName
	}
	if r.Metadata.Protocol == "ec2" {
		full.In = field(full.In)
		if m.QueryName != "" {
			full.In = m.QueryName
		}
	}
	return full, nil
}

// field is the name of a member's field in Go.
func field(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
