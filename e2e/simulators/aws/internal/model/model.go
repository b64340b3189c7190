// Package model knows Amazon's own description of its services: which
// operations there are, what each requires, the limits, patterns and
// enumerations of every shape, and the names on the wire. The tables are
// generated from the models in the aws-sdk-go module of version 1; overlay.yaml
// adds what is newer than those, from the types of version 2.
package model

import (
	"embed"
	"fmt"
	"regexp"
	"slices"
	"sync"

	"sigs.k8s.io/yaml"
)

//go:generate go run ./generate

//go:embed *.json overlay.yaml
var tables embed.FS

// Service is one service's description.
type Service struct {
	// Name is our short name: "elbv2", "ec2", "acm", "sts", "tagging" or "quotas".
	Name string
	// Protocol is "query", "ec2" or "json".
	Protocol string
	// Version is the API's, such as "2015-12-01".
	Version string
	// Namespace is that of XML answers.
	Namespace string
	// TargetPrefix is the part of X-Amz-Target before the dot.
	TargetPrefix string
	// Operations are the described operations by name.
	Operations map[string]*Operation

	// others are the names of what the service has and the simulator does not, sorted.
	others []string
}

// Has tells whether the service has an operation, described or not.
func (s *Service) Has(operation string) bool {
	_, other := slices.BinarySearch(s.others, operation)
	return other || s.Operations[operation] != nil
}

// Operation is one operation's description.
type Operation struct {
	Name          string
	Input, Output *Shape
	// Errors are the codes that the operation is said to answer.
	Errors []string
}

// Shape is the type of a value on the wire.
type Shape struct {
	Name string
	// Type is "structure", "list", "map", "string", "integer", "long", "boolean", "timestamp", "blob",
	// "double" or "float".
	Type string
	// Required are the members that must be there.
	Required []string
	// Members are a structure's, by their names in Go.
	Members map[string]*Member
	// Item is a list's element; Key and Value are a map's.
	Item, Key, Value *Member
	Enum             []string
	// Min and Max bound a string's or list's length, or a number's value.
	Min, Max *float64
	// Pattern is to match the whole string; Said is how Amazon writes it.
	Pattern *regexp.Regexp
	Said    string
}

// Member is a shape in its place.
type Member struct {
	*Shape
	// Name is the member's own name.
	Name string
	// In and Out are its names in requests and answers.
	In, Out string
}

// Names are the services that have a description.
var Names = []string{"elbv2", "ec2", "acm", "sts", "tagging", "quotas"}

var load = sync.OnceValues(func() (map[string]*Service, error) {
	var overlays map[string]*table
	text, err := tables.ReadFile("overlay.yaml")
	if err != nil {
		return nil, err
	}
	if err := yaml.UnmarshalStrict(text, &overlays); err != nil {
		return nil, fmt.Errorf("read overlay.yaml: %w", err)
	}
	all := map[string]*Service{}
	for _, name := range Names {
		if all[name], err = read(name, overlays[name]); err != nil {
			return nil, fmt.Errorf("model of %s: %w", name, err)
		}
	}
	return all, nil
})

// Of is a service's description.
func Of(name string) (*Service, error) {
	all, err := load()
	if err != nil {
		return nil, err
	}
	service := all[name]
	if service == nil {
		return nil, fmt.Errorf("no model of service %q", name)
	}
	return service, nil
}
