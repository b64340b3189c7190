// Command bench measures how soon a change on the hub or in a member reaches traffic, at several sizes
// of the configuration, and what that costs: on real clusters on this machine, with real requests. It
// prints a table with the aims that are missed, writes the figures as JSON and a plot, and fails if a
// change never reached traffic. Peers can be measured beside Fairway in the same run: see subject.
package main
