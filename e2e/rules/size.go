package rules

import (
	"fmt"
	"go/ast"
)

const (
	maxFileLines     = 600
	maxFunctionLines = 80
)

// sizeRule bounds files and functions. Generated ones are nobody's to read.
func sizeRule(t *tree) []string {
	var wrong []string
	for _, s := range t.sources {
		if s.generated {
			continue
		}
		if n := t.lines(s.path); n > maxFileLines {
			wrong = append(wrong, fmt.Sprintf("%s: %d lines; a file has at most %d", s.path, n, maxFileLines))
		}
		for _, declaration := range s.ast.Decls {
			f, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			if n := t.set.Position(f.End()).Line - t.set.Position(f.Pos()).Line + 1; n > maxFunctionLines {
				wrong = append(wrong, fmt.Sprintf("%s: %s has %d lines; a function has at most %d", t.at(f), f.Name, n, maxFunctionLines))
			}
		}
	}
	return wrong
}
