package export

import (
	"fmt"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

// ReasonNoNamespace is Fairway's own reason for Valid being False: the hub
// lacks the Service's namespace.
const ReasonNoNamespace = "NoNamespaceOnHub"

func noService() []metav1.Condition {
	return refused(string(mcsv1beta1.ServiceExportReasonNoService),
		"there is no Service of this name in the namespace: create it, or delete this ServiceExport")
}

func externalName() []metav1.Condition {
	return refused(string(mcsv1beta1.ServiceExportReasonInvalidServiceType),
		"a Service of type ExternalName has no pods to send requests to: give the Service another type, or delete this ServiceExport")
}

func noNamespace(namespace string) []metav1.Condition {
	return refused(ReasonNoNamespace, fmt.Sprintf(
		"the hub has no namespace %q: create it there (kubectl create namespace %s), or delete this ServiceExport", namespace, namespace))
}

func refused(reason, message string) []metav1.Condition {
	return []metav1.Condition{
		condition(mcsv1beta1.ServiceExportConditionValid, metav1.ConditionFalse, reason, message),
		condition(mcsv1beta1.ServiceExportConditionReady, metav1.ConditionFalse, string(mcsv1beta1.ServiceExportReasonFailed), "the export is not valid: its condition Valid says why, and what to do"),
	}
}

func exported(conflicts []Conflict) []metav1.Condition {
	conflict := condition(mcsv1beta1.ServiceExportConditionConflict, metav1.ConditionFalse,
		string(mcsv1beta1.ServiceExportReasonNoConflicts), "all clusters that export this Service agree")
	if len(conflicts) > 0 {
		var reasons, messages []string
		for _, c := range conflicts {
			reasons = append(reasons, string(c.Reason))
			messages = append(messages, c.Message)
		}
		conflict = condition(mcsv1beta1.ServiceExportConditionConflict, metav1.ConditionTrue,
			strings.Join(reasons, ","), strings.Join(messages, "; ")+": make the Services the same in all clusters, or delete the ServiceExport of those that are another service")
	}
	return []metav1.Condition{
		condition(mcsv1beta1.ServiceExportConditionValid, metav1.ConditionTrue,
			string(mcsv1beta1.ServiceExportReasonValid), "the Service can be exported"),
		condition(mcsv1beta1.ServiceExportConditionReady, metav1.ConditionTrue,
			string(mcsv1beta1.ServiceExportReasonExported), "the hub has a ServiceImport for it"),
		conflict,
	}
}

func condition(t mcsv1beta1.ServiceExportConditionType, status metav1.ConditionStatus, reason, message string) metav1.Condition {
	return metav1.Condition{Type: string(t), Status: status, Reason: reason, Message: message}
}
