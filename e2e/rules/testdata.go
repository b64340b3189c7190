package rules

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// testdataRule wants every file of a testdata folder to be named by a test beside the folder: by its
// path, by its name with or without ending, by a pattern, or by the folder below testdata that it is
// in.
func testdataRule(t *tree) []string {
	words := map[string][]string{}
	for _, s := range t.sources {
		if s.test {
			words[s.dir()] = append(words[s.dir()], literals(s.ast)...)
		}
	}
	var wrong []string
	for _, name := range slices.Sorted(maps.Keys(t.files)) {
		if !inTestdata(name) {
			continue
		}
		dir, below, _ := strings.Cut("/"+name, "/testdata/")
		if !slices.ContainsFunc(words[strings.TrimPrefix(dir, "/")], func(word string) bool { return names(word, below) }) {
			wrong = append(wrong, fmt.Sprintf("%s: no test beside it uses it", name))
		}
	}
	return wrong
}

// names tells whether a word of a test means a file, given by its path below testdata.
func names(word, file string) bool {
	if word == "testdata" || word == "" {
		return false
	}
	word = strings.TrimPrefix(strings.TrimPrefix(word, "./"), "testdata/")
	if matched, err := path.Match(word, file); err == nil && matched {
		return true
	}
	base := path.Base(file)
	return word == base || word == strings.TrimSuffix(base, path.Ext(base)) || strings.HasPrefix(file, word+"/")
}

func literals(file *ast.File) []string {
	var words []string
	ast.Inspect(file, func(n ast.Node) bool {
		if literal, ok := n.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			if word, err := strconv.Unquote(literal.Value); err == nil {
				words = append(words, word)
			}
		}
		return true
	})
	return words
}
