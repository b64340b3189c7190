package main

import "strings"

// fullname is what the names of a release's objects begin with, by the chart's
// rule: _names.tpl.
func fullname(release string) string {
	const chart = "fairway"
	if strings.Contains(release, chart) {
		return cut(release, 48)
	}
	return cut(release, 40) + "-" + chart
}

func cut(name string, most int) string {
	return strings.TrimSuffix(name[:min(len(name), most)], "-")
}
