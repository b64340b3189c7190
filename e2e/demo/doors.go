package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"

	"fairway.dev/fairway/e2e/install"
)

// door is a listener that carries traffic, and how it is reached from this machine.
type door struct {
	listener gatewayv1.SectionName
	// outside is the loopback address that leads to the listener.
	outside string
	// authority is the file with the certificates to believe, of a listener for HTTPS.
	authority string
	// host is the name to ask for.
	host string
}

// curl is the command that asks for a path.
func (d door) curl(path string) string {
	if d.authority == "" {
		return fmt.Sprintf("curl -H 'Host: %s' http://%s%s", d.host, d.outside, path)
	}
	return fmt.Sprintf("curl --cacert %s --connect-to ::%s https://%s%s", d.authority, d.outside, d.host, path)
}

// doors are the programmed listeners of a Gateway for HTTP and HTTPS.
func (s *scene) doors(ctx context.Context, gateway *gatewayv1.Gateway) ([]door, error) {
	programmed := map[gatewayv1.SectionName]bool{}
	for _, l := range gateway.Status.Listeners {
		programmed[l.Name] = meta.IsStatusConditionTrue(l.Conditions, string(gatewayv1.ListenerConditionProgrammed))
	}
	var found []door
	for i, l := range gateway.Spec.Listeners {
		secure := l.Protocol == gatewayv1.HTTPSProtocolType
		if !programmed[l.Name] || len(gateway.Status.Addresses) == 0 || !secure && l.Protocol != gatewayv1.HTTPProtocolType {
			continue
		}
		d := door{listener: l.Name, host: s.host()}
		if l.Hostname != nil && !strings.HasPrefix(string(*l.Hostname), "*") {
			d.host = string(*l.Hostname)
		}
		var err error
		if secure {
			if d.authority, err = s.certificates(ctx, gateway.Namespace, l); err != nil {
				return nil, err
			}
		}
		if d.outside, err = s.stack.Fleet.Forward(install.Address(gateway, i)); err != nil {
			return nil, err
		}
		found = append(found, d)
	}
	return found, nil
}

// certificates writes a listener's certificates to a file and returns its path: curl believes just
// these, whoever signed them.
func (s *scene) certificates(ctx context.Context, namespace string, l gatewayv1.Listener) (string, error) {
	if l.TLS == nil || len(l.TLS.CertificateRefs) == 0 {
		return "", errors.New("the listener names no certificate")
	}
	ref := l.TLS.CertificateRefs[0]
	if ref.Namespace != nil {
		namespace = string(*ref.Namespace)
	}
	secret := &corev1.Secret{}
	if err := s.stack.Hub.Client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: string(ref.Name)}, secret); err != nil {
		return "", fmt.Errorf("read the certificate of listener %s: %w", l.Name, err)
	}
	path := filepath.Join(filepath.Dir(s.stack.Hub.KubeconfigFile()), string(l.Name)+".crt")
	if err := os.WriteFile(path, secret.Data[corev1.TLSCertKey], 0o644); err != nil {
		return "", fmt.Errorf("write the certificate of listener %s: %w", l.Name, err)
	}
	return path, nil
}

// tell prints how to ask at doors that were not told of before.
func (s *scene) tell(to io.Writer, doors []door) {
	told := map[gatewayv1.SectionName]door{}
	for _, d := range doors {
		if told[d.listener] = d; s.told[d.listener] == d {
			continue
		}
		_, _ = fmt.Fprintf(to, "\nListener %s of the Gateway is at %s (paste these):\n\n", d.listener, d.outside) // nobody to tell
		for _, path := range s.paths() {
			_, _ = fmt.Fprintf(to, "  %s\n", d.curl(path)) // as above
		}
	}
	s.told = told
}
