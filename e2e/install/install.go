// Package install puts Fairway onto a fleet the way a user would: the unchanged chart by helm, the
// APIs that it needs, and the members joined by fairwayctl. The demo and the tests share it.
package install

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/go-logr/logr"
	"golang.org/x/sync/errgroup"
	"sigs.k8s.io/controller-runtime/pkg/log"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/e2e/fleet"
)

// Namespace is where Fairway is installed, on the hub, unless the options say otherwise.
const Namespace = "fairway-system"

// defaultRelease is the name of the chart's release unless the options say otherwise.
const defaultRelease = "fairway"

// hubName is the name of the hub's cluster.
const hubName = "hub"

// Options say what Up makes.
type Options struct {
	// Name tells the logs of several stacks apart. Default: the program's name.
	Name string
	// Members are the names of the member clusters. Default: east and west.
	Members []string
	// Alone leaves the hub without members.
	Alone bool
	// Spare are the names of clusters that are started but not joined.
	Spare []string
	// Release and Namespace are those of the chart's release on the hub. Default: fairway in Namespace.
	Release, Namespace string
	// Channel is the Gateway API's. Default: standard.
	Channel fleet.Channel
	// Log is told, line by line, what is being done.
	Log io.Writer
}

// Stack is a fleet with Fairway on its hub and its members joined.
type Stack struct {
	// Fleet holds the clusters.
	Fleet *fleet.Fleet
	// Hub is where Fairway runs.
	Hub *Cluster
	// Members are the clusters that are joined, in the order of the options, and Spare those that are
	// not.
	Members, Spare []*Cluster
	// HTTP reaches every address of the fleet: pods, nodes, load balancers.
	HTTP *http.Client

	// dir is the folder of programs, root the repository's.
	dir, root string
	// release and namespace are the chart's.
	release, namespace string
	log                io.Writer
}

// Up builds what is needed, starts a hub and its members, installs Fairway and waits until the hub
// has read every member. When it fails nothing is left behind, and the error says what the hub
// knows and logged.
func Up(ctx context.Context, options Options) (*Stack, error) {
	// Before the build: without root its minutes would be wasted.
	if err := fleet.Check(); err != nil {
		return nil, err
	}
	dir, err := fleet.DefaultDir()
	if err != nil {
		return nil, err
	}
	if len(options.Members) == 0 && !options.Alone {
		options.Members = []string{"east", "west"}
	}
	options.Channel = cmp.Or(options.Channel, fleet.Standard)
	if err := build(ctx, dir, options.Log); err != nil {
		return nil, err
	}
	// The clients' library complains when nobody says where its log goes. All that it would tell comes
	// as an error, too.
	log.SetLogger(logr.Discard())
	s := &Stack{
		dir: dir, root: filepath.Dir(dir), log: options.Log,
		release: cmp.Or(options.Release, defaultRelease), namespace: cmp.Or(options.Namespace, Namespace),
	}
	if err := s.start(ctx, options); err != nil {
		return nil, err
	}
	if err := s.install(ctx, options.Channel); err != nil {
		// What the clusters know is read before they go, even if the caller has given up.
		err = fmt.Errorf("%w\n%s", err, s.Explain(context.WithoutCancel(ctx), ""))
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// Close ends the clusters; nothing is left but logs.
func (s *Stack) Close() error {
	s.HTTP.CloseIdleConnections()
	return s.Fleet.Close()
}

// Member returns a member by its name, or nil.
func (s *Stack) Member(name string) *Cluster {
	for _, member := range s.Members {
		if member.Name() == name {
			return member
		}
	}
	return nil
}

// Clusters are the hub, the members and the spare ones.
func (s *Stack) Clusters() []*Cluster { return slices.Concat([]*Cluster{s.Hub}, s.Members, s.Spare) }

// start starts the clusters.
func (s *Stack) start(ctx context.Context, options Options) (err error) {
	all := slices.Concat([]string{hubName}, options.Members, options.Spare)
	s.say("starting %d clusters: %s", len(all), strings.Join(all, ", "))
	s.Fleet, err = fleet.Start(ctx, fleet.Config{
		Name:     options.Name,
		Clusters: all,
		Dir:      s.dir,
		Images:   images(s.dir),
		Log:      options.Log,
	})
	if err != nil {
		return err
	}
	s.HTTP = &http.Client{
		Timeout:   10 * time.Second,
		Transport: &http.Transport{DialContext: s.Fleet.DialContext, MaxIdleConnsPerHost: 16},
	}
	clusters := make([]*Cluster, len(all))
	for i, name := range all {
		if clusters[i], err = newCluster(s.Fleet.Cluster(name)); err != nil {
			return errors.Join(err, s.Close())
		}
	}
	spare := 1 + len(options.Members)
	s.Hub, s.Members, s.Spare = clusters[0], clusters[1:spare], clusters[spare:]
	return nil
}

// install installs everything into running clusters. The chart comes before the APIs that it needs,
// which a user may do too: the hub has to name what is missing, and to begin once it is there.
func (s *Stack) install(ctx context.Context, channel fleet.Channel) error {
	s.say("installing Fairway on the hub: helm install %s charts/fairway --namespace %s", s.release, s.namespace)
	if err := s.Install(ctx); err != nil {
		return err
	}
	if err := Wait(ctx, "the hub names the missing APIs", time.Minute, s.namesMissing); err != nil {
		return err
	}
	s.say("installing the CRDs that the hub waits for: the Gateway API's and the Multi-Cluster Services API's")
	group, parallel := errgroup.WithContext(ctx)
	group.Go(func() error { return s.Hub.InstallGatewayAPI(parallel, channel) })
	for _, cluster := range s.Clusters() {
		group.Go(func() error { return cluster.InstallMCS(parallel) })
	}
	if err := group.Wait(); err != nil {
		return err
	}
	group, parallel = errgroup.WithContext(ctx)
	for _, member := range s.Members {
		group.Go(func() error { return s.Join(parallel, member) })
	}
	return group.Wait()
}

// namesMissing says whether every pod of the hub has logged which resources it waits for.
func (s *Stack) namesMissing(ctx context.Context) error {
	pods, err := s.HubPods(ctx)
	if err != nil {
		return err
	}
	if len(pods) == 0 {
		return errors.New("the hub has no pod")
	}
	for _, pod := range pods {
		text, err := s.Hub.Log(ctx, &pod, logLines)
		if err != nil {
			return err
		}
		for _, missing := range []string{
			"gatewayclasses, gateways, httproutes, referencegrants of " + gatewayv1.GroupVersion.String(),
			"serviceimports of " + mcsv1beta1.GroupVersion.String(),
		} {
			if !strings.Contains(text, missing) {
				return fmt.Errorf("pod %s has not named %s", pod.Name, missing)
			}
		}
	}
	return nil
}

func (s *Stack) say(format string, args ...any) {
	_, _ = io.WriteString(s.log, fmt.Sprintf(format+"\n", args...)) // progress only
}
