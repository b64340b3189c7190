package rules

import (
	"bytes"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// home is the path of something in a person's home. The user nonroot is nobody's: container images
// have it.
var home = regexp.MustCompile(`(?:^|[\s"'` + "`" + `(=:])/(?:home|Users|root)/[A-Za-z0-9._-]+`)

const nobodysHome = "/home/nonroot"

// machineRule keeps out what is true on one machine only: paths into homes, and the given words.
func machineRule(words []string) rule {
	return func(t *tree) []string {
		var wrong []string
		for _, name := range slices.Sorted(maps.Keys(t.files)) {
			for i, line := range bytes.Split(t.files[name], []byte("\n")) {
				if found := home.Find(line); found != nil && !bytes.HasSuffix(found, []byte(nobodysHome)) {
					wrong = append(wrong, fmt.Sprintf("%s:%d: names a path of one machine: %s", name, i+1, found))
				}
				for _, word := range words {
					if bytes.Contains(line, []byte(word)) {
						wrong = append(wrong, fmt.Sprintf("%s:%d: names something of this machine: %s", name, i+1, word))
					}
				}
			}
		}
		return wrong
	}
}
