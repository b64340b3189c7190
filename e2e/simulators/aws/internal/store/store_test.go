package store

import (
	"path/filepath"
	"slices"
	"testing"
)

type row struct{ Name string }

func TestStateOutlivesTheProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "state.db")
	scope := Scope{"123456789012", "eu-west-1"}
	db := open(t, file)
	rows := table(t, db, scope)
	rows.Put("b", row{"two"})
	rows.Put("a", row{"one"})
	rows.Put("gone", row{"three"})
	rows.Delete("gone")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	db = open(t, file)
	if scopes, err := db.Scopes(); err != nil || !slices.Equal(scopes, []Scope{scope}) {
		t.Errorf("scopes are %v, %v", scopes, err)
	}
	rows = table(t, db, scope)
	if got := names(rows); !slices.Equal(got, []string{"one", "two"}) {
		t.Errorf("rows are %v", got)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestScopesAreApart(t *testing.T) {
	db := open(t, "")
	states, err := NewScopes(db, func(s Scope) (*Table[string, row], error) { return NewTable[string, row](db, s, "rows") })
	if err != nil {
		t.Fatal(err)
	}
	one, _ := states.Of(Scope{"1", "x"})
	one.Put("a", row{"one"})
	other, _ := states.Of(Scope{"1", "y"})
	if again, _ := states.Of(Scope{"1", "x"}); other.Len() != 0 || again.Len() != 1 || len(states.All()) != 2 {
		t.Error("state is shared or lost between scopes")
	}
}

func TestIterationSeesOneMomentInOrder(t *testing.T) {
	rows := table(t, open(t, ""), Scope{})
	for _, key := range []string{"x/2", "x/1", "y/1", "w"} {
		rows.Put(key, row{key})
	}
	var seen []string
	for key := range rows.Prefix("x/") {
		rows.Put("x/3", row{})
		seen = append(seen, key)
	}
	if !slices.Equal(seen, []string{"x/1", "x/2"}) {
		t.Errorf("saw %v", seen)
	}
}

func open(t *testing.T, file string) *DB {
	t.Helper()
	db, err := Open(file)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func table(t *testing.T, db *DB, scope Scope) *Table[string, row] {
	t.Helper()
	rows, err := NewTable[string, row](db, scope, "rows")
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func names(rows *Table[string, row]) []string {
	var all []string
	for _, r := range rows.All() {
		all = append(all, r.Name)
	}
	return all
}
