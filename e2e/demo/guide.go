package main

import (
	"fmt"
	"io"
	"strings"
)

// guide prints how to look at the demo and what to try.
func (s *scene) guide(to io.Writer) {
	var text strings.Builder
	fmt.Fprintf(&text, "The Gateway is at http://%s (paste these):\n\n", s.outside)
	for _, path := range s.paths() {
		fmt.Fprintf(&text, "  curl -H 'Host: %s' http://%s%s\n", s.host(), s.outside, path)
	}
	fmt.Fprintf(&text, "\n(That leads to the address in the Gateway's status, which exists inside the clusters' network only.)\n")
	text.WriteString("\nThe clusters' kubeconfigs, for kubectl in another terminal:\n\n")
	for _, cluster := range s.stack.Clusters() {
		fmt.Fprintf(&text, "  %s=%s\n", cluster.Name(), cluster.KubeconfigFile())
	}
	first, second := s.stack.Members[0].Name(), s.stack.Members[1].Name()
	try := func(what, cluster, command string) {
		fmt.Fprintf(&text, "  # %s\n  kubectl --kubeconfig $%s --namespace %s %s\n", what, cluster, example.Namespace, command)
	}
	text.WriteString("\nTry, after pasting the lines above:\n\n")
	ctl := func(what, command string) {
		fmt.Fprintf(&text, "  # %s\n  %s --kubeconfig $%s %s\n", what, s.stack.Ctl(), s.stack.Hub.Name(), command)
	}
	ctl("see the Gateway, its route, and the endpoints of each member", "status")
	ctl("see the members", "clusters list")
	ctl("what files would change, here nothing; edit one", "plan -f examples")
	try("new pods answer within moments", first, "scale deployment echo --replicas=5")
	try("pods of "+first+" take over", second, "scale deployment echo --replicas=0")
	try("change the weights of the first rule", s.stack.Hub.Name(), "edit httproute "+s.route.Name)
	try("the pods that carry the traffic", s.stack.Hub.Name(), "get pods,services")
	text.WriteString("\nCtrl-C ends the demo and removes everything.\n")
	_, _ = io.WriteString(to, text.String()) // nobody to tell
}
