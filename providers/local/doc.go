// Package local is the provider that serves Gateways with Fairway's own
// proxy, on the hub.
//
// Each Gateway gets a Deployment of proxies and a Service of type
// LoadBalancer in its namespace. The proxies learn listeners, routes and
// endpoints over the stream (package stream), so that a change of them is a
// message and never a rollout.
//
// Looking reads caches and the stream's index only, and a world that is as
// wished costs no call to any API.
package local
