// Package filter is what a rule or a backend does to a request and its
// response beside forwarding it: header edits, redirects and rewrites, with
// the meaning that the Gateway API v1.7 gives them.
//
// Filters are compiled once, never change afterwards, and know no HTTP
// library: an engine applies them to headers of its own kind.
package filter

import (
	"errors"
	"fmt"

	"fairway.dev/fairway/providers/ir"
)

// Chain is a list of filters, compiled. The zero Chain changes nothing.
type Chain struct {
	// Request and Response are the header edits, in the filters' order.
	Request, Response Edits
	// Redirect answers the client in place of a backend; nil without one.
	Redirect *Redirect
	// Rewrite changes the host and path that the backend sees; nil without
	// one.
	Rewrite *Rewrite
}

// Compile checks and compiles filters. The error says what is wrong with
// which of them.
func Compile(filters []ir.Filter) (Chain, error) {
	var c Chain
	for i, f := range filters {
		if err := c.add(f); err != nil {
			return Chain{}, fmt.Errorf("filter %d: %w", i, err)
		}
	}
	if c.Redirect != nil && c.Rewrite != nil {
		return Chain{}, errors.New("a redirect and a rewrite exclude each other")
	}
	return c, nil
}

func (c *Chain) add(f ir.Filter) error {
	fields := 0
	if m := f.RequestHeaders; m != nil {
		fields++
		edits, err := compileEdits(m)
		if err != nil {
			return fmt.Errorf("request headers: %w", err)
		}
		c.Request = append(c.Request, edits...)
	}
	if m := f.ResponseHeaders; m != nil {
		fields++
		edits, err := compileEdits(m)
		if err != nil {
			return fmt.Errorf("response headers: %w", err)
		}
		c.Response = append(c.Response, edits...)
	}
	if f.Redirect != nil {
		fields++
		if c.Redirect != nil {
			return errors.New("a second redirect")
		}
		redirect, err := compileRedirect(f.Redirect)
		if err != nil {
			return fmt.Errorf("redirect: %w", err)
		}
		c.Redirect = redirect
	}
	if f.Rewrite != nil {
		fields++
		if c.Rewrite != nil {
			return errors.New("a second rewrite")
		}
		rewrite, err := compileRewrite(f.Rewrite)
		if err != nil {
			return fmt.Errorf("rewrite: %w", err)
		}
		c.Rewrite = rewrite
	}
	if fields != 1 {
		return fmt.Errorf("%d kinds in one filter, want exactly one", fields)
	}
	return nil
}

// NeedsPrefix reports whether a filter replaces the prefix that the rule
// matched, which only a rule with nothing but prefix matches has.
func (c *Chain) NeedsPrefix() bool {
	return c.Redirect != nil && c.Redirect.path.needsPrefix() ||
		c.Rewrite != nil && c.Rewrite.path.needsPrefix()
}
