package server

import (
	"crypto/tls"

	"fairway.dev/fairway/providers/local/proxy/request"
)

// tlsConfig is how connections to a port begin. Which listener a client means
// and what proves its name is looked up in every handshake, so that changes
// count at once and cost no connection.
//
// Versions, suites and curves beyond the minimum are the standard library's
// defaults, which follow the state of the art.
func (c *core) tlsConfig(port uint16) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2", "http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			l := c.table.Listener(port, request.Host(hello.ServerName))
			if l == nil {
				return nil, nil // which the client hears as an unrecognized name
			}
			return c.certificates.Choose(l.Certificates, hello), nil
		},
	}
}
