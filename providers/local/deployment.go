package local

import (
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	acapps "k8s.io/client-go/applyconfigurations/apps/v1"
	accore "k8s.io/client-go/applyconfigurations/core/v1"

	"fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/providers/local/wire"
)

// Where a proxy finds its identity, and the user that it runs as.
const (
	identityFolder = "/etc/fairway/identity"
	proxyUser      = 65532
)

// wishDeployment does not depend on the listeners: those are the stream's
// matter, and no reason for a rollout.
func wishDeployment(b blueprint) any {
	return acapps.Deployment(b.name(), b.ref.Namespace).
		WithLabels(b.labels()).WithAnnotations(b.annotations(nil)).
		WithSpec(acapps.DeploymentSpec().
			WithReplicas(b.settings.replicas).
			WithSelector(b.labelSelector()).
			WithStrategy(acapps.DeploymentStrategy().
				WithType(appsv1.RollingUpdateDeploymentStrategyType).
				WithRollingUpdate(acapps.RollingUpdateDeployment().
					WithMaxUnavailable(intstr.FromInt32(0)).
					WithMaxSurge(b.atOnce()))).
			WithTemplate(accore.PodTemplateSpec().
				WithLabels(b.labels()).WithAnnotations(b.annotations(b.settings.podAnnotations)).
				WithSpec(b.pod())))
}

func (b blueprint) pod() *accore.PodSpecApplyConfiguration {
	return accore.PodSpec().
		WithServiceAccountName(b.name()).
		WithAutomountServiceAccountToken(false).
		WithEnableServiceLinks(false).
		WithTerminationGracePeriodSeconds(int64((b.settings.traffic.drain + afterDrain).Seconds())).
		WithSecurityContext(accore.PodSecurityContext().
			WithRunAsNonRoot(true).WithRunAsUser(proxyUser).WithRunAsGroup(proxyUser).
			WithSeccompProfile(accore.SeccompProfile().WithType(corev1.SeccompProfileTypeRuntimeDefault))).
		WithNodeSelector(b.settings.nodeSelector).
		WithTolerations(b.tolerations()...).
		WithTopologySpreadConstraints(append(
			b.spread(corev1.LabelTopologyZone, b.settings.zones),
			b.spread(corev1.LabelHostname, b.settings.nodes)...)...).
		WithVolumes(accore.Volume().WithName("identity").
			WithSecret(accore.SecretVolumeSource().WithSecretName(b.name()))).
		WithContainers(b.container())
}

// spread keeps the pods apart by a label of their nodes.
func (b blueprint) spread(key string, how v1alpha1.Spreading) []*accore.TopologySpreadConstraintApplyConfiguration {
	otherwise := corev1.ScheduleAnyway
	switch how {
	case v1alpha1.SpreadNone:
		return nil
	case v1alpha1.SpreadRequired:
		otherwise = corev1.DoNotSchedule
	}
	return []*accore.TopologySpreadConstraintApplyConfiguration{accore.TopologySpreadConstraint().
		WithMaxSkew(1).WithTopologyKey(key).WithWhenUnsatisfiable(otherwise).
		WithLabelSelector(b.labelSelector())}
}

func (b blueprint) tolerations() []*accore.TolerationApplyConfiguration {
	var all []*accore.TolerationApplyConfiguration
	for _, t := range b.settings.tolerations {
		one := accore.Toleration()
		one.TolerationSeconds = t.TolerationSeconds
		if t.Key != "" {
			one.WithKey(t.Key)
		}
		if t.Operator != "" {
			one.WithOperator(t.Operator)
		}
		if t.Value != "" {
			one.WithValue(t.Value)
		}
		if t.Effect != "" {
			one.WithEffect(t.Effect)
		}
		all = append(all, one)
	}
	return all
}

// resources leaves out what there is none of: an empty list would be a change
// to every look at it.
func (b blueprint) resources() *accore.ResourceRequirementsApplyConfiguration {
	r := accore.ResourceRequirements().WithRequests(b.settings.resources.Requests)
	if len(b.settings.resources.Limits) > 0 {
		r.WithLimits(b.settings.resources.Limits)
	}
	return r
}

func (b blueprint) container() *accore.ContainerApplyConfiguration {
	return accore.Container().
		WithName("proxy").
		WithImage(b.options.ProxyImage).
		WithArgs(b.arguments()...).
		WithEnv(accore.EnvVar().WithName("POD_NAME").WithValueFrom(accore.EnvVarSource().
			WithFieldRef(accore.ObjectFieldSelector().WithFieldPath("metadata.name")))).
		WithPorts(accore.ContainerPort().WithName("admin").
			WithContainerPort(wire.AdminPort).WithProtocol(corev1.ProtocolTCP)).
		WithVolumeMounts(accore.VolumeMount().WithName("identity").WithMountPath(identityFolder).WithReadOnly(true)).
		WithLivenessProbe(probe("/livez").WithPeriodSeconds(10).WithTimeoutSeconds(5)).
		WithReadinessProbe(probe("/readyz").WithPeriodSeconds(1).WithTimeoutSeconds(2)).
		WithResources(b.resources()).
		WithSecurityContext(accore.SecurityContext().
			WithRunAsNonRoot(true).
			WithReadOnlyRootFilesystem(true).
			WithAllowPrivilegeEscalation(false).
			WithCapabilities(accore.Capabilities().WithDrop("ALL")))
}

func (b blueprint) arguments() []string {
	return append([]string{
		"--hub=" + b.options.StreamAddress,
		"--identity=" + identityFolder,
		"--access-log=" + strings.ToLower(string(b.settings.accessLog)),
		"--log-level=" + strings.ToLower(string(b.settings.logLevel)),
	}, b.settings.traffic.args...)
}

func probe(path string) *accore.ProbeApplyConfiguration {
	return accore.Probe().WithFailureThreshold(3).
		WithHTTPGet(accore.HTTPGetAction().WithPath(path).WithPort(intstr.FromInt32(wire.AdminPort)))
}
