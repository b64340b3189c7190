package member

import (
	"fmt"

	"k8s.io/apimachinery/pkg/util/version"
)

// oldest is the oldest Kubernetes that a member may run: the first in which
// EndpointSlices that tell serving and terminating pods apart are stable.
var oldest = version.MustParseGeneric("1.26")

// tooOld says that a member's Kubernetes is too old, or is empty.
func tooOld(gitVersion string) string {
	v, err := version.ParseGeneric(gitVersion)
	if err != nil || v.AtLeast(oldest) {
		return "" // of a version that means nothing to us the best is hoped
	}
	return fmt.Sprintf("the member runs Kubernetes %s: upgrade it to v%d.%d or later", gitVersion, oldest.Major(), oldest.Minor())
}
