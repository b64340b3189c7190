package store

import (
	"encoding/json"
	"fmt"
	"iter"
	"strings"
	"sync"

	"github.com/tidwall/btree"
)

// Table is an ordered map that outlives the program if its DB has a file. It is
// safe for concurrent use. Values are shared: once put, a value must not be
// changed; put a changed copy instead.
type Table[K ~string, V any] struct {
	db     *DB
	bucket string

	mu   sync.RWMutex
	rows btree.Map[K, V]
}

// NewTable opens the table of that name in a scope, with what is on disk.
// Values are stored as JSON.
func NewTable[K ~string, V any](db *DB, scope Scope, name string) (*Table[K, V], error) {
	t := &Table[K, V]{db: db, bucket: scope.String() + "/" + name}
	err := db.load(t.bucket, func(key string, value []byte) error {
		var v V
		if err := json.Unmarshal(value, &v); err != nil {
			return fmt.Errorf("read %q: %w", key, err)
		}
		t.rows.Set(K(key), v)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("load table %q: %w", t.bucket, err)
	}
	return t, nil
}

// Get gives a value and whether it is there.
func (t *Table[K, V]) Get(key K) (V, bool) {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.rows.Get(key)
}

// Len is the number of rows.
func (t *Table[K, V]) Len() int {
	t.mu.RLock()
	defer t.mu.RUnlock()
	return t.rows.Len()
}

// Put adds or replaces a row.
func (t *Table[K, V]) Put(key K, value V) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.rows.Set(key, value)
	if t.db.bolt == nil {
		return
	}
	// Values are plain data of ours: that they cannot be encoded is a bug, and no client's to handle.
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(fmt.Sprintf("store: encode %s %s: %v", t.bucket, key, err))
	}
	t.db.change(t.bucket, string(key), encoded)
}

// Delete removes a row. It tells whether there was one.
func (t *Table[K, V]) Delete(key K) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	_, there := t.rows.Delete(key)
	if there && t.db.bolt != nil {
		t.db.change(t.bucket, string(key), nil)
	}
	return there
}

// All gives the rows in key order as they are now: changes made meanwhile are
// not seen.
func (t *Table[K, V]) All() iter.Seq2[K, V] { return t.From("") }

// From is All, beginning at the first key that is not less than the given one.
func (t *Table[K, V]) From(start K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		// Copying takes the lock for writing: the tree marks its nodes as shared.
		t.mu.Lock()
		rows := t.rows.Copy()
		t.mu.Unlock()
		rows.Ascend(start, yield)
	}
}

// Prefix gives the rows whose keys begin with a prefix, in key order.
func (t *Table[K, V]) Prefix(prefix K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		for key, value := range t.From(prefix) {
			if !strings.HasPrefix(string(key), string(prefix)) || !yield(key, value) {
				return
			}
		}
	}
}
