package main

import (
	"fmt"
	"io"
	"strings"
)

// selfSigned makes a certificate for a host name that has signed itself, and its key.
const selfSigned = `openssl req -x509 -newkey rsa:2048 -nodes -days 7 -subj /CN=%[1]s -addext subjectAltName=DNS:%[1]s -keyout build/store.key -out build/store.crt`

// guide prints how to look at the demo and what to try.
func (s *scene) guide(to io.Writer) {
	var text strings.Builder
	text.WriteString("\n(These lead to the address in the Gateway's status, which exists inside the clusters' network only.\nListeners that you add are told here.)\n")
	var names, files []string
	for _, cluster := range s.stack.Clusters() {
		names, files = append(names, cluster.Name()), append(files, cluster.KubeconfigFile())
	}
	fmt.Fprintf(&text, "\nFor another terminal, in the repository's folder; the contexts are %s:\n\n", strings.Join(names, ", "))
	fmt.Fprintf(&text, "  export KUBECONFIG=%s\n  alias fairwayctl=%s\n", strings.Join(files, ":"), s.stack.Ctl())
	text.WriteString("\nTry, after pasting these:\n\n")
	try := func(what string, commands ...string) {
		fmt.Fprintf(&text, "  # %s\n  %s\n", what, strings.Join(commands, "\n  "))
	}
	kubectl := func(format string, args ...any) string {
		return fmt.Sprintf("kubectl -n %s ", example.Namespace) + fmt.Sprintf(format, args...)
	}
	first, second := s.stack.Members[0].Name(), s.stack.Members[1].Name()
	try("see the Gateway, its route, and the endpoints of each member", "fairwayctl status")
	try("see the members", "fairwayctl clusters list")
	try("what files would change, here nothing; edit one", "fairwayctl plan -f examples")
	try("new pods answer within moments", kubectl("--context %s scale deployment echo --replicas=5", first))
	try("pods of "+first+" take over", kubectl("--context %s scale deployment echo --replicas=0", second))
	try("change the weights of the first rule", kubectl("edit httproute %s", s.route.Name))
	try("the pods that carry the traffic", kubectl("get pods,services"))
	try("serve HTTPS, too; the lines for curl come here", fmt.Sprintf(selfSigned, s.host()),
		kubectl("create secret tls store --cert build/store.crt --key build/store.key"),
		kubectl(`patch gateway %s --type json -p '[{"op": "add", "path": "/spec/listeners/-", "value": `+
			`{"name": "https", "protocol": "HTTPS", "port": 443, "tls": {"certificateRefs": [{"name": "store"}]}}}]'`, example.Name))
	for _, spare := range s.stack.Spare {
		try("make "+spare.Name()+" a member, with pods of its own",
			fmt.Sprintf("fairwayctl clusters join %s --server %s", spare.Name(), spare.Server()),
			fmt.Sprintf("kubectl --context %s apply -f examples/members", spare.Name()))
	}
	text.WriteString("\nCtrl-C ends the demo and removes everything.\n")
	_, _ = io.WriteString(to, text.String()) // nobody to tell
}
