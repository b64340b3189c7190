// Package probe asks containers how they are, as the kubelet does: over HTTP, TCP, gRPC or with a command.
package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strconv"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/kubernetes/pkg/probe"
	probegrpc "k8s.io/kubernetes/pkg/probe/grpc"
	probehttp "k8s.io/kubernetes/pkg/probe/http"
	probetcp "k8s.io/kubernetes/pkg/probe/tcp"
	"k8s.io/utils/ptr"
)

// Target is the container that is asked.
type Target struct {
	// Address is the pod's IP address.
	Address string
	// Container resolves named ports.
	Container *corev1.Container
	// Exec runs a command in the container.
	Exec func(ctx context.Context, command []string) (output []byte, code int, err error)
}

var (
	// The certificate of a probed server is not checked: the rule of Kubernetes.
	httpProber = probehttp.NewWithTLSConfig(&tls.Config{InsecureSkipVerify: true}, false) //nolint:gosec // see above
	tcpProber  = probetcp.New()
	grpcProber = probegrpc.New()
)

// Once asks once, within the probe's time limit. Healthy means success; the message says what was seen otherwise.
func (t *Target) Once(ctx context.Context, p *corev1.Probe) (healthy bool, message string) {
	result, message, err := t.ask(ctx, p, time.Duration(max(p.TimeoutSeconds, 1))*time.Second)
	if err != nil {
		return false, err.Error()
	}
	return result == probe.Success || result == probe.Warning, message
}

func (t *Target) ask(ctx context.Context, p *corev1.Probe, timeout time.Duration) (probe.Result, string, error) {
	switch {
	case p.HTTPGet != nil:
		request, err := probehttp.NewRequestForHTTPGetAction(p.HTTPGet, t.Container, t.Address, "probe")
		if err != nil {
			return probe.Unknown, "", fmt.Errorf("build the probe's request: %w", err)
		}
		return httpProber.Probe(request, timeout)
	case p.TCPSocket != nil:
		port, err := probe.ResolveContainerPort(p.TCPSocket.Port, t.Container)
		if err != nil {
			return probe.Unknown, "", fmt.Errorf("find the probe's port: %w", err)
		}
		host := t.Address
		if p.TCPSocket.Host != "" {
			host = p.TCPSocket.Host
		}
		return tcpProber.Probe(host, port, timeout)
	case p.GRPC != nil:
		options := probegrpc.ProbeOptions{UseTLS: ptr.Deref(p.GRPC.Mode, "") == corev1.GRPCProbeModeTLS}
		return grpcProber.Probe(t.Address, ptr.Deref(p.GRPC.Service, ""), int(p.GRPC.Port), timeout, options)
	case p.Exec != nil:
		ctx, cancel := context.WithTimeout(ctx, timeout)
		defer cancel()
		output, code, err := t.Exec(ctx, p.Exec.Command)
		if err != nil {
			return probe.Failure, "", err
		}
		if code != 0 {
			return probe.Failure, "exit code " + strconv.Itoa(code) + ": " + string(output), nil
		}
		return probe.Success, string(output), nil
	}
	return probe.Unknown, "", errors.New("the probe has no handler")
}
