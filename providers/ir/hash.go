package ir

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Hash is the content hash of any part of the ir: equal content, equal hash,
// in every process and release that knows the same fields. It is 32 hex
// digits.
func Hash(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		// Every ir type is plain data, which always marshals.
		panic(fmt.Sprintf("ir: hash %T: %v", v, err))
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// Equal reports whether two parts of the ir have the same content.
func Equal[T any](a, b T) bool { return Hash(a) == Hash(b) }
