package main

import (
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
)

const (
	// answerTimeout bounds the wait until the examples' pods are started and known.
	answerTimeout = time.Minute
	// requests is how often each path is asked for.
	requests = 20
)

// outcome is what one or several requests for a path met.
type outcome struct{ path, cluster, pod string }

// host is the name that the requests carry.
func (s *scene) host() string { return string(s.route.Spec.Hostnames[0]) }

// paths are the paths that the route's rules match, in their order.
func (s *scene) paths() []string {
	var paths []string
	for _, rule := range s.route.Spec.Rules {
		for _, match := range rule.Matches {
			if match.Path != nil && match.Path.Value != nil && !slices.Contains(paths, *match.Path.Value) {
				paths = append(paths, *match.Path.Value)
			}
		}
	}
	return paths
}

// available says whether the examples' pods are all ready.
func (s *scene) available(ctx context.Context) error {
	for _, member := range s.stack.Members {
		var deployments appsv1.DeploymentList
		if err := member.Client.List(ctx, &deployments, client.InNamespace(example.Namespace)); err != nil {
			return err
		}
		for _, d := range deployments.Items {
			if d.Status.AvailableReplicas != *d.Spec.Replicas {
				return fmt.Errorf("%s in %s has %d of %d pods available",
					d.Name, member.Name(), d.Status.AvailableReplicas, *d.Spec.Replicas)
			}
		}
	}
	return nil
}

// answered says whether a pod of every member answers for every path.
func (s *scene) answered(ctx context.Context) error {
	outcomes, err := s.send(ctx)
	if err != nil {
		return err
	}
	for _, path := range s.paths() {
		for _, member := range s.stack.Members {
			answers := func(o outcome) bool { return o.path == path && o.cluster == member.Name() }
			if !slices.ContainsFunc(slices.Collect(maps.Keys(outcomes)), answers) {
				return fmt.Errorf("no pod of %s has answered for %s", member.Name(), path)
			}
		}
	}
	return nil
}

// show sends requests and prints who answered.
func (s *scene) show(ctx context.Context, to io.Writer) error {
	outcomes, err := s.send(ctx)
	if err != nil {
		return err
	}
	table := tabwriter.NewWriter(to, 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintf(table, "\nREQUEST\tANSWERS\tCLUSTER\tPOD\n")
	sorted := slices.SortedFunc(maps.Keys(outcomes), func(a, b outcome) int {
		return slices.Compare([]string{a.path, a.cluster, a.pod}, []string{b.path, b.cluster, b.pod})
	})
	for _, o := range sorted {
		_, _ = fmt.Fprintf(table, "%s%s\t%d\t%s\t%s\n", s.host(), o.path, outcomes[o], o.cluster, o.pod)
	}
	_, _ = fmt.Fprintln(table)
	return table.Flush()
}

// send asks for every path and counts the outcomes. Any answer but the echo server's is an error.
func (s *scene) send(ctx context.Context) (map[outcome]int, error) {
	client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	outcomes := map[outcome]int{}
	clusters := map[string]string{}
	for _, path := range s.paths() {
		for range requests {
			answer, err := install.Ask(ctx, client, s.door.outside, s.host(), path)
			if err != nil {
				return nil, err
			}
			if answer.Status != http.StatusOK {
				return nil, fmt.Errorf("%s%s was answered with status %d: %s",
					s.host(), path, answer.Status, strings.TrimSpace(answer.Text))
			}
			pod := podName(answer)
			if clusters[pod] == "" {
				if clusters[pod], err = s.clusterOf(ctx, pod); err != nil {
					return nil, err
				}
			}
			outcomes[outcome{path, clusters[pod], pod}]++
		}
	}
	return outcomes, nil
}

// podName is the pod that answered: the examples' pods give their node's name before their own.
func podName(answer install.Answer) string { return path.Base(answer.Pod) }

// clusterOf finds the member that a pod runs in.
func (s *scene) clusterOf(ctx context.Context, pod string) (string, error) {
	for _, member := range s.stack.Members {
		err := member.Client.Get(ctx, client.ObjectKey{Namespace: example.Namespace, Name: pod}, new(corev1.Pod))
		if err == nil {
			return member.Name(), nil
		}
		if !apierrors.IsNotFound(err) {
			return "", fmt.Errorf("look for pod %q in %s: %w", pod, member.Name(), err)
		}
	}
	return "", fmt.Errorf("no member has the pod %q, which answered", pod)
}
