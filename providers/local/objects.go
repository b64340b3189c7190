package local

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	accore "k8s.io/client-go/applyconfigurations/core/v1"
	acpolicy "k8s.io/client-go/applyconfigurations/policy/v1"

	"fairway.dev/fairway/providers/local/wire"
)

func wishServiceAccount(b blueprint) any {
	return accore.ServiceAccount(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(b.annotations()).
		WithAutomountServiceAccountToken(false)
}

// wishSecret is the Secret without what is secret: that is made when it is
// written, and it is not read back.
func wishSecret(b blueprint) any {
	return accore.Secret(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(b.annotations())
}

// wishService has a port for every listener port; it is nil without one, since
// a Service cannot be without ports.
func wishService(b blueprint) any {
	var numbers []uint16
	for _, l := range b.listeners {
		numbers = append(numbers, l.Port)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	if len(numbers) == 0 {
		return nil
	}
	spec := accore.ServiceSpec().WithType(corev1.ServiceTypeLoadBalancer).WithSelector(b.selector())
	for _, n := range numbers {
		spec.WithPorts(accore.ServicePort().
			WithName("p" + strconv.Itoa(int(n))).
			WithProtocol(corev1.ProtocolTCP).
			WithPort(int32(n)).
			WithTargetPort(intstr.FromInt32(int32(wire.BindPort(n)))))
	}
	return accore.Service(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(b.annotations()).WithSpec(spec)
}

func wishBudget(b blueprint) any {
	return acpolicy.PodDisruptionBudget(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(b.annotations()).
		WithSpec(acpolicy.PodDisruptionBudgetSpec().
			WithMaxUnavailable(intstr.FromInt32(1)).
			WithSelector(b.labelSelector()))
}
