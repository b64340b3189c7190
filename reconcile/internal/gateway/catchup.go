package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// catchUp brings the pools up to date whose endpoints, as observed, are not
// those that are known: what changed while nobody looked, such as before the
// hub was restarted. A provider that leaves its pools out of observations needs
// none of it.
func (c *Controller) catchUp(ctx context.Context, at *site, pools []ir.BackendPool, source *view) error {
	if len(at.pools) == 0 {
		return nil
	}
	var errs []error
	for _, p := range pools {
		held, observed := at.pools[p.Name]
		if !observed {
			continue
		}
		told := source.Endpoints(p.Name)
		held = held.Sort(told)
		changed := differences(held.Clusters, told)
		if len(changed) == 0 {
			continue
		}
		err := at.sync(ctx, held, changed)
		errs = append(errs, err)
		if providers.KindOf(err) == providers.Throttled || errors.Is(err, context.DeadlineExceeded) {
			// The next would meet the same.
			break
		}
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("bring endpoints up to date: %w", err)
	}
	return nil
}

// differences are the clusters whose endpoints are known and not those that are
// held. A cluster that is no more has none.
func differences(held, source []ir.ClusterEndpoints) []ir.ClusterEndpoints {
	var out []ir.ClusterEndpoints
	of := func(all []ir.ClusterEndpoints, cluster string) (ir.ClusterEndpoints, bool) {
		i := slices.IndexFunc(all, func(c ir.ClusterEndpoints) bool { return c.Cluster == cluster })
		if i < 0 {
			return ir.ClusterEndpoints{Cluster: cluster, Known: true}, false
		}
		return all[i], true
	}
	for _, now := range source {
		if before, _ := of(held, now.Cluster); now.Known && !slices.Equal(takers(before), takers(now)) {
			out = append(out, now)
		}
	}
	for _, before := range held {
		if gone, there := of(source, before.Cluster); !there && len(before.Endpoints) > 0 {
			out = append(out, gone)
		}
	}
	slices.SortFunc(out, func(a, b ir.ClusterEndpoints) int { return strings.Compare(a.Cluster, b.Cluster) })
	return out
}

// takers are the endpoints of a cluster that take traffic, by address and port.
// A provider tells of these: what else is known of them, and those that take
// none, is not its to keep.
func takers(c ir.ClusterEndpoints) []netip.AddrPort {
	ending := !slices.ContainsFunc(c.Endpoints, func(e ir.Endpoint) bool { return e.Serving && !e.Terminating })
	var out []netip.AddrPort
	for _, e := range c.Endpoints {
		if e.Serving && e.Terminating == ending {
			// What is no address is the same to all providers: none.
			address, _ := netip.ParseAddr(e.Address)
			out = append(out, netip.AddrPortFrom(address, e.Port))
		}
	}
	slices.SortFunc(out, netip.AddrPort.Compare)
	return out
}

// sync brings one pool's changed clusters to the provider, and keeps what the
// pool holds then.
func (s *site) sync(ctx context.Context, held providers.PoolObservation, changed []ir.ClusterEndpoints) error {
	holds, err := s.provider.SyncEndpoints(ctx, s.ref, held, changed)
	if err == nil || holds.Name == held.Name {
		s.pools[held.Name] = holds
	}
	return err
}
