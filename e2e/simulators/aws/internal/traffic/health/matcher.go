package health

import (
	"strconv"
	"strings"
)

// matches says whether a code is among those of a matcher: "200", "200,202" or "200-299" (Matcher, Health check
// settings). An empty matcher has the default given.
func matches(matcher, absent string, code int) bool {
	if matcher == "" {
		matcher = absent
	}
	for item := range strings.SplitSeq(matcher, ",") {
		low, high, isRange := strings.Cut(strings.TrimSpace(item), "-")
		if !isRange {
			high = low
		}
		from, errFrom := strconv.Atoi(low)
		to, errTo := strconv.Atoi(high)
		if errFrom == nil && errTo == nil && from <= code && code <= to {
			return true
		}
	}
	return false
}
