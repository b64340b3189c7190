package providers

import "encoding/json"

// Settings are a Gateway's parameters: the spec of an object of the provider's
// SettingsKind, as JSON. Where both the GatewayClass and the Gateway's
// infrastructure refer to parameters, the Gateway's are laid over the class's
// as a JSON merge patch (RFC 7396). Nil means that there are none. Only the
// provider decodes them: core does not know their fields.
type Settings = json.RawMessage

// SettingsKind says which objects hold a provider's Settings. The zero value
// says that the provider takes none.
type SettingsKind struct {
	Group, Version, Kind string
	// Secrets names the Secrets that Settings refer to, so that core looks
	// again when one changes; nil if they never do. It is pure, and gives what
	// it can for Settings that are malformed.
	Secrets func(Settings) []SecretName
}

// None reports whether the provider takes no Settings.
func (k SettingsKind) None() bool { return k.Kind == "" }

// SecretName names a Secret of the hub.
type SecretName struct{ Namespace, Name string }

// Location is where a load balancer is built, and how to get there: canonical
// JSON of the provider's own (account, region, project; role, the name of a
// Secret; never a secret itself). It is kept on the Gateway, so that what was
// built can be found after class and parameters are gone. Empty for a provider
// that has one place only.
type Location string
