package install

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"golang.org/x/sync/errgroup"
)

// ApplyExamples applies the repository's examples as "kubectl apply -f" would: those at the top to
// the hub, then those of members/ to every member. It does not wait for anything.
func (s *Stack) ApplyExamples(ctx context.Context) error {
	if err := s.applyExamples(ctx, s.Hub, "."); err != nil {
		return err
	}
	group, parallel := errgroup.WithContext(ctx)
	for _, member := range s.Members {
		group.Go(func() error { return s.applyExamples(parallel, member, "members") })
	}
	return group.Wait()
}

// applyExamples applies the files of a folder of the examples in the order of their names.
func (s *Stack) applyExamples(ctx context.Context, cluster *Cluster, folder string) error {
	files, err := filepath.Glob(s.example(filepath.Join(folder, "*.yaml")))
	if err != nil || len(files) == 0 {
		return fmt.Errorf("no examples in %q: %w", folder, os.ErrNotExist)
	}
	for _, file := range files {
		if err := s.applyExample(ctx, cluster, filepath.Join(folder, filepath.Base(file))); err != nil {
			return err
		}
	}
	return nil
}

func (s *Stack) applyExample(ctx context.Context, cluster *Cluster, name string) error {
	manifests, err := os.ReadFile(s.example(name))
	if err != nil {
		return fmt.Errorf("read an example: %w", err)
	}
	if _, err := cluster.Apply(ctx, manifests); err != nil {
		return fmt.Errorf("example %s: %w", name, err)
	}
	return nil
}

func (s *Stack) example(name string) string { return filepath.Join(s.root, "examples", name) }
