package local

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	kjson "sigs.k8s.io/json"

	"fairway.dev/fairway/api/v1alpha1"
	"fairway.dev/fairway/providers"
)

// settings are a Gateway's parameters with the defaults filled in.
type settings struct {
	replicas              int32
	resources             corev1.ResourceRequirements
	serviceType           corev1.ServiceType
	loadBalancerClass     string
	serviceAnnotations    map[string]string
	externalTrafficPolicy corev1.ServiceExternalTrafficPolicy
	podAnnotations        map[string]string
	nodeSelector          map[string]string
	tolerations           []corev1.Toleration
	zones, nodes          v1alpha1.Spreading
	traffic               traffic
	accessLog             v1alpha1.AccessLog
	logLevel              v1alpha1.LogLevel
}

// settingsKind holds them. They name no Secrets.
var settingsKind = providers.SettingsKind{
	Group: v1alpha1.GroupVersion.Group, Version: v1alpha1.GroupVersion.Version, Kind: "LocalGatewayParameters",
}

// decode reads and judges Settings: the spec of LocalGatewayParameters. Its
// error is one of kind Invalid.
func decode(raw providers.Settings) (settings, error) {
	var spec v1alpha1.LocalGatewayParametersSpec
	if len(raw) > 0 {
		strict, err := kjson.UnmarshalStrict(raw, &spec)
		if err := errors.Join(append([]error{err}, strict...)...); err != nil {
			return settings{}, invalid(decodeMessage(err), err)
		}
	}
	if faults := judge(spec); len(faults) > 0 {
		var words []string
		for _, f := range faults {
			words = append(words, f.Error())
		}
		slices.Sort(words)
		return settings{}, invalid(strings.Join(words, "; "), nil)
	}
	return resolve(spec), nil
}

func invalid(message string, err error) error {
	return &providers.Error{
		Kind: providers.Invalid, Reason: "InvalidParameters", Message: message, Err: err,
	}
}

// decodeMessage says what is wrong with JSON in the words of its author, not
// of Go.
func decodeMessage(err error) string {
	var mismatch *json.UnmarshalTypeError
	if errors.As(err, &mismatch) {
		return fmt.Sprintf("%s: a value of type %s does not fit here", strings.TrimSuffix("spec."+mismatch.Field, "."), mismatch.Value)
	}
	return "spec: " + strings.ReplaceAll(err.Error(), "\n", "; ") + "; mend or remove it"
}

// resolve fills in the defaults.
func resolve(spec v1alpha1.LocalGatewayParametersSpec) settings {
	s := settings{
		replicas:    or(spec.Replicas, 2),
		serviceType: corev1.ServiceTypeLoadBalancer,
		zones:       v1alpha1.SpreadPreferred,
		nodes:       v1alpha1.SpreadPreferred,
		accessLog:   v1alpha1.AccessLogJSON,
		logLevel:    v1alpha1.LogInfo,
		resources:   resources(spec.Resources),
		traffic:     readTraffic(spec.Traffic, nil),
	}
	if service := spec.Service; service != nil {
		s.serviceType = or(service.Type, s.serviceType)
		s.loadBalancerClass = or(service.LoadBalancerClass, "")
		s.serviceAnnotations = service.Annotations
		s.externalTrafficPolicy = or(service.ExternalTrafficPolicy, "")
	}
	if pods := spec.Pods; pods != nil {
		s.podAnnotations, s.nodeSelector, s.tolerations = pods.Annotations, pods.NodeSelector, pods.Tolerations
		if spread := pods.Spread; spread != nil {
			s.zones, s.nodes = or(spread.Zones, s.zones), or(spread.Nodes, s.nodes)
		}
	}
	if logs := spec.Logs; logs != nil {
		s.accessLog, s.logLevel = or(logs.Access, s.accessLog), or(logs.Level, s.logLevel)
	}
	return s
}

// or is the value at p, or otherwise.
func or[T comparable](p *T, otherwise T) T {
	if p == nil {
		return otherwise
	}
	return cmp.Or(*p, otherwise)
}

// defaultRequests are what a proxy requests of what its parameters do not
// name.
func defaultRequests() corev1.ResourceList {
	return corev1.ResourceList{
		corev1.ResourceCPU:    resource.MustParse("50m"),
		corev1.ResourceMemory: resource.MustParse("64Mi"),
	}
}

// resources never default a request to more than its limit.
func resources(wished *v1alpha1.LocalResources) corev1.ResourceRequirements {
	r := corev1.ResourceRequirements{Requests: defaultRequests()}
	if wished == nil {
		return r
	}
	for name, limit := range wished.Limits {
		if request, ok := r.Requests[name]; ok && request.Cmp(limit) > 0 {
			r.Requests[name] = limit
		}
	}
	for name, request := range wished.Requests {
		r.Requests[name] = request
	}
	r.Limits = wished.Limits
	return r
}
