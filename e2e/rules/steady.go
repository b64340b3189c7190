package rules

import (
	"fmt"
	"go/ast"
	"slices"
)

// testers are the names under which a test knows its testing.T, B, F or TB.
var testers = []string{"t", "b", "f", "tb"}

// steadyRule keeps tests from being skipped and from sleeping: a skipped test proves nothing, and a
// sleep is too short on one machine and too long on the others. In a file of testing/synctest time is
// virtual, and to sleep is to let it pass.
func steadyRule(t *tree) []string {
	var wrong []string
	for _, s := range t.sources {
		if !s.test {
			continue
		}
		virtual := slices.Contains(s.imports(), "testing/synctest")
		ast.Inspect(s.ast, func(n ast.Node) bool {
			switch x, name := selector(n); {
			case x == "time" && name == "Sleep" && !virtual:
				wrong = append(wrong, fmt.Sprintf("%s: sleeps; wait for a condition with a deadline, or on a channel", t.at(n)))
			case slices.Contains(testers, x) && slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, name):
				wrong = append(wrong, fmt.Sprintf("%s: skips; a test that cannot run here fails and says why", t.at(n)))
			}
			return true
		})
	}
	return wrong
}
