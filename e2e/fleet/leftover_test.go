package fleet

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
)

// childDir names the variable that turns the test binary into a program that starts a fleet in that
// folder, prints the host's process id and, as the demo does, closes the fleet on Ctrl-C.
const childDir = "FLEET_TEST_CHILD"

func runChild() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := Check()
	var f *Fleet
	if err == nil {
		f, err = startChildFleet(ctx, os.Getenv(childDir))
	}
	if err == nil {
		fmt.Println(f.host.process.Pid)
		<-ctx.Done()
		err = f.Close()
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// startChildFleet starts a fleet with containers and a stopped process in it.
func startChildFleet(ctx context.Context, dir string) (*Fleet, error) {
	f, err := Start(ctx, Config{Clusters: []string{"hub", "east"}, Dir: dir, Images: EchoImages(dir)})
	if err != nil {
		return nil, err
	}
	if _, err := f.Cluster("hub").Apply(ctx, []byte(workload)); err != nil {
		return nil, err
	}
	kube, err := kubernetes.NewForConfig(f.Cluster("hub").RESTConfig())
	if err != nil {
		return nil, err
	}
	err = wait.PollUntilContextTimeout(ctx, 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		return available(ctx, kube) == nil, nil
	})
	if err != nil {
		return nil, err
	}
	return f, f.Cluster("east").Freeze(ctx)
}

func TestCloseLeavesNothing(t *testing.T) {
	dir := borrowPrograms(t)
	f, err := Start(t.Context(), Config{Clusters: []string{"hub"}, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	used := descendants(t, f.host.process.Pid, 3) // host, kube, node
	if err := errors.Join(f.Cluster("hub").Freeze(t.Context()), f.Close()); err != nil {
		t.Fatal(err)
	}
	if err := gone(used, dir); err != nil {
		t.Error(err)
	}
	if left := names(t, dir); left != "bin lock logs" {
		t.Errorf("the folder holds %q", left)
	}
	if err := f.Close(); err != nil {
		t.Errorf("a second Close: %v", err)
	}
}

func TestInterruptedParentLeavesNothing(t *testing.T) {
	dir := borrowPrograms(t)
	child, used := startChild(t, dir)
	// A terminal's Ctrl-C goes to every process of the group.
	if err := syscall.Kill(-child.Process.Pid, syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	if err := child.Wait(); err != nil {
		t.Errorf("the interrupted program: %v", err)
	}
	if err := gone(used, dir); err != nil {
		t.Error(err)
	}
	if left := names(t, dir); left != "bin lock logs" {
		t.Errorf("the folder holds %q", left)
	}
}

func TestWithoutRootNothingIsTried(t *testing.T) {
	dir := borrowPrograms(t)
	// By this name, as the user may not walk to the folder of the test binary.
	child := exec.CommandContext(t.Context(), "/proc/self/exe")
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	output, err := child.CombinedOutput()
	if exit := (*exec.ExitError)(nil); !errors.As(err, &exit) || exit.ExitCode() != 1 {
		t.Errorf("the program ended with %v, not with code 1", err)
	}
	if !strings.HasPrefix(string(output), "root is needed") {
		t.Errorf("the program says %q, not that root is needed", output)
	}
	if left := names(t, dir); left != "bin" {
		t.Errorf("the folder holds %q", left)
	}
}

func TestKilledParentLeavesNothing(t *testing.T) {
	dir := borrowPrograms(t)
	child, used := startChild(t, dir)
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // "signal: killed"
	eventually(t, "everything is gone", func(context.Context) error { return gone(used, dir) })

	// What the next run finds it removes, unless it belongs to a run that lives.
	var log strings.Builder
	run, err := newRunDir(dir, &log)
	if err != nil {
		t.Fatal(err)
	}
	if said := log.String(); strings.Count(said, "\n") != 1 || !strings.Contains(said, "killed run") {
		t.Errorf("of what it removes the next run says %q", said)
	}
	if left := names(t, dir); left != "bin lock logs "+filepath.Base(run.path) {
		t.Errorf("the folder holds %q", left)
	}
	if swept, err := sweep(dir); err != nil || len(swept) != 0 {
		t.Fatal(swept, err)
	}
	if _, err := os.Stat(run.path); err != nil {
		t.Errorf("a sweep removed a living run: %v", err)
	}
	if err := run.remove(); err != nil {
		t.Fatal(err)
	}
}

// startChild runs runChild in a process group of its own until its fleet is up, and returns the
// processes of that fleet.
func startChild(t *testing.T, dir string) (*exec.Cmd, map[process]bool) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childDir+"="+dir)
	child.Stderr = os.Stderr
	child.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	stdout, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	line, readErr := bufio.NewReader(stdout).ReadString('\n')
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil {
		t.Fatal(errors.Join(err, readErr, child.Process.Kill(), child.Wait()))
	}
	return child, descendants(t, pid, 7) // host, two of kube, two of node, two containers
}

// borrowPrograms makes a folder for a fleet of its own with the programs of the shared one.
func borrowPrograms(t *testing.T) string {
	t.Helper()
	built, err := DefaultDir()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.Symlink(filepath.Join(built, "bin"), filepath.Join(dir, "bin")); err != nil {
		t.Fatal(err)
	}
	return dir
}

// process is one process of the machine for all time: its number may be given away again, but not
// together with its start.
type process struct{ pid, started string }

// descendants returns the host of a fleet and every process below it, and expects a number of them.
func descendants(t *testing.T, host, least int) map[process]bool {
	t.Helper()
	all := processes()
	parents := map[string]string{}
	for p, parent := range all {
		parents[p.pid] = parent
	}
	found := map[process]bool{}
	for p := range all {
		for pid, known := p.pid, true; known; pid, known = parents[pid] {
			if pid == strconv.Itoa(host) {
				found[p] = true
			}
		}
	}
	if len(found) < least {
		t.Fatalf("found %d processes of the fleet, want %d at least", len(found), least)
	}
	return found
}

// processes maps the processes of the machine to the numbers of their parents.
func processes() map[process]string {
	found := map[process]string{}
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, file := range files {
		stat, err := os.ReadFile(file)
		if err != nil {
			continue // ended between the two
		}
		// Counted from behind the name, which may hold spaces; see proc_pid_stat(5).
		fields := strings.Fields(string(stat[bytes.LastIndexByte(stat, ')')+1:]))
		found[process{pid: filepath.Base(filepath.Dir(file)), started: fields[19]}] = fields[1]
	}
	return found
}

// gone says whether one of the processes lives or a mount below dir is seen.
func gone(used map[process]bool, dir string) error {
	for p := range processes() {
		if used[p] {
			return fmt.Errorf("process %s is still there", p.pid)
		}
	}
	mounts, err := os.ReadFile("/proc/self/mounts")
	if err == nil && bytes.Contains(mounts, []byte(dir)) {
		err = fmt.Errorf("something is still mounted below %s", dir)
	}
	return err
}

func names(t *testing.T, dir string) string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		found = append(found, entry.Name())
	}
	return strings.Join(found, " ")
}
