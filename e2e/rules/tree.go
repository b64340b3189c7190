package rules

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// modulePath begins the import path of every package, also of those in e2e.
const modulePath = "fairway.dev/fairway"

// rule tells what is wrong, one line each: "path: what, and why it matters".
type rule func(*tree) []string

// tree is the repository.
type tree struct {
	// entries are the names at the top, folders with a slash at the end.
	entries []string
	// files are the contents of all files by path.
	files map[string][]byte
	// sources are the Go files outside of testdata, sorted by path.
	sources []*source
	set     *token.FileSet
}

// source is one Go file.
type source struct {
	path      string
	ast       *ast.File
	test      bool
	generated bool
}

// dir is the folder of the source's package.
func (s *source) dir() string { return path.Dir(s.path) }

// imports are the import paths of a source.
func (s *source) imports() []string {
	var paths []string
	for _, spec := range s.ast.Imports {
		paths = append(paths, strings.Trim(spec.Path.Value, `"`))
	}
	return paths
}

// unkept are folders that belong to a clone or an editor, not to the repository.
var unkept = []string{".git", "build", ".idea", ".vscode"}

func load(files fs.FS) (*tree, error) {
	t := &tree{files: map[string][]byte{}, set: token.NewFileSet()}
	err := fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || name == "." {
			return err
		}
		if slices.Contains(unkept, name) {
			return fs.SkipDir
		}
		if !strings.Contains(name, "/") {
			t.entries = append(t.entries, strings.TrimSuffix(name, "/")+mark(entry))
		}
		if entry.IsDir() {
			return nil
		}
		return t.add(files, name)
	})
	if err != nil {
		return nil, fmt.Errorf("read the repository: %w", err)
	}
	return t, nil
}

func mark(entry fs.DirEntry) string {
	if entry.IsDir() {
		return "/"
	}
	return ""
}

func (t *tree) add(files fs.FS, name string) error {
	text, err := fs.ReadFile(files, name)
	if err != nil {
		return err
	}
	t.files[name] = text
	if !strings.HasSuffix(name, ".go") || inTestdata(name) {
		return nil
	}
	file, err := parser.ParseFile(t.set, name, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.sources = append(t.sources, &source{
		path: name, ast: file,
		test: strings.HasSuffix(name, "_test.go"), generated: ast.IsGenerated(file),
	})
	return nil
}

func inTestdata(name string) bool { return slices.Contains(strings.Split(name, "/"), "testdata") }

// at is a place in a source, for a message.
func (t *tree) at(node ast.Node) string {
	position := t.set.Position(node.Pos())
	return fmt.Sprintf("%s:%d", position.Filename, position.Line)
}

// lines is how many lines a file has.
func (t *tree) lines(name string) int { return bytes.Count(t.files[name], []byte("\n")) }
