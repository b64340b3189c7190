// Package local is the provider that serves Gateways with Fairway's own
// proxy, on the hub.
//
// Each Gateway gets a Deployment of proxies and a Service in its namespace,
// as LocalGatewayParameters say. The proxies learn certificates, listeners,
// routes and endpoints over the stream (package stream), so that a change of
// them is a message and never a rollout. Both ends of the stream prove
// themselves by certificates of an authority that the leading hub keeps and
// rotates (package authority).
//
// Looking reads caches and the stream's index only, and a world that is as
// wished costs no call to any API.
package local
