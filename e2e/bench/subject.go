package main

import (
	"context"

	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
)

// subject is something that serves Gateways on the hub: Fairway, or a peer beside it. A peer is installed
// on the hub and added to the list in run, with its GatewayClass and a way to read what its processes use.
// Subjects are measured one after the other, each in a namespace of its own that is gone before the next,
// and the next begins when the controllers of the one before are idle. All that are installed see the
// objects of the one that is measured; what they do with them takes processor time from it.
type subject struct {
	// name is a part of a namespace's name, too.
	name string
	// home is the cluster with the pods and the Services that routes name. Those of a member are exported,
	// and routes name the ServiceImports; a peer that knows one cluster has its home on the hub, whose own
	// Services routes name then.
	home *install.Cluster
	// class is a manifest with a GatewayClass of that name.
	class, manifest string
	// controllers and proxies read what the processes have used so far: memory in bytes, of the
	// largest, and processor time in seconds, of all.
	controllers func(context.Context) (usage, error)
	proxies     func(ctx context.Context, gateway client.ObjectKey) (usage, error)
}

// usage is what processes have used.
type usage struct{ bytes, seconds float64 }

// fairway is the subject that is at home here.
func fairway(name string, stack *install.Stack, home *install.Cluster) subject {
	return subject{
		name: name, home: home, class: "fairway",
		manifest: "{apiVersion: gateway.networking.k8s.io/v1, kind: GatewayClass, metadata: {name: fairway}, spec: {controllerName: fairway.dev/local}}",
		controllers: func(ctx context.Context) (usage, error) {
			m, err := stack.HubMetrics(ctx)
			return used(m), err
		},
		proxies: func(ctx context.Context, gateway client.ObjectKey) (usage, error) {
			all, err := stack.ProxyMetrics(ctx, gateway)
			var sum usage
			for _, m := range all {
				u := used(m)
				sum.bytes, sum.seconds = max(sum.bytes, u.bytes), sum.seconds+u.seconds
			}
			return sum, err
		},
	}
}

func used(m install.Metrics) usage {
	return usage{bytes: m.Sum("process_resident_memory_bytes"), seconds: m.Sum("process_cpu_seconds_total")}
}
