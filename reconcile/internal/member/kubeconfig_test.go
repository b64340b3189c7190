package member

import (
	"strings"
	"testing"
)

func kubeconfig(server, cluster, user string) []byte {
	return []byte(`apiVersion: v1
kind: Config
current-context: c
contexts: [{name: c, context: {cluster: c, user: u}}]
clusters: [{name: c, cluster: {server: "` + server + `"` + cluster + `}}]
users: [{name: u, user: {` + user + `}}]
`)
}

func TestParseKubeconfig(t *testing.T) {
	for name, test := range map[string]struct {
		text []byte
		want string
	}{
		"good":                  {kubeconfig("https://east.example:6443", "", "token: t"), ""},
		"not YAML":              {[]byte("{"), "it does not parse: "},
		"empty":                 {[]byte("{}"), "current-context is not set: name one of contexts[] there"},
		"no context":            {[]byte("current-context: x"), `contexts[]: there is no context "x", which current-context names: add it, or name another`},
		"no cluster":            {[]byte("{current-context: x, contexts: [{name: x, context: {cluster: c}}]}"), `clusters[]: there is no cluster "c", which the context names: add it`},
		"no server":             {kubeconfig("", "", "token: t"), "server is no https URL"},
		"no TLS":                {kubeconfig("http://e", "", "token: t"), "server is no https URL"},
		"password in the URL":   {kubeconfig("https://admin:secret@e", "", "token: t"), "server has a user or a password in its URL"},
		"password of a proxy":   {kubeconfig("https://e", `, proxy-url: "https://user:secret@proxy"`, "token: t"), "proxy-url has a user or a password"},
		"malformed proxy":       {kubeconfig("https://e", `, proxy-url: "user:secret@proxy:3128"`, "token: t"), "proxy-url is not an http, https or socks5 URL"},
		"exec":                  {kubeconfig("https://e", "", "exec: {command: aws, apiVersion: client.authentication.k8s.io/v1, interactiveMode: Never}"), "exec runs a program"},
		"auth-provider":         {kubeconfig("https://e", "", "auth-provider: {name: gcp}"), "auth-provider is not supported"},
		"token file":            {kubeconfig("https://e", "", "tokenFile: /etc/passwd"), "tokenFile names a file"},
		"certificate authority": {kubeconfig("https://e", ", certificate-authority: /etc/passwd", "token: t"), "certificate-authority names a file"},
		"client certificate":    {kubeconfig("https://e", "", "client-certificate: /etc/passwd"), "client-certificate names a file"},
		"client key":            {kubeconfig("https://e", "", "client-key: /etc/passwd"), "client-key names a file"},
	} {
		t.Run(name, func(t *testing.T) {
			config, err := parseKubeconfig(test.text)
			switch {
			case test.want == "" && err != nil:
				t.Error(err)
			case test.want == "" && config.Host != "https://east.example:6443":
				t.Errorf("host is %s", config.Host)
			case test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)):
				t.Errorf("error is %v, want %q", err, test.want)
			}
		})
	}
}
