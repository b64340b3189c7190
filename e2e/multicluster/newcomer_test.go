package multicluster

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/e2e/install"
)

// newcomer is a cluster that is no member when the tests begin.
const newcomer = "north"

// The pool of the newcomer's test before it is a member, and while it is.
const (
	without = "east 1 of 1"
	with    = "east 1 of 1, north 2 of 2"
)

// TestNewcomer is the life of a member as its operator sees it at the command line. Joins that cannot
// work say why. One that can brings pods. A broken kubeconfig is told of and mended. In the end the
// member is taken out. Requests go on all the while, and none fails.
func TestNewcomer(t *testing.T) {
	r := newRoom(t)
	east, north := stack.Member("east"), stack.Spare[0]
	r.leaves(north)
	r.serve("echo", east)
	r.create(stack.Hub, gateway("web", "fairway"), route("shop", "web", "shop.example", backend("echo", 1)))
	web := r.site(r.programmed("web"), 0)
	web.servedBy("shop.example", "/", "echo", east)
	load := web.load("shop.example", "/")
	r.tells(0, []string{without}, "status", r.name+"/web")

	r.joinsInVain(north)
	r.tells(3, []string{"Member north is NOT well"}, "status", r.name+"/web")
	r.joins(north)
	r.tells(0, []string{north.Name()}, "clusters", "list")
	r.create(north, deployment("echo", north.Name(), 2), service("echo"), export("echo"))
	r.tells(0, []string{with}, "status", r.name+"/web")
	web.servedBy("shop.example", "/", "echo", east, north)

	r.breaks(north, r.rubbishToken, "credentials", "clusters join")
	// Now the hub has nothing of north but what it kept.
	r.killHub()
	r.tells(3, []string{with, "Member north is NOT well", "credentials"}, "status", r.name+"/web")
	web.servedBy("shop.example", "/", "echo", east, north)
	r.mends(north)
	r.breaks(north, func([]byte) []byte { return []byte("clusters: [") }, "kubeconfig", "yaml", "clusters join")
	web.servedBy("shop.example", "/", "echo", east, north)
	r.mends(north)
	r.scale(north, "echo", 1) // is seen over the new connection
	web.servedBy("shop.example", "/", "echo", east, north)

	said, code := r.ctl("clusters", "remove", north.Name(), "--yes", "--member-kubeconfig", north.KubeconfigFile(), "--member-context", north.Name())
	if code != 0 {
		r.fatal(fmt.Errorf("clusters remove: exit code %d: %s", code, said))
	}
	// It has waited for all of that.
	if said, code := r.ctl("status", r.name+"/web"); code != 0 || !strings.Contains(said, without) || strings.Contains(said, north.Name()) {
		t.Errorf("without north, status: exit code %d: %s", code, said)
	}
	if said, code := r.ctl("clusters", "list"); code != 0 || strings.Contains(said, north.Name()) {
		t.Errorf("without north, clusters list: exit code %d: %s", code, said)
	}
	r.stored("echo", north)
	web.servedBy("shop.example", "/", "echo", east)
	load.end()
}

// joinsInVain joins a member by addresses where it is not, and by a name that it does not prove.
func (r *room) joinsInVain(member *install.Cluster) {
	r.t.Helper()
	at, err := url.Parse(member.Server())
	if err != nil {
		r.t.Fatal(err)
	}
	nothing := net.JoinHostPort(at.Hostname(), "1")
	r.joinFails(member, []string{nothing, "refused"}, "--server", "https://"+nothing)
	r.joinFails(member, []string{"nowhere.invalid"}, "--server", "https://nowhere.invalid:6443")
	// This one answers, with a certificate of its own authority.
	other := stack.Member("west").Server()
	r.joinFails(member, []string{other, "certificate"}, "--server", other)
	r.joinFails(member, []string{"certificate", "other.example"}, "--server", member.Server(), "--tls-server-name", "other.example")
}

// joinFails joins a member until fairwayctl says all of the words: the hub may need longer than one
// short wait to find out. The exit code has to be 1 each time.
func (r *room) joinFails(member *install.Cluster, words []string, flags ...string) {
	r.t.Helper()
	args := slices.Concat([]string{"clusters", "join", member.Name(), "--member-kubeconfig", member.KubeconfigFile(), "--timeout", "1s"}, flags)
	r.eventually(fmt.Sprintf("joining with %v tells %v", flags, words), func(context.Context) error {
		said, code := r.ctl(args...)
		if code != 1 {
			r.fatal(fmt.Errorf("joining with %v: exit code %d: %s", flags, code, said))
		}
		if !containsAll(said, words) {
			return fmt.Errorf("it says %s", said)
		}
		return nil
	})
}

// joins joins a member by its right address.
func (r *room) joins(member *install.Cluster) {
	r.t.Helper()
	if err := stack.Join(r.t.Context(), member); err != nil {
		r.fatal(err)
	}
}

// breaks changes the newcomer's kubeconfig in its Secret, and waits until people are told that it is not
// well, with all of the words, while its endpoints stay.
func (r *room) breaks(member *install.Cluster, change func([]byte) []byte, words ...string) {
	r.t.Helper()
	secret := memberSecret(member)
	r.update(stack.Hub, secret, func(client.Object) { secret.Data["kubeconfig"] = change(secret.Data["kubeconfig"]) })
	r.tells(3, append([]string{with, "Member north is NOT well"}, words...), "status", r.name+"/web")
	r.tells(3, words, "clusters", "list")
}

// mends joins the newcomer again, and waits until people are told that all is well.
func (r *room) mends(member *install.Cluster) {
	r.t.Helper()
	r.joins(member)
	r.tells(0, []string{with}, "status", r.name+"/web")
}

// rubbishToken gives a kubeconfig's users a token that nobody takes.
func (r *room) rubbishToken(kubeconfig []byte) []byte {
	r.t.Helper()
	config, err := clientcmd.Load(kubeconfig)
	if err != nil {
		r.t.Fatal(err)
	}
	for _, user := range config.AuthInfos {
		user.Token = "rubbish"
	}
	broken, err := clientcmd.Write(*config)
	if err != nil {
		r.t.Fatal(err)
	}
	return broken
}

// leaves has nothing of a member left on the hub after the test, however it ends.
func (r *room) leaves(member *install.Cluster) {
	on := &unstructured.Unstructured{}
	on.SetGroupVersionKind(install.MemberClusterKind)
	on.SetName(member.Name())
	r.t.Cleanup(func() {
		for _, left := range []client.Object{on, memberSecret(member)} {
			if err := client.IgnoreNotFound(stack.Hub.Client.Delete(context.Background(), left)); err != nil {
				r.t.Error(err)
			}
		}
	})
}

func memberSecret(member *install.Cluster) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: install.Namespace, Name: install.MemberSecret(member.Name())}}
}
