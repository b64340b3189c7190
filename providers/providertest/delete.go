package providertest

import (
	"context"
	"fmt"

	"fairway.dev/fairway/providers"
)

var mustDelete = property{
	id:     "P-DELETE",
	remedy: "what is half built is found by its owner marks, and an empty wish removes it all, without Settings and without what an earlier process knew",
	test: func(p *probe) {
		p.cuts(cutAfter, func(w *world) (providers.Ref, func(context.Context) error) {
			ref := w.ref("web", w.samples.Settings)
			lb := w.desired(small)
			return ref, func(ctx context.Context) error {
				_, _, err := w.converge(ctx, ref, lb)
				return err
			}
		}, func(w *world, ref providers.Ref, when string) {
			w.tearDown(ref)
			w.gone(ref, when+", and the wish gone")
		})
	},
}

var mustList = property{
	id:     "P-LIST",
	remedy: "List gives the exact Ref of all that this hub owns at the Location, half-built ones too, and nothing else",
	test: func(p *probe) {
		w := p.world()
		w.Populate()
		web, api := w.ref("web", w.samples.Settings), w.ref("api", w.samples.Settings)
		w.listed(web.Location)
		w.build(web, small)
		w.build(api, small)
		w.listed(web.Location, web, api)
		w.tearDown(web)
		w.listed(web.Location, api)
		w.restart()
		w.listed(web.Location, api)

		p.cuts(cutAfter, func(w *world) (providers.Ref, func(context.Context) error) {
			lb := w.desired(small)
			return web, func(ctx context.Context) error {
				_, _, err := w.converge(ctx, web, lb)
				return err
			}
		}, func(w *world, ref providers.Ref, when string) {
			if len(w.owned(ref)) > 0 {
				w.listed(ref.Location, ref)
			}
		})
	},
}

// listed complains unless List names exactly these.
func (w *world) listed(at providers.Location, want ...providers.Ref) {
	have, err := w.provider.List(w.t.Context(), at)
	if err != nil {
		w.errorf("list: %v", err)
		return
	}
	left := map[providers.Ref]bool{}
	for _, r := range have {
		if left[r] {
			w.errorf("List names %s twice", r)
		}
		left[r] = true
	}
	for _, r := range want {
		if !left[r] {
			w.errorf("List does not name %+v; it names %s", r, fmt.Sprint(have))
		}
		delete(left, r)
	}
	for r := range left {
		w.errorf("List names %+v, of which nothing should exist", r)
	}
}
