package endpoints

import (
	"strconv"
	"strings"

	"fairway.dev/fairway/providers/ir"
)

const kindServiceImport = "ServiceImport"

// Service is the ir's name of an exported service.
func Service(namespace, name string) ir.Service {
	return ir.Service{Kind: kindServiceImport, Namespace: namespace, Name: name}
}

// ParsePool takes the name of a ServiceImport's pool apart, as ir.PoolName
// made it.
func ParsePool(pool string) (service ir.Service, port uint16, ok bool) {
	parts := strings.Split(pool, "/")
	if len(parts) != 4 || parts[0] != kindServiceImport {
		return ir.Service{}, 0, false
	}
	n, err := strconv.ParseUint(parts[3], 10, 16)
	if err != nil {
		return ir.Service{}, 0, false
	}
	return Service(parts[1], parts[2]), uint16(n), true
}
