package pod

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	probehttp "k8s.io/kubernetes/pkg/probe/http"

	"fairway.dev/fairway/e2e/fleet/node/container"
)

// beforeStop runs a preStop hook, for as long as the grace lasts and the container lives.
func (r *runner) beforeStop(grace context.Context, process *container.Process, hook *corev1.LifecycleHandler) error {
	ctx, cancel := context.WithCancel(grace)
	defer cancel()
	go func() {
		select {
		case <-process.Done():
			cancel()
		case <-ctx.Done():
		}
	}()
	switch {
	case hook.Sleep != nil:
		select {
		case <-time.After(time.Duration(hook.Sleep.Seconds) * time.Second):
		case <-ctx.Done():
		}
		return nil
	case hook.HTTPGet != nil:
		return r.call(ctx, hook.HTTPGet)
	case hook.Exec != nil:
		output, code, err := process.Exec(ctx, hook.Exec.Command)
		if err == nil && code != 0 {
			err = fmt.Errorf("exit code %d: %s", code, output)
		}
		return err
	}
	return errors.New("the hook has no handler")
}

func (r *runner) call(ctx context.Context, get *corev1.HTTPGetAction) error {
	request, err := probehttp.NewRequestForHTTPGetAction(get, r.spec, r.w.address.String(), "lifecycle")
	if err != nil {
		return fmt.Errorf("build the hook's request: %w", err)
	}
	response, err := hookClient.Do(request.WithContext(ctx))
	if err != nil {
		return fmt.Errorf("call the hook: %w", err)
	}
	_, err = io.Copy(io.Discard, response.Body)
	return errors.Join(err, response.Body.Close())
}

// hookClient keeps no connections: a pod's address has another owner one day. Certificates of hooks are not checked: the
// rule of Kubernetes.
var hookClient = &http.Client{Transport: &http.Transport{
	DisableKeepAlives: true,
	TLSClientConfig:   &tls.Config{InsecureSkipVerify: true}, //nolint:gosec // see above
}}

// signal asks a process to end, or ends it.
func (r *runner) signal(process *container.Process, kill bool) {
	signal := syscall.SIGTERM
	if kill {
		signal = syscall.SIGKILL
	}
	if err := process.Signal(signal); err != nil {
		r.w.log.Error("cannot signal a container", "container", r.spec.Name, "err", err)
	}
}
