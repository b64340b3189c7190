package fleet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"

	"fairway.dev/fairway/e2e/fleet/internal/plan"
)

// shared is the fleet that most tests use: two clusters, hub and east.
var shared *Fleet

func TestMain(m *testing.M) {
	if os.Getenv(childDir) != "" {
		runChild()
		return
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	ctx := context.Background()
	dir, err := DefaultDir()
	if err == nil {
		err = Check()
	}
	if err == nil {
		err = Build(ctx, dir, os.Stderr, Echo)
	}
	if err == nil {
		shared, err = Start(ctx, Config{Clusters: []string{"hub", "east"}, Dir: dir, Images: EchoImages(dir)})
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	code := m.Run()
	if err := shared.Close(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

func client(t *testing.T, config *rest.Config) *kubernetes.Clientset {
	t.Helper()
	c, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// eventually fails the test unless the condition holds within a minute.
func eventually(t *testing.T, what string, condition func(context.Context) error) {
	t.Helper()
	var last error
	err := wait.PollUntilContextTimeout(t.Context(), 20*time.Millisecond, time.Minute, true, func(ctx context.Context) (bool, error) {
		last = condition(ctx)
		return last == nil, nil
	})
	if err != nil {
		t.Fatalf("%s: %v", what, errors.Join(err, last))
	}
}

func TestAPIServersAnswerFromOutside(t *testing.T) {
	for _, name := range []string{"hub", "east"} {
		c := shared.Cluster(name)
		config, err := clientcmd.BuildConfigFromFlags("", c.KubeconfigFile())
		if err != nil {
			t.Fatal(err)
		}
		version, err := client(t, config).ServerVersion()
		if err != nil {
			t.Fatal(err)
		}
		if version.GitVersion != "v"+kubernetesVersion {
			t.Errorf("%s says version %q, want v%s", name, version.GitVersion, kubernetesVersion)
		}
	}
}

func TestAPIServersAnswerInsideOnTheSamePort(t *testing.T) {
	config := shared.Cluster("east").RESTConfig()
	config.Dial = shared.DialContext
	if _, err := client(t, config).ServerVersion(); err != nil {
		t.Error(err)
	}
	config, err := clientcmd.RESTConfigFromKubeConfig(shared.Cluster("east").InsideKubeconfig())
	if err != nil {
		t.Fatal(err)
	}
	config.Dial = shared.DialContext
	if _, err := client(t, config).ServerVersion(); err != nil {
		t.Error(err)
	}
}

func TestKilledClusterKeepsItsObjects(t *testing.T) {
	ctx, east := t.Context(), shared.Cluster("east")
	maps := client(t, east.RESTConfig()).CoreV1().ConfigMaps("default")
	kept, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{GenerateName: "kept-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := east.Kill(ctx); err != nil {
		t.Fatal(err)
	}
	if conn, err := shared.DialContext(ctx, "tcp", strings.TrimPrefix(east.Server(), "https://")); err == nil {
		t.Errorf("the killed API server accepted %v", errors.Join(errors.New("a connection"), conn.Close()))
	}
	if _, err := client(t, shared.Cluster("hub").RESTConfig()).ServerVersion(); err != nil {
		t.Errorf("hub, while east is dead: %v", err)
	}
	if err := east.Restart(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := maps.Get(ctx, kept.Name, metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
	if err := east.Restart(ctx); err != nil {
		t.Fatalf("restart of a running cluster: %v", err)
	}
	if _, err := maps.Get(ctx, kept.Name, metav1.GetOptions{}); err != nil {
		t.Error(err)
	}
}

func TestFrozenClusterGivesNoAnswer(t *testing.T) {
	ctx, east := t.Context(), shared.Cluster("east")
	if err := errors.Join(east.Freeze(ctx), east.Freeze(ctx)); err != nil {
		t.Fatal(err)
	}
	nodes := client(t, east.RESTConfig()).CoreV1().Nodes()
	short, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	if _, err := nodes.List(short, metav1.ListOptions{}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the frozen API server answered: %v", err)
	}
	if _, err := client(t, shared.Cluster("hub").RESTConfig()).ServerVersion(); err != nil {
		t.Errorf("hub, while east is frozen: %v", err)
	}
	if err := east.Thaw(ctx); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the thawed API server answers", func(ctx context.Context) error {
		_, err := nodes.List(ctx, metav1.ListOptions{})
		return err
	})
}

func TestFrozenClusterCanBeRestarted(t *testing.T) {
	ctx, east := t.Context(), shared.Cluster("east")
	if err := errors.Join(east.Freeze(ctx), east.Restart(ctx)); err != nil {
		t.Fatal(err)
	}
	if _, err := client(t, east.RESTConfig()).ServerVersion(); err != nil {
		t.Error(err)
	}
}

func TestForwardReachesInside(t *testing.T) {
	var listener net.Listener
	err := shared.Inside(func() (err error) {
		listener, err = net.Listen("tcp", net.JoinHostPort(plan.FleetAddress.String(), "0"))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "inside")
	})}
	go server.Serve(listener) //nolint:errcheck // ends with Close
	t.Cleanup(func() { _ = server.Close() })

	address, err := shared.Forward(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(address, "127.0.0.1:") {
		t.Errorf("forwarded at %q, want a loopback address", address)
	}
	if again, err := shared.Forward(listener.Addr().String()); err != nil || again != address {
		t.Errorf("a second Forward gave %q, %v; want %q", again, err, address)
	}
	if body, err := get(http.DefaultClient, "http://"+address); err != nil || body != "inside" {
		t.Errorf("got %q, %v", body, err)
	}
}

func TestForwardRefusesWhatIsNoAddress(t *testing.T) {
	if _, err := shared.Forward("localhost:80"); err == nil {
		t.Error("a host name was accepted")
	}
}

func TestConfigIsChecked(t *testing.T) {
	for name, clusters := range map[string][]string{
		"none":  nil,
		"twice": {"hub", "hub"},
		"label": {"Hub_1"},
		"many":  strings.Split(strings.Repeat("x ", plan.MaxClusters)+"x", " "),
	} {
		if f, err := Start(t.Context(), Config{Clusters: clusters, Dir: t.TempDir()}); err == nil {
			t.Errorf("%s: the fleet started (%v)", name, f.Close())
		}
	}
}

// get returns the body of a successful answer.
func get(client *http.Client, url string) (string, error) {
	response, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer response.Body.Close() //nolint:errcheck // read to the end below
	body, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode != http.StatusOK {
		err = fmt.Errorf("status %s: %s", response.Status, body)
	}
	return string(body), err
}
