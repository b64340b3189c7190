package admin

import (
	"net/http"
	"strconv"
	"strings"

	"fairway.dev/fairway/e2e/simulators/aws/internal/ledger"
)

// calls gives the calls after a mark ("since"), as JSON, or counted as a table ("format=table").
func (o Options) calls(r *http.Request) (any, error) {
	entries, err := o.since(r)
	if err != nil {
		return nil, err
	}
	if r.FormValue("format") == "table" {
		return table(ledger.Summary(entries))
	}
	return entries, nil
}

// diff counts the calls after a mark.
func (o Options) diff(r *http.Request) (any, error) {
	entries, err := o.since(r)
	if err != nil {
		return nil, err
	}
	rows := ledger.Summary(entries)
	if r.FormValue("format") == "table" {
		return table(rows)
	}
	return rows, nil
}

func (o Options) since(r *http.Request) ([]ledger.Entry, error) {
	mark := int64(0)
	if text := r.FormValue("since"); text != "" {
		var err error
		if mark, err = strconv.ParseInt(text, 10, 64); err != nil {
			return nil, wrong("read since: %w", err)
		}
	}
	return append([]ledger.Entry{}, o.Ledger.Since(mark)...), nil
}

func table(rows []ledger.Row) (any, error) {
	var b strings.Builder
	err := ledger.Table(&b, rows)
	return plain(b.String()), err
}
