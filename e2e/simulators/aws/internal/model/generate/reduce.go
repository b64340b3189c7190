package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// api is what we read of an api-2.json; json.Marshal sorts maps, so the same
// model always gives the same table.
type api struct {
	Metadata   map[string]any        `json:"metadata"`
	Operations map[string]*operation `json:"operations"`
	Shapes     map[string]*shape     `json:"shapes"`
	// Others are the names of the operations that are left out.
	Others []string `json:"others,omitempty"`
}

type operation struct {
	Input  *member   `json:"input,omitempty"`
	Output *member   `json:"output,omitempty"`
	Errors []*member `json:"errors,omitempty"`
}

type shape struct {
	Type     string             `json:"type"`
	Required []string           `json:"required,omitempty"`
	Members  map[string]*member `json:"members,omitempty"`
	Member   *member            `json:"member,omitempty"`
	Key      *member            `json:"key,omitempty"`
	Value    *member            `json:"value,omitempty"`
	Enum     []string           `json:"enum,omitempty"`
	Min      *float64           `json:"min,omitempty"`
	Max      *float64           `json:"max,omitempty"`
	Pattern  string             `json:"pattern,omitempty"`
	Error    *fault             `json:"error,omitempty"`
}

type member struct {
	Shape        string `json:"shape"`
	LocationName string `json:"locationName,omitempty"`
	QueryName    string `json:"queryName,omitempty"`
}

type fault struct {
	Code           string `json:"code"`
	HTTPStatusCode int    `json:"httpStatusCode,omitempty"`
}

// metadata is what is kept of the service's own description.
var metadata = []string{"apiVersion", "protocol", "targetPrefix", "xmlNamespace"}

// reduce keeps the wanted operations and the shapes that they reach.
func reduce(text []byte, operations []string) ([]byte, error) {
	var whole api
	if err := json.Unmarshal(text, &whole); err != nil {
		return nil, err
	}
	kept := api{Metadata: map[string]any{}, Operations: map[string]*operation{}, Shapes: map[string]*shape{}}
	for _, name := range metadata {
		if value, there := whole.Metadata[name]; there {
			kept.Metadata[name] = value
		}
	}
	for name, op := range whole.Operations {
		if operations != nil && !slices.Contains(operations, name) {
			kept.Others = append(kept.Others, name)
			continue
		}
		kept.Operations[name] = op
		for _, m := range append([]*member{op.Input, op.Output}, op.Errors...) {
			if err := keep(&whole, &kept, m); err != nil {
				return nil, err
			}
		}
	}
	for _, name := range operations {
		if kept.Operations[name] == nil {
			return nil, fmt.Errorf("no operation %s", name)
		}
	}
	slices.Sort(kept.Others)
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	err := encoder.Encode(kept)
	return out.Bytes(), err
}

// keep adds a shape and all below it.
func keep(whole, kept *api, m *member) error {
	if m == nil || kept.Shapes[m.Shape] != nil {
		return nil
	}
	s := whole.Shapes[m.Shape]
	if s == nil {
		return fmt.Errorf("no shape %s", m.Shape)
	}
	s.Pattern = syntax(s.Pattern)
	if _, err := regexp.Compile(s.Pattern); err != nil {
		slog.Warn("no pattern in Go's syntax: the overlay is to have one", "shape", m.Shape, "err", err)
		s.Pattern = ""
	}
	kept.Shapes[m.Shape] = s
	for _, below := range s.Members {
		if err := keep(whole, kept, below); err != nil {
			return err
		}
	}
	for _, below := range []*member{s.Member, s.Key, s.Value} {
		if err := keep(whole, kept, below); err != nil {
			return err
		}
	}
	return nil
}

// unicode turns Java's notation of characters into Go's. Surrogate pairs mean
// everything beyond the basic plane.
var unicode = strings.NewReplacer(
	`\uD800\uDC00-\uDBFF\uDFFF`, `\x{10000}-\x{10FFFF}`, `\ud800\udc00-\udbff\udfff`, `\x{10000}-\x{10FFFF}`,
)

// syntax makes Go's regular expression of Java's.
func syntax(pattern string) string {
	pattern = unicode.Replace(pattern)
	for {
		before, after, found := strings.Cut(pattern, `\u`)
		if !found || len(after) < 4 {
			return pattern
		}
		pattern = before + `\x{` + after[:4] + `}` + after[4:]
	}
}
