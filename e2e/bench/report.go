package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"text/tabwriter"
)

// machine names the processor and how many there are.
func machine() string {
	name := runtime.GOARCH
	if f, err := os.Open("/proc/cpuinfo"); err == nil {
		defer f.Close() //nolint:errcheck // it was only read
		for lines := bufio.NewScanner(f); lines.Scan(); {
			if key, value, ok := strings.Cut(lines.Text(), ":"); ok && strings.TrimSpace(key) == "model name" {
				name = strings.TrimSpace(value)
				break
			}
		}
	}
	return fmt.Sprintf("%s, %d processors", name, runtime.NumCPU())
}

// table prints a report for people, and below it which aims it misses.
func table(w io.Writer, r Report) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(t, format+"\n", args...) }
	line("%s, %s", r.Machine, r.Date)
	line("\nroutes\troute p50\tp90\tp99\tms\terrors\ttaken p50\tp99\tms\tendpoint p50\tp90\tp99\tms\terrors\thub MB\tproxy MB\thub CPU ms\tproxy CPU ms\thub CPU ms/route\t\t")
	for _, s := range r.Subjects {
		for _, n := range s.Sizes {
			line("%d\t%.1f\t%.1f\t%.1f\t\t%d\t%.1f\t%.1f\t\t%.1f\t%.1f\t%.1f\t\t%d\t%.0f\t%.0f\t%.2f\t%.2f\t%.2f\t%s\t", n.Routes,
				n.Route.P50, n.Route.P90, n.Route.P99, n.Route.Errors, n.Taken.P50, n.Taken.P99, n.Endpoint.P50, n.Endpoint.P90, n.Endpoint.P99, n.Endpoint.Errors,
				n.HubMB, n.ProxyMB, n.HubCPU, n.ProxyCPU, n.HubRouteCPU, s.Subject)
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	for _, s := range r.Subjects {
		if a := s.Attach; a != nil {
			if _, err := fmt.Fprintf(w, "%s: %d routes at once: attachedRoutes right %.2f s after the last, with %d writes of the Gateway's status\n",
				s.Subject, a.Routes, a.Seconds, a.Writes); err != nil {
				return err
			}
		}
	}
	for _, m := range missed(r) {
		if _, err := fmt.Fprintln(w, m); err != nil {
			return err
		}
	}
	return nil
}

// write puts the figures and the plot into a folder.
func write(dir string, r Report) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of results: %w", err)
	}
	b, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	if err := os.WriteFile(filepath.Join(dir, "bench.json"), append(b, '\n'), 0o644); err != nil {
		return fmt.Errorf("write the figures: %w", err)
	}
	return draw(filepath.Join(dir, "bench.png"), r)
}
