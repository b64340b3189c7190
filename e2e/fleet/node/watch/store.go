package watch

import (
	"fmt"
	"maps"
)

// store is the reflector's view of a Cache.
type store[T Object] struct{ cache *Cache[T] }

func key(object Object) string { return object.GetNamespace() + "/" + object.GetName() }

// Add stores a new or changed object.
func (s store[T]) Add(added any) error {
	object, ok := added.(T)
	if !ok {
		return fmt.Errorf("watch %s: unexpected type %T", s.cache.resource, added)
	}
	s.cache.mu.Lock()
	old := s.cache.objects[key(object)]
	s.cache.objects[key(object)] = object
	s.cache.mu.Unlock()
	s.cache.listener(old, object)
	return nil
}

// Update stores a changed object.
func (s store[T]) Update(updated any) error { return s.Add(updated) }

// Delete removes an object.
func (s store[T]) Delete(deleted any) error {
	object, ok := deleted.(T)
	if !ok {
		return fmt.Errorf("watch %s: unexpected type %T", s.cache.resource, deleted)
	}
	s.cache.mu.Lock()
	delete(s.cache.objects, key(object))
	s.cache.mu.Unlock()
	var none T
	s.cache.listener(object, none)
	return nil
}

// Replace stores a whole list; what it does not contain is gone.
func (s store[T]) Replace(list []any, _ string) error {
	fresh := make(map[string]T, len(list))
	for _, item := range list {
		object, ok := item.(T)
		if !ok {
			return fmt.Errorf("watch %s: unexpected type %T", s.cache.resource, item)
		}
		fresh[key(object)] = object
	}
	s.cache.mu.Lock()
	before := s.cache.objects
	// The reflector may add to the map that is now shown while the listener below still reads the list.
	s.cache.objects = maps.Clone(fresh)
	s.cache.mu.Unlock()
	var none T
	for k, object := range before {
		if _, ok := fresh[k]; !ok {
			s.cache.listener(object, none)
		}
	}
	for k, object := range fresh {
		s.cache.listener(before[k], object)
	}
	select {
	case <-s.cache.synced:
	default:
		close(s.cache.synced)
	}
	return nil
}

// Resync does nothing: listeners are told of changes only.
func (s store[T]) Resync() error { return nil }
