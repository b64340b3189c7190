package route

import (
	"fmt"
	"runtime"
	"testing"

	"fairway.dev/fairway/providers/ir"
)

// shapes are ways in which many routes share or do not share their host.
var shapes = map[string]func(i int) *ir.Route{
	"own-hosts": func(i int) *ir.Route {
		return attach(fmt.Sprint(i), "web", []string{fmt.Sprintf("h%d.example.com", i)}, prefix("/"), prefix("/api/v1"))
	},
	"one-host": func(i int) *ir.Route {
		return attach(fmt.Sprint(i), "web", []string{"www.example.com"}, prefix(fmt.Sprintf("/team%d", i)), exact(fmt.Sprintf("/team%d/exact", i)))
	},
}

func target(shape string, i int) string {
	if shape == "own-hosts" {
		return fmt.Sprintf("h%d.example.com/api/v1/users/12345", i)
	}
	return fmt.Sprintf("www.example.com/team%d/users/12345", i)
}

func filled(b *testing.B, shape string, n int) *Table {
	t := New()
	t.SetListener(web[0])
	for i := range n {
		r := shapes[shape](i)
		r.Rules[0].Backends = []ir.Backend{{Pool: "ServiceImport/ns/a/80", Weight: 1}}
		if err := t.SetRoute(r); err != nil {
			b.Fatal(err)
		}
	}
	return t
}

func BenchmarkMatch(b *testing.B) {
	for shape := range shapes {
		for _, n := range []int{100, 5000} {
			b.Run(fmt.Sprintf("%s/%d", shape, n), func(b *testing.B) {
				t := filled(b, shape, n)
				r := get(target(shape, n/2))
				b.ReportAllocs()
				for b.Loop() {
					if t.Match(80, r).Rule == nil {
						b.Fatal("no match")
					}
				}
			})
		}
	}
}

func BenchmarkSetRoute(b *testing.B) {
	for shape, make := range shapes {
		for _, n := range []int{100, 5000} {
			b.Run(fmt.Sprintf("%s/%d", shape, n), func(b *testing.B) {
				t := filled(b, shape, n)
				r := make(n / 2)
				b.ReportAllocs()
				for b.Loop() {
					if err := t.SetRoute(r); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// BenchmarkMemory reports what a table of 5,000 routes holds, the ir
// included.
func BenchmarkMemory(b *testing.B) {
	for shape := range shapes {
		b.Run(shape, func(b *testing.B) {
			var before, after runtime.MemStats
			for b.Loop() {
				runtime.GC()
				runtime.ReadMemStats(&before)
				t := filled(b, shape, 5000)
				runtime.GC()
				runtime.ReadMemStats(&after)
				runtime.KeepAlive(t)
			}
			b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/1e6, "MB/table")
		})
	}
}
