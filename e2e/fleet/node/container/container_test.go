package container

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func TestMain(m *testing.M) {
	if IsStage() {
		Stage()
	}
	// In a container, this program tells what it sees.
	if len(os.Args) > 1 && os.Args[1] == "look" {
		look()
		return
	}
	os.Exit(m.Run())
}

func look() {
	host, err := os.Hostname()
	fmt.Println("host", host, err)
	fmt.Println("pid", os.Getpid(), "uid", os.Getuid(), "gid", os.Getgid())
	groups, err := os.Getgroups()
	fmt.Println("groups", groups, err)
	fmt.Println("env", os.Environ())
	for _, path := range []string{"/writable", "/data/writable", "/ro/writable", "/tmp/writable"} {
		fmt.Println("write", path, os.WriteFile(path, []byte("x"), 0o600) == nil)
	}
	entries, err := os.ReadDir("/")
	fmt.Println("root", entries, err)
	status, err := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "Cap") || strings.HasPrefix(line, "NoNewPrivs") {
			fmt.Print(line)
		}
	}
	fmt.Println("status", err)
	if len(os.Args) > 2 {
		<-time.After(time.Hour) // until it is killed
	}
}

func spec(t *testing.T, words ...string) Spec {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	data, ro := t.TempDir(), t.TempDir()
	if err := os.Chmod(data, 0o777); err != nil {
		t.Fatal(err)
	}
	return Spec{
		Root: t.TempDir(), Hostname: "box", Binary: self, Entrypoint: "/look",
		Command: append([]string{"/look", "look"}, words...), Env: []string{"PATH=/usr/local/bin", "A=b"},
		Mounts:       []Mount{{Source: data, Target: "/data"}, {Source: ro, Target: "/ro", ReadOnly: true}},
		ReadOnlyRoot: true, UID: 65532, GID: 65531, Groups: []int{7}, NoNewPrivileges: true,
		Capabilities: 1 << unix.CAP_NET_BIND_SERVICE,
	}
}

func await(t *testing.T, p *Process) Exit {
	t.Helper()
	select {
	case <-p.Done():
	case <-time.After(20 * time.Second):
		t.Fatal("the container does not end")
	}
	return p.Exit()
}

func TestContainerSeesOnlyItsOwn(t *testing.T) {
	s := spec(t)
	var out bytes.Buffer
	p, err := Start(s, nil, &out, &out)
	if err != nil {
		t.Fatal(err)
	}
	if exit := await(t, p); exit.Code != 0 {
		t.Errorf("exit code %d", exit.Code)
	}
	for _, want := range []string{
		"host box <nil>", "pid 1 uid 65532 gid 65531", "groups [7] <nil>", "env [PATH=/usr/local/bin A=b]",
		"write /writable false", "write /data/writable true", "write /ro/writable false", "write /tmp/writable false",
		"CapEff:\t0000000000000000", "CapBnd:\t0000000000000400", "NoNewPrivs:\t1",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q", want)
		}
	}
	if strings.Contains(out.String(), "d home") || strings.Contains(out.String(), "d root") {
		t.Error("the container sees this machine's root directory")
	}
	if t.Failed() {
		t.Log(out.String())
	}
	if left, err := os.ReadDir(s.Root); err != nil || len(left) > 0 {
		t.Errorf("the container left %v (%v)", left, err)
	}
	if mounts, err := os.ReadFile("/proc/self/mounts"); err != nil || strings.Contains(string(mounts), s.Root) {
		t.Errorf("a mount leaked (%v)", err)
	}
}

func TestRootHasTheBoundingSet(t *testing.T) {
	s := spec(t)
	s.UID, s.GID, s.Groups, s.ReadOnlyRoot, s.NoNewPrivileges = 0, 0, nil, false, false
	s.Command[0] = "look" // found through PATH
	var out bytes.Buffer
	p, err := Start(s, nil, &out, &out)
	if err != nil {
		t.Fatal(err)
	}
	await(t, p)
	for _, want := range []string{"uid 0", "CapEff:\t0000000000000400", "NoNewPrivs:\t0", "write /writable true", "write /tmp/writable true"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("output lacks %q:\n%s", want, out.String())
		}
	}
}

func TestSignalAndExec(t *testing.T) {
	s := spec(t, "stay")
	started := make(chan struct{}, 1)
	p, err := Start(s, nil, writer(func(b []byte) {
		if bytes.Contains(b, []byte("status")) {
			started <- struct{}{}
		}
	}), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	<-started
	output, code, err := p.Exec(t.Context(), []string{"look", "look"})
	if err != nil || code != 0 {
		t.Fatalf("exec: code %d, %v, %s", code, err, output)
	}
	for _, want := range []string{"host box", "uid 65532 gid 65531", "groups [7]", "write /data/writable true", "write /writable false"} {
		if !strings.Contains(string(output), want) {
			t.Errorf("exec saw not %q:\n%s", want, output)
		}
	}
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if exit := await(t, p); exit.Code != 137 || exit.Signal != syscall.SIGKILL {
		t.Errorf("killed container ended with %+v", exit)
	}
	if err := p.Signal(syscall.SIGTERM); err != nil {
		t.Errorf("signal to an ended container: %v", err)
	}
}

func TestStartSaysWhatIsWrong(t *testing.T) {
	s := spec(t)
	s.Command = []string{"/absent"}
	if _, err := Start(s, nil, os.Stdout, os.Stderr); err == nil || !strings.Contains(err.Error(), "/absent") {
		t.Errorf("start of an absent program: %v", err)
	}
	s = spec(t)
	s.Mounts = []Mount{{Source: filepath.Join(t.TempDir(), "absent"), Target: "/data"}}
	if _, err := Start(s, nil, os.Stdout, os.Stderr); err == nil || !strings.Contains(err.Error(), "mount /data") {
		t.Errorf("start with an absent source: %v", err)
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}
