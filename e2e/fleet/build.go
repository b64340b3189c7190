package fleet

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"
)

// Program is something that a fleet runs and Build can build.
type Program string

// Programs of this repository, and what stands behind images.
const (
	// Controller is Fairway's hub controller.
	Controller Program = "fairway"
	// Proxy is Fairway's data plane.
	Proxy Program = "fairway-proxy"
	// Ctl is Fairway's command line; it is no image.
	Ctl Program = "fairwayctl"
	// Echo is the echo server of the Gateway API's conformance suite.
	Echo Program = "echo-basic"
)

// The programs that make a fleet; Build always builds them.
const (
	kubeProgram Program = "kube"
	nodeProgram Program = "node"
	hostProgram Program = "host"
)

// kubernetesVersion is what the API servers answer to /version: the version of k8s.io/kubernetes in
// go.mod, which Go itself does not put into the binary.
const kubernetesVersion = "1.37.2"

// source says from where a program is built: a package of a module of this repository.
type source struct {
	module, pkg string
	ldflags     string
	note        string
}

var sources = map[Program]source{
	kubeProgram: {module: "e2e", pkg: "./fleet/kube", ldflags: versionFlags(),
		note: ": etcd and Kubernetes " + kubernetesVersion + "; the first build takes minutes"},
	nodeProgram: {module: "e2e", pkg: "./fleet/node"},
	hostProgram: {module: "e2e", pkg: "./fleet/host"},
	Echo:        {module: "e2e", pkg: "sigs.k8s.io/gateway-api-conformance-images/echo-basic"},
	Controller:  {module: ".", pkg: "./cmd/fairway"},
	Proxy:       {module: ".", pkg: "./cmd/fairway-proxy"},
	Ctl:         {module: ".", pkg: "./cmd/fairwayctl"},
}

// Image is the program as an image for a node, after Build with the same folder.
func (p Program) Image(dir string) Image { return Image{Path: p.Path(dir)} }

// Path is where Build with the same folder puts the program.
func (p Program) Path(dir string) string {
	path := filepath.Join(dir, "bin", string(p))
	if absolute, err := filepath.Abs(path); err == nil {
		return absolute
	}
	return path
}

// EchoImages maps the repositories under which the conformance suite's manifests name their echo
// server to Echo.
func EchoImages(dir string) map[string]Image {
	return map[string]Image{
		"registry.k8s.io/gateway-api/conformance/echo-basic": Echo.Image(dir),
		"gcr.io/k8s-staging-gateway-api/echo-basic":          Echo.Image(dir),
	}
}

// Build builds what a fleet needs, and the given programs, into dir/bin, from the repository that
// the working directory is in. It says on log what it does. What is up to date takes a second.
func Build(ctx context.Context, dir string, log io.Writer, programs ...Program) error {
	root, err := repository()
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	bin, err := filepath.Abs(filepath.Join(dir, "bin"))
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return fmt.Errorf("build: create the folder of programs: %w", err)
	}
	// Test packages run at the same time and share the folder: one builds, the others find it done.
	lock, err := lockFile(filepath.Join(bin, "lock"), unix.LOCK_EX)
	if err != nil {
		return fmt.Errorf("build: %w", err)
	}
	defer lock.Close() //nolint:errcheck // nothing was written
	building, ctx := errgroup.WithContext(ctx)
	// Each build uses every core; two overlap their linking, which does not.
	building.SetLimit(2)
	for _, p := range append([]Program{kubeProgram, hostProgram, nodeProgram}, programs...) {
		from, known := sources[p]
		if !known {
			return fmt.Errorf("build: unknown program %q", p)
		}
		building.Go(func() error { return p.build(ctx, root, from, filepath.Join(bin, string(p)), log) })
	}
	return building.Wait()
}

func (p Program) build(ctx context.Context, root string, from source, target string, log io.Writer) error {
	begin := time.Now()
	say(log, "building %s%s", p, from.note)
	cmd := exec.CommandContext(ctx, "go", "build", "-ldflags", "-s -w "+from.ldflags, "-o", target, from.pkg)
	cmd.Dir = filepath.Join(root, from.module)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOTOOLCHAIN=auto")
	var output bytes.Buffer
	cmd.Stdout, cmd.Stderr = &output, &output
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", p, err, output.Bytes())
	}
	say(log, "built %s in %s", p, time.Since(begin).Round(100*time.Millisecond))
	return nil
}

// say writes one line in one call, since builds overlap.
func say(log io.Writer, format string, args ...any) {
	_, _ = io.WriteString(log, fmt.Sprintf(format+"\n", args...))
}

// DefaultDir is the folder "build" of the repository that the working directory is in.
func DefaultDir() (string, error) {
	root, err := repository()
	return filepath.Join(root, "build"), err
}

// repository is the root of the repository that the working directory is in: the folder that holds
// the e2e module.
func repository() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find the working directory: %w", err)
	}
	for {
		if _, err := os.Stat(filepath.Join(dir, "e2e", "go.mod")); err == nil {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", errors.New("the working directory is not inside the Fairway repository")
		}
		dir = parent
	}
}

func versionFlags() string {
	parts := strings.SplitN(kubernetesVersion, ".", 3)
	const variable = "-X k8s.io/component-base/version."
	return strings.Join([]string{
		variable + "gitVersion=v" + kubernetesVersion,
		variable + "gitMajor=" + parts[0],
		variable + "gitMinor=" + parts[1],
	}, " ")
}
