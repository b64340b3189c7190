package aws

import (
	"maps"
	"slices"
)

// Operations are the names of all operations by service, for the test that
// each was called.
func (s *Simulator) Operations() map[string][]string {
	all := map[string][]string{}
	for service, operations := range s.services.byName {
		all[service] = slices.Sorted(maps.Keys(operations))
	}
	return all
}

// Flush writes all changes to disk now.
func (s *Simulator) Flush() error { return s.db.Flush() }
