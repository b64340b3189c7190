// Command bench measures how soon a change on the hub or in a member reaches traffic, at several sizes
// of the configuration, and what that costs: on real clusters on this machine, with real requests. It
// prints a table with the aims that are missed, writes the figures as JSON and a plot, and fails if a
// change never reached traffic.
//
// Peers can be measured beside Fairway in the same run. To add one, install it on the hub's cluster after
// install.Up, and put a subject for it into the list in run: its GatewayClass, how to read what its
// controllers and proxies use, and its home. With a member as home, routes name ServiceImports, and
// endpoints change in the member; a peer that knows one cluster has stack.Hub as home, so that routes name
// the hub's own Services, and endpoints change there. The test does so with Fairway itself. A peer's images
// have to be known to the fleet, which runs programs of this machine: see fleet.Config.
package main
