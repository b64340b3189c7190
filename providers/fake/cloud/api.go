package cloud

import (
	"context"
	"maps"
	"slices"
	"time"
)

// Around is put around a call; see Intercept.
type Around func(ctx context.Context, call string, mutates bool, do func(context.Context) error) error

// API is the cloud's API in one region.
type API struct {
	cloud *Cloud
	name  string
}

// In is the API of a region.
func (c *Cloud) In(region string) *API { return &API{cloud: c, name: region} }

// List gives the region's resources that have all these labels, sorted by kind
// and name, and what time it is.
func (a *API) List(ctx context.Context, labels map[string]string) ([]Resource, time.Time, error) {
	var found []Resource
	var now time.Time
	err := a.call(ctx, "List", false, func() error {
		now = a.cloud.now
		found = slices.DeleteFunc(a.cloud.all(a.name), func(r Resource) bool {
			for k, v := range labels {
				if r.Labels[k] != v {
					return true
				}
			}
			return false
		})
		return nil
	})
	return found, now, err
}

// Get gives one resource.
func (a *API) Get(ctx context.Context, kind Kind, name string) (Resource, error) {
	var found Resource
	err := a.call(ctx, "Get "+id{kind, name}.String(), false, func() error {
		r, err := a.find(kind, name)
		if err == nil {
			found = r.shown()
		}
		return err
	})
	return found, err
}

// Insert makes a resource. A balancer is ready after a while only.
func (a *API) Insert(ctx context.Context, r Resource) error {
	return a.call(ctx, "Insert "+id{r.Kind, r.Name}.String(), true, func() error {
		region := a.cloud.region(a.name)
		if _, taken := region[id{r.Kind, r.Name}]; taken {
			return a.cloud.fail(Exists, "%s %s exists", r.Kind, r.Name)
		}
		if err := a.check(r); err != nil {
			return err
		}
		if err := a.room(r); err != nil {
			return err
		}
		r.Labels, r.Revision = maps.Clone(r.Labels), 1
		switch r.Kind {
		case KindBalancer:
			r.Since, r.Busy, r.Address = a.cloud.now, a.cloud.now.Add(ProvisionTime), address(a.name, r)
		case KindGroup:
			r.IdleSince = a.cloud.now
		}
		region[id{r.Kind, r.Name}] = &r
		a.idle()
		return nil
	})
}

// Update replaces a resource's labels, note and spec. It has to name the
// present revision.
func (a *API) Update(ctx context.Context, r Resource) error {
	return a.call(ctx, "Update "+id{r.Kind, r.Name}.String(), true, func() error {
		present, err := a.find(r.Kind, r.Name)
		switch {
		case err != nil:
			return err
		case r.Kind == KindCertificate:
			return a.cloud.fail(Malformed, "certificates cannot be changed")
		case present.Revision != r.Revision:
			return a.cloud.fail(Gone, "revision %d is not the present one", r.Revision)
		case present.Leaving:
			return a.cloud.fail(InUse, "%s is being deleted", r.Name)
		}
		if err := a.check(r); err != nil {
			return err
		}
		present.Labels, present.Note, present.Spec = maps.Clone(r.Labels), r.Note, r.Spec
		present.Revision++
		if r.Kind == KindBalancer {
			present.Address = address(a.name, *present)
		}
		a.idle()
		return nil
	})
}

// Delete takes a resource away that no other names. It has to name the present
// revision. A balancer is gone after a while only.
func (a *API) Delete(ctx context.Context, kind Kind, name string, revision int) error {
	return a.call(ctx, "Delete "+id{kind, name}.String(), true, func() error {
		present, err := a.find(kind, name)
		if err != nil {
			return err
		}
		if present.Revision != revision {
			return a.cloud.fail(Gone, "revision %d is not the present one", revision)
		}
		for _, other := range a.cloud.region(a.name) {
			if slices.Contains(other.uses(), id{kind, name}) {
				return a.cloud.fail(InUse, "%s %s uses %s", other.Kind, other.Name, name)
			}
		}
		if kind == KindBalancer {
			present.Since, present.Busy, present.Leaving = a.cloud.now, a.cloud.now.Add(DeleteTime), true
			return nil
		}
		delete(a.cloud.region(a.name), id{kind, name})
		a.idle()
		return nil
	})
}

// Attach adds endpoints to a group; those that it holds do no harm.
func (a *API) Attach(ctx context.Context, group string, endpoints []string) error {
	return a.call(ctx, "Attach "+group, true, func() error {
		g, err := a.find(KindGroup, group)
		if err == nil {
			g.Endpoints = slices.Compact(slices.Sorted(slices.Values(slices.Concat(g.Endpoints, endpoints))))
		}
		return err
	})
}

// Detach takes endpoints out of a group; those that it does not hold do no
// harm.
func (a *API) Detach(ctx context.Context, group string, endpoints []string) error {
	return a.call(ctx, "Detach "+group, true, func() error {
		g, err := a.find(KindGroup, group)
		if err == nil {
			g.Endpoints = slices.DeleteFunc(g.Endpoints, func(e string) bool { return slices.Contains(endpoints, e) })
		}
		return err
	})
}

// call makes a call: with what is put around it, and under the cloud's lock.
func (a *API) call(ctx context.Context, name string, mutates bool, work func() error) error {
	do := func(ctx context.Context) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		a.cloud.mu.Lock()
		defer a.cloud.mu.Unlock()
		a.cloud.requests++
		switch f := &a.cloud.faults; {
		case f.Throttle > 0:
			f.Throttle--
			return a.cloud.fail(Throttled, "too many calls")
		case f.Denied:
			return a.cloud.fail(Denied, "not allowed")
		}
		return work()
	}
	a.cloud.mu.Lock()
	around := a.cloud.around
	a.cloud.mu.Unlock()
	if around == nil {
		return do(ctx)
	}
	return around(ctx, name, mutates, do)
}
