package fake

import (
	"context"
	"time"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/fake/cloud"
)

// client is the cloud's API at one Location. Each call is paid for before it
// is made, and its error is explained.
type client struct {
	api *cloud.API
}

func (p *Provider) client(at providers.Location) client { return client{p.cloud.In(region(at))} }

func (c client) list(ctx context.Context, labels map[string]string) (found []cloud.Resource, now time.Time, err error) {
	err = call(ctx, reads, "list the resources of the region", func() error {
		found, now, err = c.api.List(ctx, labels)
		return err
	})
	return found, now, err
}

func (c client) get(ctx context.Context, kind cloud.Kind, name string) (found cloud.Resource, err error) {
	err = call(ctx, reads, "read "+resource(kind, name), func() error {
		found, err = c.api.Get(ctx, kind, name)
		return err
	})
	return found, err
}

func (c client) insert(ctx context.Context, r cloud.Resource) error {
	return call(ctx, writes, "create "+resource(r.Kind, r.Name), func() error { return c.api.Insert(ctx, r) })
}

func (c client) update(ctx context.Context, r cloud.Resource) error {
	return call(ctx, writes, "change "+resource(r.Kind, r.Name), func() error { return c.api.Update(ctx, r) })
}

func (c client) delete(ctx context.Context, kind cloud.Kind, name string, revision int) error {
	return call(ctx, writes, "delete "+resource(kind, name), func() error { return c.api.Delete(ctx, kind, name, revision) })
}

func (c client) attach(ctx context.Context, group string, endpoints []string) error {
	return call(ctx, writes, "add endpoints to "+resource(cloud.KindGroup, group), func() error {
		return c.api.Attach(ctx, group, endpoints)
	})
}

func (c client) detach(ctx context.Context, group string, endpoints []string) error {
	return call(ctx, writes, "take endpoints out of "+resource(cloud.KindGroup, group), func() error {
		return c.api.Detach(ctx, group, endpoints)
	})
}

// call spends what a call costs, makes it, and explains its error.
func call(ctx context.Context, class, doing string, do func() error) error {
	if err := providers.Spend(ctx, class); err != nil {
		return err
	}
	return explain(do(), doing)
}

// resource is the owner name of a resource, for plans and messages.
func resource(kind cloud.Kind, name string) string { return string(kind) + "/" + name }
