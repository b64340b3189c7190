// Package store keeps the simulator's state: ordered tables in memory and,
// where a file is given, on disk, so that a restarted simulator goes on where it
// ended.
package store

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"go.etcd.io/bbolt"
)

// flushEvery is how often changes go to disk, many in one transaction. A crash
// of the simulator loses at most this much; Close loses nothing.
const flushEvery = 50 * time.Millisecond

// DB is where tables live. Use Open.
type DB struct {
	bolt *bbolt.DB

	mu sync.Mutex
	// pending are changes that are not on disk: bucket, key, value; nil deletes.
	pending map[string]map[string][]byte
	failed  error

	// note is called before what is pending is written.
	note func()
	stop chan struct{}
	done chan struct{}
}

// Scope is an account's part of a region; state of one is never seen in another.
type Scope struct{ Account, Region string }

// String is the scope as part of a bucket's name.
func (s Scope) String() string { return s.Account + "/" + s.Region }

// Open opens or creates a file; with an empty path everything is in memory
// only. Two simulators cannot share a file.
func Open(path string) (*DB, error) {
	if path == "" {
		return &DB{}, nil
	}
	bolt, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, fmt.Errorf("open state file %q: %w", path, err)
	}
	db := &DB{
		bolt: bolt, pending: map[string]map[string][]byte{},
		stop: make(chan struct{}), done: make(chan struct{}),
	}
	go db.flushing()
	return db, nil
}

// Scopes are the accounts and regions that have state on disk. What is of no
// account is state of the simulator itself.
func (db *DB) Scopes() ([]Scope, error) {
	found := map[Scope]bool{}
	err := db.buckets(func(name string) {
		if parts := strings.Split(name, "/"); len(parts) == 3 && parts[0] != "" {
			found[Scope{parts[0], parts[1]}] = true
		}
	})
	return slices.SortedFunc(maps.Keys(found), func(a, b Scope) int {
		return strings.Compare(a.String(), b.String())
	}), err
}

func (db *DB) buckets(each func(name string)) error {
	if db.bolt == nil {
		return nil
	}
	err := db.bolt.View(func(tx *bbolt.Tx) error {
		return tx.ForEach(func(name []byte, _ *bbolt.Bucket) error {
			each(string(name))
			return nil
		})
	})
	if err != nil {
		return fmt.Errorf("read state file: %w", err)
	}
	return nil
}

// load gives every key and value of a bucket.
func (db *DB) load(bucket string, each func(key string, value []byte) error) error {
	if db.bolt == nil {
		return nil
	}
	return db.bolt.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte(bucket))
		if b == nil {
			return nil
		}
		return b.ForEach(func(k, v []byte) error { return each(string(k), v) })
	})
}

// change notes a change for the next flush.
func (db *DB) change(bucket, key string, value []byte) {
	db.mu.Lock()
	defer db.mu.Unlock()
	if db.pending[bucket] == nil {
		db.pending[bucket] = map[string][]byte{}
	}
	db.pending[bucket][key] = value
}

func (db *DB) flushing() {
	defer close(db.done)
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-db.stop:
			return
		case <-tick.C:
			if err := db.Flush(); err != nil {
				db.mu.Lock()
				db.failed = err
				db.mu.Unlock()
			}
		}
	}
}

// BeforeFlush has f called before changes are written, to put what goes with them.
func (db *DB) BeforeFlush(f func()) {
	db.mu.Lock()
	defer db.mu.Unlock()
	db.note = f
}

// noting calls what BeforeFlush was given, if there is something to write.
func (db *DB) noting() {
	db.mu.Lock()
	note := db.note
	if len(db.pending) == 0 {
		note = nil
	}
	db.mu.Unlock()
	if note != nil {
		note()
	}
}

// Flush writes all changes to disk now.
func (db *DB) Flush() error {
	if db.bolt == nil {
		return nil
	}
	db.noting()
	db.mu.Lock()
	pending := db.pending
	db.pending = map[string]map[string][]byte{}
	db.mu.Unlock()
	if len(pending) == 0 {
		return nil
	}
	err := db.bolt.Update(func(tx *bbolt.Tx) error {
		for name, changes := range pending {
			if err := write(tx, name, changes); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("write state file: %w", err)
	}
	return nil
}

func write(tx *bbolt.Tx, name string, changes map[string][]byte) error {
	bucket, err := tx.CreateBucketIfNotExists([]byte(name))
	if err != nil {
		return err
	}
	for key, value := range changes {
		if value == nil {
			err = bucket.Delete([]byte(key))
		} else {
			err = bucket.Put([]byte(key), value)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Close writes what is pending and closes the file. It also tells if an earlier
// write failed.
func (db *DB) Close() error {
	if db.bolt == nil {
		return nil
	}
	close(db.stop)
	<-db.done
	err := db.Flush()
	if err == nil {
		err = db.failed
	}
	if closed := db.bolt.Close(); err == nil && closed != nil {
		err = fmt.Errorf("close state file: %w", closed)
	}
	return err
}
