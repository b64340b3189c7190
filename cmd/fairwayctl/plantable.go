package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"fairway.dev/fairway/providers/plan"
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
		if text := standing[g.Served]; text != "" {
			line("  " + text)
		}
		steps += len(g.Steps)
		for _, s := range g.Steps {
			line("  "+string(s.Op), s.Resource, s.Why)
		}
		for _, v := range g.Verdicts {
			word := string(v.Service)
			switch {
			case v.Already:
				word = "As before"
			case v.Service == plan.Refused:
				problems++
			}
			line("  "+word, string(v.Subject), told(v.Reason, v.Message))
		}
		problems += problemRows(line, g.Problems)
		if len(g.Steps) == 0 {
			line("  No step")
		}
		line()
	}
	if len(p.Problems) > 0 {
		line("GatewayClasses")
		problems += problemRows(line, p.Problems)
		line()
	}
	for _, n := range p.Notes {
		line("Note: " + n)
	}
	if p.Changes() || p.Refuses() {
		line(numbered(steps, "step") + ", " + numbered(problems, "new problem") + ".")
	} else {
		line("Nothing would change.")
	}
	return t.Flush()
}

// standing says what a Gateway would be served by where it is not what is
// written.
var standing = map[reconcile.PreviewServed]string{
	reconcile.ServedLastGood: "Not accepted as it is written: what was last accepted stays in its place; all else goes on",
	reconcile.ServedNothing:  "Not accepted as it is written, and not before: nothing is done about it",
	reconcile.ServedRemoved:  "Its class is another controller's: what Fairway has made for it is removed",
}

// problemRows writes problems, and counts the new ones.
func problemRows(line func(cells ...string), all []reconcile.PreviewProblem) int {
	fresh := 0
	for _, b := range all {
		word := "  As before"
		if !b.Already {
			word = "  Problem"
			fresh++
		}
		line(word, b.Object, told(b.Reason, b.Message))
	}
	return fresh
}

func told(reason, message string) string {
	if reason == "" || message == "" {
		return reason + message
	}
	return reason + ": " + message
}
