package stream

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"google.golang.org/protobuf/types/known/anypb"

	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/wire"
)

// kind is a type of resource: its place in wire.Types.
type kind int

const (
	certificates kind = iota
	endpoints
	routes
	listeners
	kinds
)

// url is the kind's type URL.
func (k kind) url() string { return wire.Types[k] }

// String is the last part of the type URL: what people and metrics call it.
func (k kind) String() string { return k.url()[strings.LastIndexByte(k.url(), '/')+1:] }

// kindOf finds a kind by its type URL.
func kindOf(url string) (kind, bool) {
	for k := range kinds {
		if k.url() == url {
			return k, true
		}
	}
	return 0, false
}

// encodeCertificate makes the resource of a certificate. Its version is the
// hash of what may be shown of it: the key counts by its fingerprint.
func encodeCertificate(c ir.Certificate) *discovery.Resource {
	r := encode(certificates, c.Name, wire.Certificate{Name: c.Name, Chain: c.Chain, Key: c.Key})
	r.Version = ir.Hash(wire.Certificate{Name: c.Name, Chain: c.Chain, Key: c.Key})
	return r
}

// encode makes the resource that all streams share. Its version is the hash
// of its bytes, so that it means the same to every hub and after any restart.
func encode(k kind, name string, v any) *discovery.Resource {
	value, err := wire.Encode(v)
	if err != nil {
		// Every ir type is plain data, which always marshals.
		panic(fmt.Sprintf("stream: encode %s %q: %v", k, name, err))
	}
	sum := sha256.Sum256(value)
	return &discovery.Resource{
		Name:     name,
		Version:  hex.EncodeToString(sum[:16]),
		Resource: &anypb.Any{TypeUrl: k.url(), Value: value},
	}
}
