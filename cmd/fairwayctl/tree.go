package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// tree writes each Gateway with what hangs on it, and the members that are not
// well, for people.
func tree(w io.Writer, now hubStatus) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	line := func(cells ...string) { _, _ = fmt.Fprintln(t, strings.Join(cells, "\t")) }
	if len(now.Gateways) == 0 {
		line("No Gateway of a Fairway class.")
	}
	for i, g := range now.Gateways {
		if i > 0 {
			line()
		}
		address := strings.Join(g.Addresses, ", ")
		if address == "" {
			address = "no address"
		}
		line("Gateway "+g.Namespace+"/"+g.Name, "class "+g.Class, address, word(g.Programmed, "programmed", g.Message))
		for _, l := range g.Listeners {
			at := fmt.Sprintf("%s port %d", l.Protocol, l.Port)
			if l.Hostname != "" {
				at += " for " + l.Hostname
			}
			line("  Listener "+l.Name, at, numbered(int(l.Routes), "route"), word(l.Programmed, "programmed", l.Message))
		}
		for _, r := range g.Routes {
			hosts := strings.Join(r.Hostnames, ", ")
			if hosts == "" {
				hosts = "every host"
			}
			line("  "+r.Kind+" "+r.Namespace+"/"+r.Name, hosts, "", word(r.Served, "served", r.Message))
		}
		for _, p := range g.Pools {
			line("  "+p.Kind+" "+p.Namespace+"/"+p.Name, counts(p.Clusters), "", word(p.ready() > 0, "ready", "no endpoint is ready"))
		}
	}
	for i, m := range now.Members {
		if i == 0 {
			line()
		}
		// A message is no column: it would push the others apart.
		line("Member " + m.Name + " is NOT well: " + m.Message)
	}
	return t.Flush()
}

// word is one word when all is well, and else what is not.
func word(well bool, good, message string) string {
	if well {
		return good
	}
	if rest, is := strings.CutPrefix(message, partly); is {
		return good + " ONLY IN PART: " + rest
	}
	return "NOT " + good + ": " + message
}

func counts(clusters []clusterCount) string {
	parts := make([]string, len(clusters))
	for i, c := range clusters {
		name := c.Cluster
		if name == "" {
			name = "hub"
		}
		parts[i] = fmt.Sprintf("%s %d of %d", name, c.Ready, c.Total)
	}
	if len(parts) == 0 {
		return "no endpoint"
	}
	return strings.Join(parts, ", ")
}

// numbered is a number of things.
func numbered(n int, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
