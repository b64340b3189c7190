package elbv2

import (
	"encoding/base64"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/elbv2/check"
)

// defaultPage is how many results a page has where no size was asked for; 400
// is the most. [V1 PageSize]
const defaultPage = 400

// page cuts one page out of results. A marker names the first result of the
// next page by its key, so that what is created or deleted meanwhile shifts
// nothing.
func page[T any](all []T, key func(T) string, marker *string, size *int32) ([]T, *string, error) {
	limit := defaultPage
	if size != nil {
		if *size < 1 || *size > 400 {
			return nil, nil, check.Invalid("Page size '%d' must be between 1 and 400 inclusive", *size)
		}
		limit = int(*size)
	}
	if marker != nil && *marker != "" {
		decoded, err := base64.RawURLEncoding.DecodeString(*marker)
		from, ok := strings.CutPrefix(string(decoded), "from:")
		if err != nil || !ok {
			return nil, nil, check.Invalid("Invalid marker: '%s'", *marker)
		}
		all = startingAt(all, key, from)
	}
	if len(all) <= limit {
		return all, nil, nil
	}
	next := base64.RawURLEncoding.EncodeToString([]byte("from:" + key(all[limit])))
	return all[:limit], &next, nil
}

// startingAt drops what is before a key. Results are in the order of their keys.
func startingAt[T any](all []T, key func(T) string, from string) []T {
	for i, v := range all {
		if key(v) >= from {
			return all[i:]
		}
	}
	return nil
}
