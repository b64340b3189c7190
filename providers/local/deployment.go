package local

import (
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	acapps "k8s.io/client-go/applyconfigurations/apps/v1"
	accore "k8s.io/client-go/applyconfigurations/core/v1"

	"fairway.dev/fairway/providers/local/wire"
)

// Where a proxy finds its identity, the user that it runs as, and how long it
// may take to drain: more than fairway-proxy's own limits together.
const (
	identityFolder = "/etc/fairway/identity"
	proxyUser      = 65532
	graceSeconds   = 45
)

// wishDeployment does not depend on the listeners: those are the stream's
// matter, and no reason for a rollout.
func wishDeployment(b blueprint) any {
	return acapps.Deployment(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(b.annotations()).
		WithSpec(acapps.DeploymentSpec().
			WithReplicas(b.settings.Replicas).
			WithSelector(b.labelSelector()).
			WithStrategy(acapps.DeploymentStrategy().
				WithType(appsv1.RollingUpdateDeploymentStrategyType).
				WithRollingUpdate(acapps.RollingUpdateDeployment().
					WithMaxUnavailable(intstr.FromInt32(0)).
					WithMaxSurge(intstr.FromInt32(1)))).
			WithTemplate(accore.PodTemplateSpec().
				WithLabels(b.labels()).WithAnnotations(b.annotations()).
				WithSpec(b.pod())))
}

func (b blueprint) pod() *accore.PodSpecApplyConfiguration {
	return accore.PodSpec().
		WithServiceAccountName(b.name()).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(graceSeconds).
		WithSecurityContext(accore.PodSecurityContext().
			WithRunAsNonRoot(true).WithRunAsUser(proxyUser).WithRunAsGroup(proxyUser).
			WithSeccompProfile(accore.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithTopologySpreadConstraints(b.spread(corev1.LabelTopologyZone), b.spread(corev1.LabelHostname)).
		WithVolumes(accore.Volume().WithName("identity").
			WithSecret(accore.SecretVolumeSource().WithSecretName(b.name()))).
		WithContainers(b.container())
}

func (b blueprint) spread(key string) *accore.TopologySpreadConstraintApplyConfiguration {
	return accore.TopologySpreadConstraint().
		WithMaxSkew(1).WithTopologyKey(key).WithWhenUnsatisfiable(corev1.ScheduleAnyway).
		WithLabelSelector(b.labelSelector())
}

func (b blueprint) container() *accore.ContainerApplyConfiguration {
	return accore.Container().
		WithName("proxy").
		WithImage(b.options.ProxyImage).
		WithArgs("--hub="+b.options.StreamAddress, "--identity="+identityFolder).
		WithEnv(accore.EnvVar().WithName("POD_NAME").WithValueFrom(accore.EnvVarSource().
			WithFieldRef(accore.ObjectFieldSelector().WithFieldPath("metadata.name")))).
		WithPorts(accore.ContainerPort().WithName("admin").
			WithContainerPort(wire.AdminPort).WithProtocol(corev1.ProtocolTCP)).
		WithVolumeMounts(accore.VolumeMount().WithName("identity").WithMountPath(identityFolder).WithReadOnly(true)).
		WithLivenessProbe(probe("/livez").WithPeriodSeconds(10).WithTimeoutSeconds(5)).
		WithReadinessProbe(probe("/readyz").WithPeriodSeconds(1).WithTimeoutSeconds(2)).
		WithResources(accore.ResourceRequirements().WithRequests(b.settings.Requests)).
		WithSecurityContext(accore.SecurityContext().
			WithRunAsNonRoot(true).
			WithReadOnlyRootFilesystem(true).
			WithAllowPrivilegeEscalation(false).
			WithCapabilities(accore.Capabilities().WithDrop("ALL")))
}

func probe(path string) *accore.ProbeApplyConfiguration {
	return accore.Probe().WithFailureThreshold(3).
		WithHTTPGet(accore.HTTPGetAction().WithPath(path).WithPort(intstr.FromInt32(wire.AdminPort)))
}
