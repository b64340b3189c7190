package ledger

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
)

// Row is how often one client made a call with one outcome.
type Row struct {
	Client    string `json:"client"`
	Service   string `json:"service"`
	Operation string `json:"operation"`
	Outcome   string `json:"outcome"`
	// Calls are HTTP requests; Retries are those of them that were not the first attempt.
	Calls   int `json:"calls"`
	Retries int `json:"retries"`
}

// Summary counts calls, sorted by client, service, operation and outcome.
func Summary(entries []Entry) []Row {
	rows := map[Row]*Row{}
	for _, e := range entries {
		key := Row{Client: e.Client, Service: e.Service, Operation: e.Operation, Outcome: e.Outcome}
		if rows[key] == nil {
			counted := key
			rows[key] = &counted
		}
		rows[key].Calls++
		if e.Attempt > 1 {
			rows[key].Retries++
		}
	}
	all := make([]Row, 0, len(rows))
	for _, row := range rows {
		all = append(all, *row)
	}
	slices.SortFunc(all, func(a, b Row) int {
		return cmp.Or(
			cmp.Compare(a.Client, b.Client), cmp.Compare(a.Service, b.Service),
			cmp.Compare(a.Operation, b.Operation), cmp.Compare(a.Outcome, b.Outcome),
		)
	})
	return all
}

// Table writes a summary for people.
func Table(w io.Writer, rows []Row) error {
	table := tabwriter.NewWriter(w, 0, 8, 2, ' ', 0)
	if _, err := fmt.Fprintln(table, "CLIENT\tSERVICE\tOPERATION\tOUTCOME\tCALLS\tRETRIES"); err != nil {
		return fmt.Errorf("write table: %w", err)
	}
	for _, r := range rows {
		if _, err := fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%d\t%d\n", r.Client, r.Service, r.Operation, r.Outcome, r.Calls, r.Retries); err != nil {
			return fmt.Errorf("write table: %w", err)
		}
	}
	return table.Flush()
}
