package member

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
)

// endOfCredentials is when a client certificate or a token ends that says so
// itself, as those of service accounts do; zero otherwise.
func endOfCredentials(config *rest.Config) time.Time {
	if block, _ := pem.Decode(config.CertData); block != nil {
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			return certificate.NotAfter
		}
	}
	if claims := claimsOf(config.BearerToken); claims.Ends != 0 {
		return time.Unix(claims.Ends, 0)
	}
	return time.Time{}
}

// claims are what a token says of itself, unproved: zero where it says
// nothing, or is no JSON Web Token.
type claims struct {
	Subject string `json:"sub"`
	Issued  int64  `json:"iat"`
	Ends    int64  `json:"exp"`
}

func claimsOf(token string) claims {
	_, body, _ := strings.Cut(token, ".")
	encoded, _, _ := strings.Cut(body, ".")
	var c claims
	raw, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || json.Unmarshal(raw, &c) != nil {
		return claims{}
	}
	return c
}

// credentialsEnded says that the credentials have ended, when that is why the
// member refuses them; empty otherwise.
func (c *connection) credentialsEnded(err error) string {
	if !apierrors.IsUnauthorized(err) || c.credentialsEnd.IsZero() || time.Now().Before(c.credentialsEnd) {
		return ""
	}
	return fmt.Sprintf("the kubeconfig's credentials ended at %s: renew them in the Secret (fairwayctl clusters join does that)", c.credentialsEnd.UTC().Format(time.RFC3339))
}
