package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"fairway.dev/fairway/reconcile"
)

// filed is one object of the files, and where it stands: "shop.yaml:12".
type filed struct {
	*unstructured.Unstructured
	at string
}

// load reads the objects of all that --filename names. Of a directory it reads
// the YAML and JSON files, as kubectl does, and none of those below it.
func (p *planning) load() ([]filed, error) {
	var all []filed
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
		return nil, fmt.Errorf("%s: no object is in there", strings.Join(p.files, ", "))
	}
	return all, nil
}

// read makes of them what a plan is made of.
func (p *planning) read(all []filed) (reconcile.PreviewFiles, error) {
	objects := make([]*unstructured.Unstructured, len(all))
	for i := range all {
		objects[i] = all[i].Unstructured
	}
	into, err := p.defaultNamespace()
	if err != nil {
		return reconcile.PreviewFiles{}, err
	}
	files, err := reconcile.ReadPreviewFiles(objects, into)
	return files, located(err, all)
}

// defaultNamespace is that of objects which name none, as kubectl apply has it.
// An empty world has no context.
func (p *planning) defaultNamespace() (string, error) {
	if p.into != "" || p.offline {
		return p.into, nil
	}
	namespace, _, err := clientConfig(p.kubeconfig, p.context).Namespace()
	if clientcmd.IsEmptyConfig(err) {
		// Whoever goes on to ask the hub is told.
		return "", nil
	} else if err != nil {
		return "", fmt.Errorf("find the hub: %w", err)
	}
	return namespace, nil
}

// located says of an object that cannot be read where it stands. The error's
// places are those among all.
func located(err error, all []filed) error {
	invalid, is := errors.AsType[*reconcile.InvalidError](err)
	if !is {
		return err
	}
	var at []string
	for _, i := range invalid.Objects {
		if i >= 0 && i < len(all) {
			at = append(at, all[i].at)
		}
	}
	if len(at) == 0 {
		return errors.New(invalid.Message)
	}
	return fmt.Errorf("%s: %s", strings.Join(at, ", "), invalid.Message)
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

func readFile(path string) ([]filed, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck // it was only read
	return decode(file, path)
}

// decode reads the objects of one file; lists are taken apart.
func decode(from io.Reader, name string) ([]filed, error) {
	read, err := documents(from, name)
	if err != nil {
		return nil, err
	}
	var all []filed
	for _, d := range read {
		objects, err := apart(d)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", d.at, err)
		}
		for _, o := range objects {
			all = append(all, filed{o, d.at})
		}
	}
	return all, nil
}

// apart gives the object of a document, or the items of its list.
func apart(d document) ([]*unstructured.Unstructured, error) {
	u := &unstructured.Unstructured{Object: d.content}
	if u.GetKind() == "" || u.GetAPIVersion() == "" {
		return nil, errors.New("has no apiVersion and kind")
	}
	if !u.IsList() {
		if !isMap(d.content["metadata"]) {
			return nil, fmt.Errorf("%s: metadata: missing, or no map", u.GetKind())
		}
		return []*unstructured.Unstructured{u}, nil
	}
	items, _ := d.content["items"].([]any)
	var all []*unstructured.Unstructured
	for i, item := range items {
		content, is := item.(map[string]any)
		if !is {
			return nil, fmt.Errorf("%s: items[%d]: is no object", u.GetKind(), i)
		}
		objects, err := apart(document{d.at, content})
		if err != nil {
			return nil, fmt.Errorf("%s: items[%d]: %w", u.GetKind(), i, err)
		}
		all = append(all, objects...)
	}
	return all, nil
}

func isMap(v any) bool {
	_, is := v.(map[string]any)
	return is
}
