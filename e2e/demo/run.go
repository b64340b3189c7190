package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// The Gateway and the HTTPRoute of the examples.
var example = client.ObjectKey{Namespace: "shop", Name: "store"}

const intro = `Fairway demo: a hub and two member clusters, real API servers and real traffic.
The first build compiles Kubernetes and takes minutes; later ones take seconds.

`

// scene is what a visitor sees.
type scene struct {
	stack *install.Stack
	route *gatewayv1.HTTPRoute
	// door is the Gateway's first listener, where the demo sends its requests.
	door door
	// told are the listeners that the visitor knows of.
	told map[gatewayv1.SectionName]door
}

// run brings everything up, checks it, stays until ctx ends unless it is to run once, and cleans up.
func run(ctx context.Context, to io.Writer, once bool, spare []string) (err error) {
	_, _ = io.WriteString(to, intro) // nobody to tell
	progress := install.Elapsed(to)
	say := func(format string, args ...any) {
		_, _ = io.WriteString(progress, fmt.Sprintf(format+"\n", args...)) // nobody to tell
	}
	stack, err := install.Up(ctx, install.Options{Name: "demo", Spare: spare, Log: progress})
	if err != nil {
		return err
	}
	defer func() {
		say("ending the clusters")
		if failed := stack.Close(); failed != nil {
			err = errors.Join(err, failed)
			return
		}
		say("everything is gone, but the logs in build/logs and the programs in build/bin")
	}()
	s, err := open(ctx, stack, say)
	if err == nil {
		say("sending requests")
		err = s.show(ctx, to)
	}
	if err != nil {
		return explained(ctx, stack, err)
	}
	if once {
		return nil
	}
	s.tell(to, []door{s.door})
	s.guide(to)
	s.follow(ctx, to)
	_, _ = io.WriteString(to, "\n") // as above
	return nil
}

// open applies the examples and waits until they carry traffic.
func open(ctx context.Context, stack *install.Stack, say func(string, ...any)) (*scene, error) {
	say("applying examples/ to the hub and examples/members/ to the members")
	if err := stack.ApplyExamples(ctx); err != nil {
		return nil, err
	}
	say("waiting until Gateway %s is programmed", example)
	gateway, err := stack.Programmed(ctx, example)
	if err != nil {
		return nil, err
	}
	route, err := stack.Routed(ctx, example)
	if err != nil {
		return nil, err
	}
	s := &scene{stack: stack, route: route}
	doors, err := s.doors(ctx, gateway)
	if err != nil {
		return nil, err
	}
	if len(doors) == 0 {
		return nil, fmt.Errorf("Gateway %s has no programmed listener", example)
	}
	s.door = doors[0]
	say("waiting until pods of every member answer")
	if err := install.Wait(ctx, "the echo servers are available", answerTimeout, s.available); err != nil {
		return nil, err
	}
	return s, install.Wait(ctx, "pods of every member answer", answerTimeout, s.answered)
}

// explained adds what the clusters know to an error, unless the visitor has ended the demo.
func explained(ctx context.Context, stack *install.Stack, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w\n%s", err, stack.Explain(ctx, example.Namespace))
}
