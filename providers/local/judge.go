package local

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/validation"
	metav1validation "k8s.io/apimachinery/pkg/apis/meta/v1/validation"
	kvalidation "k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"fairway.dev/fairway/api/v1alpha1"
)

// judge names every field that is wrong. The API server's schema tells most of
// it earlier; what it cannot tell, and what only the merger of a class's and a
// Gateway's parameters brings about, is told here.
func judge(spec v1alpha1.LocalGatewayParametersSpec) field.ErrorList {
	root := field.NewPath("spec")
	var faults field.ErrorList
	if n := spec.Replicas; n != nil && (*n < 1 || *n > 100) {
		faults = append(faults, field.Invalid(root.Child("replicas"), *n, "use 1 to 100"))
	}
	if spec.Resources != nil {
		faults = append(faults, judgeResources(root.Child("resources"), *spec.Resources)...)
	}
	if spec.Service != nil {
		faults = append(faults, judgeService(root.Child("service"), *spec.Service)...)
	}
	if spec.Pods != nil {
		faults = append(faults, judgePods(root.Child("pods"), *spec.Pods)...)
	}
	faults = append(faults, readTraffic(spec.Traffic, root.Child("traffic")).faults...)
	if spec.Logs != nil {
		logs := root.Child("logs")
		faults = append(faults, oneOf(logs.Child("access"), spec.Logs.Access,
			v1alpha1.AccessLogJSON, v1alpha1.AccessLogText, v1alpha1.AccessLogOff)...)
		faults = append(faults, oneOf(logs.Child("level"), spec.Logs.Level,
			v1alpha1.LogDebug, v1alpha1.LogInfo, v1alpha1.LogWarn, v1alpha1.LogError)...)
	}
	return faults
}

func judgeResources(path *field.Path, r v1alpha1.LocalResources) field.ErrorList {
	var faults field.ErrorList
	for key, list := range map[string]corev1.ResourceList{"requests": r.Requests, "limits": r.Limits} {
		for name, amount := range list {
			at := path.Child(key).Key(string(name))
			for _, words := range kvalidation.IsQualifiedName(string(name)) {
				faults = append(faults, field.Invalid(at, string(name), words))
			}
			if amount.Sign() < 0 {
				faults = append(faults, field.Invalid(at, amount.String(), "use an amount of 0 or more"))
			}
		}
	}
	for name, request := range r.Requests {
		if limit, limited := r.Limits[name]; limited && request.Cmp(limit) > 0 {
			faults = append(faults, field.Invalid(path.Child("requests").Key(string(name)), request.String(),
				"use no more than the limit, which is "+limit.String()))
		}
	}
	return faults
}

func judgeService(path *field.Path, s v1alpha1.LocalService) field.ErrorList {
	faults := oneOf(path.Child("type"), s.Type,
		corev1.ServiceTypeLoadBalancer, corev1.ServiceTypeNodePort, corev1.ServiceTypeClusterIP)
	faults = append(faults, oneOf(path.Child("externalTrafficPolicy"), s.ExternalTrafficPolicy,
		corev1.ServiceExternalTrafficPolicyCluster, corev1.ServiceExternalTrafficPolicyLocal)...)
	if class := s.LoadBalancerClass; class != nil {
		for _, words := range kvalidation.IsQualifiedName(*class) {
			faults = append(faults, field.Invalid(path.Child("loadBalancerClass"), *class, words))
		}
	}
	return append(faults, validation.ValidateAnnotations(s.Annotations, path.Child("annotations"))...)
}

func judgePods(path *field.Path, p v1alpha1.LocalPods) field.ErrorList {
	faults := validation.ValidateAnnotations(p.Annotations, path.Child("annotations"))
	faults = append(faults, metav1validation.ValidateLabels(p.NodeSelector, path.Child("nodeSelector"))...)
	for i, t := range p.Tolerations {
		at := path.Child("tolerations").Index(i)
		faults = append(faults, oneOf(at.Child("operator"), &t.Operator,
			"", corev1.TolerationOpEqual, corev1.TolerationOpExists)...)
		faults = append(faults, oneOf(at.Child("effect"), &t.Effect,
			"", corev1.TaintEffectNoSchedule, corev1.TaintEffectPreferNoSchedule, corev1.TaintEffectNoExecute)...)
		if t.Key == "" && t.Operator != corev1.TolerationOpExists {
			faults = append(faults, field.Required(at.Child("key"), "name a taint's key, or set the operator Exists for all"))
		}
		if t.Operator == corev1.TolerationOpExists && t.Value != "" {
			faults = append(faults, field.Invalid(at.Child("value"), t.Value, "remove it: the operator Exists compares none"))
		}
	}
	if s := p.Spread; s != nil {
		ways := []v1alpha1.Spreading{v1alpha1.SpreadPreferred, v1alpha1.SpreadRequired, v1alpha1.SpreadNone}
		faults = append(faults, oneOf(path.Child("spread", "zones"), s.Zones, ways...)...)
		faults = append(faults, oneOf(path.Child("spread", "nodes"), s.Nodes, ways...)...)
	}
	return faults
}

// oneOf demands one of the words, if there is a value at all.
func oneOf[T ~string](path *field.Path, value *T, words ...T) field.ErrorList {
	if value == nil {
		return nil
	}
	for _, w := range words {
		if *value == w {
			return nil
		}
	}
	return field.ErrorList{field.NotSupported(path, *value, words)}
}
