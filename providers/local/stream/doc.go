// Package stream is the hub's end of the stream to the local proxies.
//
// An [Index] holds what the proxies of each load balancer are to serve, one
// resource per certificate, per listener, per route, and per pool and cluster.
// A [Server] sends every proxy the difference between that and what it holds,
// by the delta xDS protocol over mutual TLS, in an order in which nothing is
// named before it is there, and keeps account of what each proxy acknowledged
// or refused.
//
// The work of a change follows the size of the change: every stream carries a
// set of the names that it has yet to send, and nothing is scanned.
package stream
