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
			p.errorf("Locate gave %q and then %q, %v for the same settings", at, again, err)
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
				p.errorf("Locate(%s) gave %q, %v; want an Error of kind Invalid with a Message", bad, at, err)
			}
		}
		if mutations, reads := w.ledger.since(0); len(mutations)+len(reads) > 0 {
			p.errorf("Locate or Capabilities called the API: %q, %q", mutations, reads)
		}
	},
}
