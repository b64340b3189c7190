package wire

import (
	"encoding/json"

	"fairway.dev/fairway/providers/ir"
)

// Certificate is what HTTPS listeners prove their names with. Its key prints
// and marshals as a fingerprint; only Encode writes it.
type Certificate struct {
	// Name is ir.Certificate.Name.
	Name string
	// Chain is PEM, the leaf first.
	Chain string
	// Key is PEM.
	Key ir.Secret
}

// revealed is a Certificate on the wire, and nowhere else.
type revealed struct {
	Name  string `json:"name"`
	Chain string `json:"chain"`
	Key   []byte `json:"key"`
}

func encodeCertificate(c Certificate) ([]byte, error) {
	return json.Marshal(revealed{c.Name, c.Chain, c.Key.Reveal()})
}

func decodeCertificate(b []byte, c *Certificate) error {
	var r revealed
	if err := Decode(b, &r); err != nil {
		return err
	}
	*c = Certificate{Name: r.Name, Chain: r.Chain, Key: ir.NewSecret(r.Key)}
	return nil
}
