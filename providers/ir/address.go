package ir

// AddressType is how an address is written, in the Gateway API's words.
type AddressType string

// The address types.
const (
	IPAddress AddressType = "IPAddress"
	Hostname  AddressType = "Hostname"
	// NamedAddress is an address that was reserved under a name beforehand.
	NamedAddress AddressType = "NamedAddress"
)

// Address is where clients reach a load balancer.
type Address struct {
	Type  AddressType `json:"type"`
	Value string      `json:"value"`
}
