package main

import (
	"bytes"
	"os"
)

// tailLines is how much of a log an error carries.
const tailLines = 20

// tail returns the last lines of a file, or nothing when it cannot be read.
func tail(path string) []byte {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil
	}
	lines := bytes.Split(bytes.TrimRight(content, "\n"), []byte("\n"))
	return bytes.Join(lines[max(0, len(lines)-tailLines):], []byte("\n"))
}
