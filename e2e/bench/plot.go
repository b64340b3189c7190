package main

import (
	"fmt"

	"gonum.org/v1/plot"
	"gonum.org/v1/plot/plotter"
	"gonum.org/v1/plot/plotutil"
	"gonum.org/v1/plot/vg"
)

// draw plots the 99th percentiles over the number of routes.
func draw(file string, r Report) error {
	p := plot.New()
	p.Title.Text = "Time from a change to traffic, 99th percentile (" + r.Machine + ")"
	p.X.Label.Text, p.Y.Label.Text = "routes", "ms"
	p.Y.Min = 0
	p.Legend.Top, p.Legend.Left = true, true
	p.Add(plotter.NewGrid())
	var lines []any
	for _, s := range r.Subjects {
		var routes, endpoints plotter.XYs
		for _, n := range s.Sizes {
			routes = append(routes, plotter.XY{X: float64(n.Routes), Y: n.Route.P99})
			endpoints = append(endpoints, plotter.XY{X: float64(n.Routes), Y: n.Endpoint.P99})
		}
		lines = append(lines, s.Subject+": new route", routes, s.Subject+": changed endpoint", endpoints)
	}
	if err := plotutil.AddLinePoints(p, lines...); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	if err := p.Save(18*vg.Centimeter, 11*vg.Centimeter, file); err != nil {
		return fmt.Errorf("plot: %w", err)
	}
	return nil
}
