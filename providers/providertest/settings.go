package providertest

import (
	"reflect"

	"fairway.dev/fairway/providers"
)

var mustLocate = property{
	id:     "P-SETTINGS",
	remedy: "Locate judges all of Settings: decode them strictly, and answer Invalid with a Message that names the field and the remedy",
	test: func(p *probe) {
		w := p.world()
		at, err := w.provider.Locate(w.samples.Settings)
		p.must(err, "Locate for good settings")
		if again, err := w.provider.Locate(w.samples.Settings); err != nil || again != at {
			p.errorf("Locate gave %q and then %q and %s for the same settings", at, again, answered(err))
		}
		if a, b := w.provider.Capabilities(w.samples.Settings), w.provider.Capabilities(w.samples.Settings); !reflect.DeepEqual(a, b) {
			p.errorf("Capabilities differ for the same settings: %+v and %+v", a, b)
		}
		if len(w.samples.Bad) == 0 && !w.provider.SettingsKind().None() {
			p.errorf("the provider takes settings and the harness has no bad ones to try")
		}
		for _, bad := range w.samples.Bad {
			at, err := w.provider.Locate(bad)
			if providers.KindOf(err) != providers.Invalid || errorOf(err).Message == "" {
				p.errorf("Locate(%s) gave %q and %s; want an Error of kind Invalid with a Message", bad, at, answered(err))
			}
		}
		if mutations, reads := w.ledger.since(0); len(mutations)+len(reads) > 0 {
			p.errorf("Locate or Capabilities called the API: %q, %q", mutations, reads)
		}
	},
}

var mustHeedSettings = property{
	id:     "P-CHANGED",
	remedy: "Settings are a part of what is wished: Plan draws the resources from both, so that a changed parameter is a difference like any other",
	test: func(p *probe) {
		w := p.world()
		if w.samples.Changed == nil {
			p.skip("the harness has no other settings for the same Location")
		}
		ref := w.ref("web", w.samples.Settings)
		if at, err := w.provider.Locate(w.samples.Changed); err != nil || at != ref.Location {
			p.fatalf("Samples().Changed are located at %q, with %s; want good settings for the Location of Settings, %q", at, answered(err), ref.Location)
		}
		lb, _, _ := w.build(ref, small)
		for _, step := range []struct {
			what     string
			settings providers.Settings
		}{{"changed", w.samples.Changed}, {"changed back", w.samples.Settings}} {
			w.chosen = step.settings
			o, err := w.provider.Observe(p.t.Context(), ref)
			p.need(err, "observe")
			if w.plan(ref, lb, o).Empty() {
				p.errorf("the settings are %s to %s, and the plan is empty", step.what, step.settings)
			}
			_, made, err := w.converge(p.t.Context(), ref, lb)
			p.must(err, "settings are "+step.what)
			w.serves(ref, lb, made, "settings are "+step.what)
			o, err = w.provider.Observe(p.t.Context(), ref)
			p.need(err, "observe")
			if again := w.plan(ref, lb, o); !again.Empty() {
				p.errorf("settings are %s and all is as wished, and the plan is %s", step.what, text(again))
			}
		}
	},
}
