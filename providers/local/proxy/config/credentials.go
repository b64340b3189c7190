package config

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"google.golang.org/grpc/credentials"

	"fairway.dev/fairway/providers/local/wire"
)

// credentialsFrom is mutual TLS by the files of an identity's folder. They
// are read in every handshake: a rotation counts for the next connection and
// leaves the present one alone.
func credentialsFrom(folder string) credentials.TransportCredentials {
	return credentials.NewTLS(&tls.Config{
		MinVersion: tls.VersionTLS13,
		ServerName: wire.HubServerName,
		GetClientCertificate: func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
			cert, err := tls.LoadX509KeyPair(filepath.Join(folder, wire.CertFile), filepath.Join(folder, wire.KeyFile))
			if err != nil {
				return nil, fmt.Errorf("own certificate: %w", err)
			}
			return &cert, nil
		},
		// The library would verify against authorities that are fixed once.
		// VerifyConnection does all of it, against those of the moment.
		InsecureSkipVerify: true,
		VerifyConnection: func(state tls.ConnectionState) error {
			return verifyHub(state, filepath.Join(folder, wire.CAFile))
		},
	})
}

// verifyHub checks that the other side is the hub, by its certificate.
func verifyHub(state tls.ConnectionState, caFile string) error {
	pem, err := os.ReadFile(caFile)
	if err != nil {
		return fmt.Errorf("certificate authority: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return fmt.Errorf("certificate authority: %s holds no certificate", caFile)
	}
	if len(state.PeerCertificates) == 0 {
		return errors.New("the hub showed no certificate")
	}
	intermediates := x509.NewCertPool()
	for _, c := range state.PeerCertificates[1:] {
		intermediates.AddCert(c)
	}
	_, err = state.PeerCertificates[0].Verify(x509.VerifyOptions{
		DNSName:       wire.HubServerName,
		Roots:         roots,
		Intermediates: intermediates,
		KeyUsages:     []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	})
	if err != nil {
		return fmt.Errorf("the hub's certificate: %w", err)
	}
	return nil
}
