package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
)

// load reads the objects of all that --filename names. Of a directory it reads
// the YAML and JSON files, as kubectl does, and none of those below it.
func (p *planning) load() ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for _, name := range p.files {
		if name == "-" {
			objects, err := decode(p.in, "standard input")
			if err != nil {
				return nil, err
			}
			all = append(all, objects...)
			continue
		}
		paths, err := expand(name)
		if err != nil {
			return nil, err
		}
		for _, path := range paths {
			objects, err := readFile(path)
			if err != nil {
				return nil, err
			}
			all = append(all, objects...)
		}
	}
	if len(all) == 0 {
		return nil, errors.New("the files hold no object")
	}
	for _, o := range all {
		// Those of the whole cluster lose it again where kinds are known.
		if o.GetNamespace() == "" {
			o.SetNamespace(p.into)
		}
	}
	return all, nil
}

func expand(name string) ([]string, error) {
	info, err := os.Stat(name)
	if err != nil || !info.IsDir() {
		return []string{name}, err
	}
	var paths []string
	for _, pattern := range []string{"*.yaml", "*.yml", "*.json"} {
		found, err := filepath.Glob(filepath.Join(name, pattern))
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	return paths, nil
}

func readFile(path string) ([]*unstructured.Unstructured, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	return decode(file, path)
}

// decode reads the documents of one file; lists are taken apart.
func decode(from io.Reader, name string) ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	decoder := yaml.NewYAMLOrJSONDecoder(from, 4096)
	for n := 1; ; n++ {
		object := map[string]any{}
		err := decoder.Decode(&object)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", name, n, err)
		}
		if len(object) == 0 {
			continue
		}
		u := &unstructured.Unstructured{Object: object}
		if u.GetKind() == "" || u.GetAPIVersion() == "" {
			return nil, fmt.Errorf("%s: document %d: has no apiVersion and kind", name, n)
		}
		if !u.IsList() {
			all = append(all, u)
			continue
		}
		list, err := u.ToList()
		if err != nil {
			return nil, fmt.Errorf("%s: document %d: %w", name, n, err)
		}
		for i := range list.Items {
			all = append(all, &list.Items[i])
		}
	}
}
