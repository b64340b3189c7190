package stream

import (
	"fmt"
	"slices"
	"testing"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// BenchmarkChange shows what one change costs the hub among few and many
// routes, with two proxies connected.
func BenchmarkChange(b *testing.B) {
	for _, n := range []int{100, 5000} {
		var rs []*ir.Route
		for i := range n {
			rs = append(rs, route(fmt.Sprintf("r%05d", i), "p"))
		}
		x := NewIndex(func(providers.Ref) {})
		x.Publish(shop, config1(rs...), someSource)
		proxies := []*model{newModel(b), newModel(b)}
		settle := func() {
			for _, m := range proxies {
				m.settle()
			}
		}
		for _, m := range proxies {
			m.connect(x)
		}
		settle()
		b.Run(fmt.Sprintf("route/%d", n), func(b *testing.B) {
			for i := range b.N {
				changed := slices.Clone(rs)
				other := *rs[n/2]
				other.Created = int64(i)
				changed[n/2] = &other
				lb := &ir.LoadBalancer{Listeners: config1().Listeners, Routes: changed, Pools: []ir.BackendPool{{Name: "p"}}}
				x.Publish(shop, lb, someSource)
				settle()
			}
		})
		b.Run(fmt.Sprintf("endpoint/%d", n), func(b *testing.B) {
			for i := range b.N {
				if err := x.SetEndpoints(shop, "p", []ir.ClusterEndpoints{pods("east", fmt.Sprintf("10.0.%d.%d", i/250%250, i%250))}); err != nil {
					b.Fatal(err)
				}
				settle()
			}
		})
	}
}
