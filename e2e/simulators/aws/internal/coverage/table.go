// Package coverage writes down what the simulator covers: every operation, how its requests are validated by Amazon's
// model, and what it does. The documentation holds the table; a test fails when it is old.
package coverage

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/model"
)

// titles are the services in the order of the documentation.
var titles = []struct{ name, title string }{
	{"elbv2", "Elastic Load Balancing v2"},
	{"ec2", "EC2"},
	{"acm", "Certificate Manager"},
	{"sts", "Security Token Service"},
	{"tagging", "Resource Groups Tagging"},
	{"quotas", "Service Quotas"},
}

// Table is the table in Markdown for the operations that there are, by the service's name in the model. An error says
// that an operation is not described, or that what is described is no operation.
func Table(services map[string]map[string]api.Operation) (string, error) {
	var out strings.Builder
	for _, t := range titles {
		operations, described := services[t.name], behaviour[t.name]
		fmt.Fprintf(&out, "### %s\n\n| Operation | Validated | What it does |\n| --- | --- | --- |\n", t.title)
		for _, name := range slices.Sorted(maps.Keys(operations)) {
			words, ok := described[name]
			if !ok {
				return "", fmt.Errorf("%s %s is not described", t.name, name)
			}
			checks, err := validation(t.name, name)
			if err != nil {
				return "", err
			}
			fmt.Fprintf(&out, "| %s | %s | %s |\n", name, checks, words)
		}
		for name := range described {
			if _, ok := operations[name]; !ok {
				return "", fmt.Errorf("%s has no operation %s, but it is described", t.name, name)
			}
		}
		out.WriteString("\n")
	}
	return out.String(), nil
}

// validation counts the parameters that the model knows of an operation's requests, those required, and limits.
func validation(service, operation string) (string, error) {
	described, err := model.Of(service)
	if err != nil {
		return "", err
	}
	known, ok := described.Operations[operation]
	if !ok {
		return "", fmt.Errorf("the model of %s has no operation %s", service, operation)
	}
	c := counter{seen: map[*model.Shape]bool{}}
	if known.Input != nil {
		c.count(known.Input)
	}
	return fmt.Sprintf("%d / %d / %d", c.members, c.required, c.limits), nil
}

// counter walks the shapes of a request, each once.
type counter struct {
	seen                      map[*model.Shape]bool
	members, required, limits int
}

func (c *counter) count(s *model.Shape) {
	if s == nil || c.seen[s] {
		return
	}
	c.seen[s] = true
	c.members += len(s.Members)
	c.required += len(s.Required)
	for _, is := range []bool{len(s.Enum) > 0, s.Min != nil, s.Max != nil, s.Pattern != nil} {
		if is {
			c.limits++
		}
	}
	for _, m := range s.Members {
		c.count(m.Shape)
	}
	for _, m := range []*model.Member{s.Item, s.Key, s.Value} {
		if m != nil {
			c.count(m.Shape)
		}
	}
}
