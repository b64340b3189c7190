package export

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/equality"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// Conflict is a property in which exports of one service disagree.
type Conflict struct {
	Reason  mcsv1beta1.ServiceExportConditionReason
	Message string
}

// Merge makes one ServiceImport spec of a service's exports: the union of
// their ports, and everything else from the oldest export. What the exports
// disagree on is reported; the same conflicts stand on all of them, as the
// MCS API recommends. It wants at least one export.
func Merge(exports []Export) (mcsv1beta1.ServiceImportSpec, []Conflict) {
	exports = byAge(exports)
	oldest := exports[0]
	spec := mcsv1beta1.ServiceImportSpec{
		Type:                  oldest.Type,
		SessionAffinity:       oldest.Affinity,
		SessionAffinityConfig: oldest.AffinityTimeout,
	}
	var conflicts []Conflict
	ports, portConflicts := mergePorts(exports)
	spec.Ports = ports
	if len(portConflicts) > 0 {
		conflicts = append(conflicts, Conflict{mcsv1beta1.ServiceExportReasonPortConflict, strings.Join(portConflicts, "; ")})
	}
	property := func(reason mcsv1beta1.ServiceExportConditionReason, what string, value func(Export) any) {
		var losers []string
		for _, e := range exports[1:] {
			if !equality.Semantic.DeepEqual(value(e), value(oldest)) {
				losers = append(losers, e.Cluster)
			}
		}
		if len(losers) > 0 {
			conflicts = append(conflicts, Conflict{reason, fmt.Sprintf(
				"%s %v of the oldest export (%s) is used; %s differs", what, value(oldest), nameOf(oldest), strings.Join(losers, ", "))})
		}
	}
	property(mcsv1beta1.ServiceExportReasonTypeConflict, "type", func(e Export) any { return e.Type })
	property(mcsv1beta1.ServiceExportReasonSessionAffinityConflict, "sessionAffinity", func(e Export) any { return e.Affinity })
	property(mcsv1beta1.ServiceExportReasonSessionAffinityConfigConflict, "sessionAffinityConfig timeout", func(e Export) any { return timeout(e) })
	return spec, conflicts
}

func nameOf(e Export) string {
	if e.Cluster == "" {
		return "the ServiceImport as it was"
	}
	return e.Cluster
}

func timeout(e Export) string {
	if e.AffinityTimeout == nil || e.AffinityTimeout.ClientIP == nil || e.AffinityTimeout.ClientIP.TimeoutSeconds == nil {
		return "none"
	}
	return fmt.Sprintf("%ds", *e.AffinityTimeout.ClientIP.TimeoutSeconds)
}

// mergePorts is the union of the exports' ports, the oldest export's first.
// Two ports conflict when they share a name or a number and protocol, and
// differ in anything else; the older export's stays.
func mergePorts(exports []Export) (union []mcsv1beta1.ServicePort, conflicts []string) {
	union = []mcsv1beta1.ServicePort{}
	var from []string
	for _, e := range exports {
		for _, p := range e.Ports {
			i := slices.IndexFunc(union, func(q mcsv1beta1.ServicePort) bool {
				return p.Name == q.Name || p.Port == q.Port && p.Protocol == q.Protocol
			})
			switch {
			case i < 0:
				union = append(union, p)
				from = append(from, nameOf(e))
			case !equality.Semantic.DeepEqual(p, union[i]):
				conflicts = append(conflicts, fmt.Sprintf("port %s of %s is used; %s in %s differs",
					portString(union[i]), from[i], portString(p), nameOf(e)))
			}
		}
	}
	return union, conflicts
}

func portString(p mcsv1beta1.ServicePort) string {
	text := fmt.Sprintf("%d/%s", p.Port, p.Protocol)
	if p.Name != "" {
		text = p.Name + " " + text
	}
	if p.AppProtocol != nil {
		text += " (" + *p.AppProtocol + ")"
	}
	return text
}
