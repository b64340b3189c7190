package ec2

import (
	"encoding/base64"
	"iter"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// query is what all Describe operations are asked by.
type query struct {
	ids     []string
	filters []types.Filter
	max     *int32
	token   *string
}

// kind is how objects of one kind are looked for.
type kind[T any] struct {
	// missing is the error for an id that is not there.
	missing func(id string) *api.Error
	// tags is nil for objects without.
	tags func(T) []types.Tag
	// fields are the values that filters compare, by the filter's name.
	fields map[string]func(T) []string
}

// find gives one page of the objects that are asked for, in the order of their ids.
func (k kind[T]) find(rows iter.Seq2[string, T], q query) ([]T, *string, error) {
	if len(q.ids) > 0 && q.max != nil {
		return nil, nil, api.Errorf("InvalidParameterCombination", "The parameter MaxResults cannot be used with the parameter that lists ids")
	}
	q.filters = hyphenated(q.filters)
	for _, f := range q.filters {
		if !k.knows(aws.ToString(f.Name)) {
			return nil, nil, api.Errorf("InvalidParameterValue", "The filter '%s' is invalid", aws.ToString(f.Name))
		}
	}
	var found []T
	var ids []string
	seen := map[string]bool{}
	for id, row := range rows {
		if len(q.ids) > 0 && !slices.Contains(q.ids, id) {
			continue
		}
		seen[id] = true
		if k.passes(row, q.filters) {
			found, ids = append(found, row), append(ids, id)
		}
	}
	for _, id := range q.ids {
		if !seen[id] {
			return nil, nil, k.missing(id)
		}
	}
	return page(found, ids, q)
}

// humps are where a word begins in a name like isDefault.
var humps = regexp.MustCompile(`[a-z][A-Z]`)

// hyphenated writes filter names as the reference does. EC2 also takes isDefault
// for is-default. Source: the notes "You can also use ..." at the filters of
// DescribeSubnets and DescribeVpcs, API reference.
func hyphenated(filters []types.Filter) []types.Filter {
	all := slices.Clone(filters)
	for i, f := range all {
		if name := aws.ToString(f.Name); !strings.HasPrefix(name, "tag:") {
			all[i].Name = aws.String(humps.ReplaceAllStringFunc(name, func(hump string) string {
				return hump[:1] + "-" + strings.ToLower(hump[1:])
			}))
		}
	}
	return all
}

// page cuts results. A token names the first id of the next page.
func page[T any](found []T, ids []string, q query) ([]T, *string, error) {
	if token := aws.ToString(q.token); token != "" {
		from, err := base64.RawURLEncoding.DecodeString(token)
		if err != nil {
			return nil, nil, api.Errorf("InvalidNextToken", "The token '%s' is invalid", token)
		}
		at, _ := slices.BinarySearch(ids, string(from))
		found, ids = found[at:], ids[at:]
	}
	if q.max == nil || len(found) <= int(*q.max) {
		return found, nil, nil
	}
	next := base64.RawURLEncoding.EncodeToString([]byte(ids[*q.max]))
	return found[:*q.max], &next, nil
}

func (k kind[T]) knows(filter string) bool {
	if filter == "tag-key" || strings.HasPrefix(filter, "tag:") {
		return k.tags != nil
	}
	return k.fields[filter] != nil
}

// passes tells whether all filters have a value that the object has.
func (k kind[T]) passes(row T, filters []types.Filter) bool {
	for _, f := range filters {
		has := k.values(row, aws.ToString(f.Name))
		if !slices.ContainsFunc(f.Values, func(pattern string) bool {
			return slices.ContainsFunc(has, func(value string) bool { return wild(pattern, value) })
		}) {
			return false
		}
	}
	return true
}

func (k kind[T]) values(row T, filter string) []string {
	key, byTag := strings.CutPrefix(filter, "tag:")
	if !byTag && filter != "tag-key" {
		return k.fields[filter](row)
	}
	var all []string
	for _, tag := range k.tags(row) {
		switch {
		case !byTag:
			all = append(all, aws.ToString(tag.Key))
		case aws.ToString(tag.Key) == key:
			all = append(all, aws.ToString(tag.Value))
		}
	}
	return all
}

// wild matches a filter's value: * is any text, ? any character, and a backslash
// takes their meaning away. Source: EC2 User Guide, "List and filter using the CLI and API".
func wild(pattern, text string) bool {
	for pattern != "" {
		switch pattern[0] {
		case '*':
			for i := range len(text) + 1 {
				if wild(pattern[1:], text[i:]) {
					return true
				}
			}
			return false
		case '?':
			if text == "" {
				return false
			}
		default:
			if pattern[0] == '\\' && len(pattern) > 1 {
				pattern = pattern[1:]
			}
			if text == "" || text[0] != pattern[0] {
				return false
			}
		}
		pattern, text = pattern[1:], text[1:]
	}
	return text == ""
}

// one is a filter's value that is a field.
func one[T any](f func(T) *string) func(T) []string {
	return func(row T) []string {
		if value := f(row); value != nil {
			return []string{*value}
		}
		return nil
	}
}

// truth is a filter's value that is a boolean field.
func truth[T any](f func(T) *bool) func(T) []string {
	return func(row T) []string {
		if aws.ToBool(f(row)) {
			return []string{"true"}
		}
		return []string{"false"}
	}
}

// sorted gives a map's entries in the order of their keys.
func sorted[T any](all map[string]T) iter.Seq2[string, T] {
	return func(yield func(string, T) bool) {
		for _, key := range slices.Sorted(maps.Keys(all)) {
			if !yield(key, all[key]) {
				return
			}
		}
	}
}
