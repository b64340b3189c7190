package fake

import (
	"bytes"
	"encoding/json"
	"fmt"

	"fairway.dev/fairway/providers"
)

// parameters are what Settings say.
type parameters struct {
	// Region is where load balancers are built.
	Region string `json:"region"`
}

// place is what a Location says.
type place struct {
	Region string `json:"region"`
}

// SettingsKind implements [providers.Provider].
func (p *Provider) SettingsKind() providers.SettingsKind {
	return providers.SettingsKind{Group: "fake.fairway.dev", Version: "v1", Kind: "FakeParameters"}
}

// Locate implements [providers.Provider]. It is where Settings are judged: a
// field that is not known is a mistake, not something to pass over.
func (p *Provider) Locate(s providers.Settings) (providers.Location, error) {
	var set parameters
	decoder := json.NewDecoder(bytes.NewReader(s))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&set); err != nil {
		return "", &providers.Error{
			Kind: providers.Invalid, Reason: "Malformed", Err: err,
			Message: "spec: is missing or has a field that is not known: set spec.region, and nothing else",
		}
	}
	if set.Region == "" {
		return "", &providers.Error{
			Kind: providers.Invalid, Reason: "RegionMissing",
			Message: "spec.region: is empty: set it to a region of the cloud, such as north",
		}
	}
	at, err := json.Marshal(place(set))
	if err != nil {
		return "", fmt.Errorf("write a location: %w", err)
	}
	return providers.Location(at), nil
}

// region is the one that a Location names; Locate wrote it.
func region(at providers.Location) string {
	var there place
	if err := json.Unmarshal([]byte(at), &there); err != nil {
		return ""
	}
	return there.Region
}
