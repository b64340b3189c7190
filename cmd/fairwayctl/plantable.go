package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"fairway.dev/fairway/reconcile"
)

// planTable writes a plan for people.
func planTable(w io.Writer, p *reconcile.Preview) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) }
	steps, problems := 0, 0
	for _, g := range p.Gateways {
		head := fmt.Sprintf("Gateway %s/%s, class %s", g.Namespace, g.Name, g.Class)
		if g.New {
			head += ", new"
		}
		line(head)
		steps += len(g.Steps)
		for _, s := range g.Steps {
			line("  "+string(s.Op), s.Resource, s.Why)
		}
		for _, v := range g.Verdicts {
			line("  "+string(v.Service), string(v.Subject), told(v.Reason, v.Message))
		}
		for _, b := range g.Problems {
			word := "  Problem"
			if b.Already {
				word = "  As before"
			} else {
				problems++
			}
			line(word, b.Object, told(b.Reason, b.Message))
		}
		if len(g.Steps)+len(g.Verdicts)+len(g.Problems) == 0 {
			line("  Nothing to do")
		}
		line()
	}
	for _, n := range p.Notes {
		line("Note: " + n)
	}
	if p.Pending() {
		line(numbered(steps, "step") + ", " + numbered(problems, "new problem") + ".")
	} else {
		line("Nothing would change.")
	}
	return t.Flush()
}

func told(reason, message string) string {
	if reason == "" || message == "" {
		return reason + message
	}
	return reason + ": " + message
}
