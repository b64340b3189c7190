package store

import (
	"fmt"
	"maps"
	"sync"
)

// Scopes keeps a service's state by account and region.
type Scopes[S any] struct {
	open func(Scope) (S, error)
	mu   sync.Mutex
	all  map[Scope]S
}

// NewScopes opens the state of every scope on disk at once, so that timers and
// traffic go on; the others are opened when first asked for.
func NewScopes[S any](db *DB, open func(Scope) (S, error)) (*Scopes[S], error) {
	s := &Scopes[S]{open: open, all: map[Scope]S{}}
	found, err := db.Scopes()
	if err != nil {
		return nil, err
	}
	for _, scope := range found {
		if _, err := s.Of(scope); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Of is the state of one scope.
func (s *Scopes[S]) Of(scope Scope) (S, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if state, there := s.all[scope]; there {
		return state, nil
	}
	state, err := s.open(scope)
	if err != nil {
		return state, fmt.Errorf("open state of %s: %w", scope, err)
	}
	s.all[scope] = state
	return state, nil
}

// All is the state of every scope that was opened.
func (s *Scopes[S]) All() map[Scope]S {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.all)
}
