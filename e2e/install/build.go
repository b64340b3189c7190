package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"fairway.dev/fairway/e2e/fleet"
)

// nonRoot is the user of Fairway's images.
const nonRoot = 65532

// build builds the programs behind the images, fairwayctl and helm.
func build(ctx context.Context, dir string, log io.Writer) error {
	if err := fleet.Build(ctx, dir, log, fleet.Controller, fleet.Proxy, fleet.Ctl, fleet.Echo); err != nil {
		return err
	}
	if err := buildHelm(ctx, dir, log); err != nil {
		return fmt.Errorf("build helm: %w", err)
	}
	return nil
}

// images maps the repositories that the chart and the examples name to programs.
func images(dir string) map[string]fleet.Image {
	controller, proxy := fleet.Controller.Image(dir), fleet.Proxy.Image(dir)
	controller.User, proxy.User = nonRoot, nonRoot
	all := map[string]fleet.Image{
		"ghcr.io/fairway-dev/fairway":       controller,
		"ghcr.io/fairway-dev/fairway-proxy": proxy,
	}
	maps.Copy(all, fleet.EchoImages(dir))
	return all
}

func helmPath(dir string) string { return filepath.Join(dir, "bin", "helm") }

// buildHelm builds helm in the version that the repository pins for its tools.
func buildHelm(ctx context.Context, dir string, log io.Writer) (err error) {
	// The demo and test packages may build at the same time.
	lock, err := os.OpenFile(helmPath(dir)+".lock", os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return fmt.Errorf("open the lock: %w", err)
	}
	defer func() { err = errors.Join(err, lock.Close()) }()
	if err := unix.Flock(int(lock.Fd()), unix.LOCK_EX); err != nil {
		return fmt.Errorf("lock %q: %w", lock.Name(), err)
	}
	begin := time.Now()
	_, _ = io.WriteString(log, "building helm\n") // progress only
	cmd := exec.CommandContext(ctx, "go", "build", "-modfile=go.tools.mod",
		"-ldflags", "-s -w", "-o", helmPath(dir), "helm.sh/helm/v4/cmd/helm")
	cmd.Dir = filepath.Dir(dir)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOTOOLCHAIN=auto")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%w\n%s", err, output.Bytes())
	}
	_, _ = fmt.Fprintf(log, "built helm in %s\n", time.Since(begin).Round(100*time.Millisecond)) // progress only
	return nil
}
