package conformance

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"testing"

	"fairway.dev/fairway/e2e/fleet"
	"fairway.dev/fairway/e2e/install"
)

// kubeconfigVariable names, in a process that runs inside the fleet's network, the kubeconfig of the
// hub. The suite dials addresses itself, so all of it has to run there.
const kubeconfigVariable = "FAIRWAY_CONFORMANCE_KUBECONFIG"

// className is the class that is judged.
const className = "fairway"

const classManifest = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: ` + className + `}
spec: {controllerName: fairway.dev/local}
`

func TestMain(m *testing.M) {
	if os.Getenv(kubeconfigVariable) != "" {
		os.Exit(m.Run())
	}
	flag.Parse()
	if err := runInside(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// runInside starts a hub alone and runs this program again inside its network.
func runInside() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	stack, err := install.Up(ctx, install.Options{
		Name: "conformance", Alone: true, Channel: fleet.Experimental, Log: install.Elapsed(os.Stderr),
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, stack.Close()) }()
	if _, err := stack.Hub.Apply(ctx, []byte(classManifest)); err != nil {
		return err
	}
	kubeconfig := filepath.Join(filepath.Dir(stack.Hub.KubeconfigFile()), "inside.kubeconfig")
	if err := os.WriteFile(kubeconfig, stack.Hub.InsideKubeconfig(), 0o600); err != nil {
		return fmt.Errorf("write a kubeconfig: %w", err)
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	again := exec.CommandContext(ctx, program, os.Args[1:]...)
	again.Env = append(os.Environ(), kubeconfigVariable+"="+kubeconfig)
	again.Stdout, again.Stderr = os.Stdout, os.Stderr
	if err := stack.Fleet.Inside(again.Start); err != nil {
		return fmt.Errorf("start the suite inside the fleet: %w", err)
	}
	if err := again.Wait(); err != nil {
		return fmt.Errorf("the suite: %w\n%s", err, stack.Explain(context.Background(), ""))
	}
	return nil
}
