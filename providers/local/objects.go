package local

import (
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/intstr"
	accore "k8s.io/client-go/applyconfigurations/core/v1"
	acpolicy "k8s.io/client-go/applyconfigurations/policy/v1"

	"fairway.dev/fairway/providers/local/wire"
)

func wishServiceAccount(b blueprint) any {
	return accore.ServiceAccount(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(b.annotations(nil)).
		WithAutomountServiceAccountToken(false)
}

// wishSecret is the Secret without what is secret: that is made when it is
// written, and it is not read back.
func wishSecret(b blueprint) any {
	return accore.Secret(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(b.annotations(nil))
}

// wishService has a port for every listener port; it is nil without one, since
// a Service cannot be without ports.
func wishService(b blueprint) any {
	var numbers []uint16
	for _, l := range b.wish.Listeners {
		numbers = append(numbers, l.Port)
	}
	slices.Sort(numbers)
	numbers = slices.Compact(numbers)
	if len(numbers) == 0 {
		return nil
	}
	spec := accore.ServiceSpec().WithType(b.settings.serviceType).WithSelector(b.selector())
	for _, n := range numbers {
		spec.WithPorts(b.servicePort(n))
	}
	if b.settings.externalTrafficPolicy != "" && b.settings.serviceType != corev1.ServiceTypeClusterIP {
		spec.WithExternalTrafficPolicy(b.settings.externalTrafficPolicy)
	}
	if asked := askedAddress(b.wish); asked != "" && b.settings.serviceType == corev1.ServiceTypeLoadBalancer {
		// Deprecated, but the only way that is not one implementation's own.
		spec.WithLoadBalancerIP(asked)
	}
	annotations := b.annotations(b.settings.serviceAnnotations)
	if class := b.settings.loadBalancerClass; class != "" && b.settings.serviceType == corev1.ServiceTypeLoadBalancer {
		spec.WithLoadBalancerClass(class)
		annotations[classAnnotation] = class
	}
	return accore.Service(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(annotations).WithSpec(spec)
}

// classAnnotation holds the load-balancer class that a Service was made with:
// spec.loadBalancerClass may be somebody else's, where we set none.
const classAnnotation = "fairway.dev/load-balancer-class"

// displaced reports whether the Service has to go before it can be as wished,
// since its load-balancer class cannot be changed in place.
func (s *state) displaced(wish *unstructured.Unstructured) bool {
	service, there := s.objects["Service"].(*corev1.Service)
	if !there || wish.GetKind() != "Service" || service.Spec.Type != corev1.ServiceTypeLoadBalancer {
		return false
	}
	kind, _, err := unstructured.NestedString(wish.Object, "spec", "type")
	return err == nil && kind == string(corev1.ServiceTypeLoadBalancer) &&
		wish.GetAnnotations()[classAnnotation] != service.Annotations[classAnnotation]
}

// Kubernetes's default range of node ports.
const (
	firstNodePort = 30000
	lastNodePort  = 32767
)

func (b blueprint) servicePort(n uint16) *accore.ServicePortApplyConfiguration {
	port := accore.ServicePort().
		WithName("p" + strconv.Itoa(int(n))).
		WithProtocol(corev1.ProtocolTCP).
		WithPort(int32(n)).
		WithTargetPort(intstr.FromInt32(int32(wire.BindPort(n))))
	if b.settings.serviceType == corev1.ServiceTypeNodePort && n >= firstNodePort && n <= lastNodePort {
		port.WithNodePort(int32(n))
	}
	return port
}

func wishBudget(b blueprint) any {
	return acpolicy.PodDisruptionBudget(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(b.annotations(nil)).
		WithSpec(acpolicy.PodDisruptionBudgetSpec().
			WithMaxUnavailable(b.atOnce()).
			WithSelector(b.labelSelector()))
}
