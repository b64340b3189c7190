package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"k8s.io/apimachinery/pkg/util/yaml"
	sigsyaml "sigs.k8s.io/yaml"
)

// maxInput bounds one file, or standard input, in bytes.
const maxInput = 16 << 20

// document is one YAML document or JSON value of a file.
type document struct {
	// at says where it begins: "shop.yaml:12".
	at      string
	content map[string]any
}

// documents reads those of one file that are not empty.
func documents(from io.Reader, name string) ([]document, error) {
	text, err := io.ReadAll(io.LimitReader(from, maxInput+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(text) > maxInput {
		return nil, fmt.Errorf("%s: is longer than %d MiB; plan fewer objects at a time", name, maxInput>>20)
	}
	// As the reader below has it: what it gives stands in the text.
	text = append(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n")), '\n')
	unread := bytes.NewReader(text)
	buffered := bufio.NewReader(unread)
	reader := yaml.NewYAMLReader(buffered)
	var all []document
	for {
		begin := len(text) - unread.Len() - buffered.Buffered()
		part, err := reader.Read()
		if errors.Is(err, io.EOF) {
			return all, nil
		} else if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		begin += max(0, bytes.Index(text[begin:], part))
		found, err := parse(part, name, 1+bytes.Count(text[:begin], []byte("\n")))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
}

// parse reads one YAML document, or JSON values that stand one after the other.
func parse(part []byte, name string, line int) ([]document, error) {
	if bytes.HasPrefix(bytes.TrimSpace(part), []byte("{")) {
		if all, is := parseJSON(part, name, line); is {
			return all, nil
		}
	}
	content := map[string]any{}
	if err := sigsyaml.UnmarshalStrict(part, &content); err != nil {
		return nil, fmt.Errorf("%s: %s", name, shift(err.Error(), line))
	}
	if len(content) == 0 {
		return nil, nil
	}
	before, _, _ := bytes.Cut(part, firstOf(part))
	return []document{{at: fmt.Sprintf("%s:%d", name, line+bytes.Count(before, []byte("\n"))), content: content}}, nil
}

// firstOf is the first line of a document that says something.
func firstOf(part []byte) []byte {
	for line := range bytes.Lines(part) {
		if said := bytes.TrimSpace(line); len(said) > 0 && said[0] != '#' {
			return line
		}
	}
	return nil
}

// parseJSON is false for what is no JSON: braces are YAML as well.
func parseJSON(part []byte, name string, line int) ([]document, bool) {
	var all []document
	for decoder := json.NewDecoder(bytes.NewReader(part)); ; {
		rest := part[decoder.InputOffset():]
		blank := len(rest) - len(bytes.TrimLeft(rest, " \t\r\n"))
		before := part[:int(decoder.InputOffset())+blank]
		content := map[string]any{}
		err := decoder.Decode(&content)
		if errors.Is(err, io.EOF) {
			return all, true
		} else if err != nil {
			return nil, false
		}
		if len(content) > 0 {
			all = append(all, document{at: fmt.Sprintf("%s:%d", name, line+bytes.Count(before, []byte("\n"))), content: content})
		}
	}
}

var lineNumber = regexp.MustCompile(`\bline (\d+)`)

// shift makes lines of a document in an error those of its file, which it
// begins in at a line.
func shift(message string, line int) string {
	return lineNumber.ReplaceAllStringFunc(message, func(found string) string {
		n, err := strconv.Atoi(found[len("line "):])
		if err != nil {
			return found
		}
		return fmt.Sprintf("line %d", n+line-1)
	})
}
