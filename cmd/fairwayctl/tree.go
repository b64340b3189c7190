package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// tree writes each Gateway with what hangs on it, and then what else is not
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
		line("Gateway "+g.Namespace+"/"+g.Name, "class "+g.Class, address, word("programmed", g.Programmed, g.Problems))
		for _, l := range g.Listeners {
			at := fmt.Sprintf("%s port %d", l.Protocol, l.Port)
			if l.Hostname != "" {
				at += " for " + l.Hostname
			}
			line("  Listener "+l.Name, at, numbered(int(l.Routes), "route"), word("programmed", l.Programmed, l.Problems))
		}
		for _, r := range g.Routes {
			hosts := strings.Join(r.Hostnames, ", ")
			if hosts == "" {
				hosts = "every host"
			}
			line("  "+r.Kind+" "+r.Namespace+"/"+r.Name, hosts, "", word("served", r.Served, r.Problems))
		}
		for _, p := range g.Pools {
			line("  "+p.Kind+" "+p.Namespace+"/"+p.Name, counts(p.Clusters), "", word("ready", p.Ready, p.Problems))
		}
	}
	// A problem is no column of these: it would push the others apart.
	for i, c := range now.Classes {
		if i == 0 {
			line()
		}
		line("GatewayClass " + c.Name + " is " + word("accepted", c.Accepted, c.Problems))
	}
	for i, r := range now.RoutesWithoutGateway {
		if i == 0 {
			line("\nRoutes without a Gateway")
		}
		line("  " + r.Kind + " " + r.Namespace + "/" + r.Name + ": " + texts(r.Problems))
	}
	for i, m := range now.Members {
		if i == 0 {
			line()
		}
		line("Member " + m.Name + " is NOT well: " + m.Message)
	}
	for i, n := range now.Notes {
		if i == 0 {
			line()
		}
		line("Note: " + n + ".")
	}
	return t.Flush()
}

// word is one word when all is well, and else what is not.
func word(good string, is bool, problems []problem) string {
	switch {
	case len(problems) == 0:
		return good
	case is:
		return good + ", BUT: " + texts(problems)
	}
	return "NOT " + good + ": " + texts(problems)
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
