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
	// Tier is how much a load balancer can take: "large", or "" for what will
	// do for most.
	Tier string `json:"tier,omitempty"`
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
	set, err := decode(s)
	if err != nil {
		return "", &providers.Error{
			Kind: providers.Invalid, Reason: "Malformed", Err: err,
			Message: "spec: is missing or has a field that is not known: set spec.region and perhaps spec.tier, and nothing else",
		}
	}
	if set.Region == "" {
		return "", &providers.Error{
			Kind: providers.Invalid, Reason: "RegionMissing",
			Message: "spec.region: is empty: set it to a region of the cloud, such as north",
		}
	}
	if set.Tier != "" && set.Tier != "large" {
		return "", &providers.Error{
			Kind: providers.Invalid, Reason: "TierUnknown",
			Message: "spec.tier: is not known: set it to large, or leave it out",
		}
	}
	at, err := json.Marshal(place{Region: set.Region})
	if err != nil {
		return "", fmt.Errorf("write a location: %w", err)
	}
	return providers.Location(at), nil
}

func decode(s providers.Settings) (set parameters, err error) {
	decoder := json.NewDecoder(bytes.NewReader(s))
	decoder.DisallowUnknownFields()
	return set, decoder.Decode(&set)
}

// tier is the one that Settings name; Locate took them.
func tier(s providers.Settings) string {
	set, err := decode(s)
	if err != nil {
		return ""
	}
	return set.Tier
}

// region is the one that a Location names; Locate wrote it.
func region(at providers.Location) string {
	var there place
	if err := json.Unmarshal([]byte(at), &there); err != nil {
		return ""
	}
	return there.Region
}
