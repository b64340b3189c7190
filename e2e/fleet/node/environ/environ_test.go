package environ

import (
	"context"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
)

type fixed struct{}

func (fixed) Secret(_ context.Context, _, name string) (*corev1.Secret, error) {
	if name != "s" {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, name)
	}
	return &corev1.Secret{Data: map[string][]byte{"key": []byte("hidden")}}, nil
}

func (fixed) ConfigMap(_ context.Context, _, name string) (*corev1.ConfigMap, error) {
	if name != "c" {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "configmaps"}, name)
	}
	return &corev1.ConfigMap{Data: map[string]string{"a": "1", "b": "2"}}, nil
}

func source() *Source {
	return &Source{
		Objects:     fixed{},
		Allocatable: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("64"), corev1.ResourceMemory: resource.MustParse("1Gi")},
		Services: func() []*corev1.Service {
			kubernetes := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "kubernetes"}}
			kubernetes.Spec = corev1.ServiceSpec{ClusterIP: "10.128.0.1", Ports: []corev1.ServicePort{{Name: "https", Port: 443, Protocol: "TCP"}}}
			return []*corev1.Service{kubernetes}
		},
	}
}

func pod() *corev1.Pod {
	p := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p", UID: "u", Labels: map[string]string{"app": "web"}}}
	p.Spec.NodeName, p.Spec.ServiceAccountName = "east-1", "robot"
	p.Status.PodIP, p.Status.HostIP = "10.64.1.1", "10.192.0.11"
	p.Spec.Containers = []corev1.Container{{Name: "main", Resources: corev1.ResourceRequirements{
		Limits: corev1.ResourceList{corev1.ResourceMemory: resource.MustParse("64Mi")},
	}}}
	return p
}

func field(name, path string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{FieldRef: &corev1.ObjectFieldSelector{FieldPath: path}}}
}

func limit(name, of string) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{ResourceFieldRef: &corev1.ResourceFieldSelector{Resource: of}}}
}

func secretKey(name, secret, key string, optional *bool) corev1.EnvVar {
	return corev1.EnvVar{Name: name, ValueFrom: &corev1.EnvVarSource{SecretKeyRef: &corev1.SecretKeySelector{
		LocalObjectReference: corev1.LocalObjectReference{Name: secret}, Key: key, Optional: optional,
	}}}
}

func TestResolve(t *testing.T) {
	p := pod()
	c := &p.Spec.Containers[0]
	c.EnvFrom = []corev1.EnvFromSource{{Prefix: "C_", ConfigMapRef: &corev1.ConfigMapEnvSource{LocalObjectReference: corev1.LocalObjectReference{Name: "c"}}}}
	c.Env = []corev1.EnvVar{
		{Name: "C_b", Value: "overridden"},
		{Name: "URL", Value: "https://$(KUBERNETES_SERVICE_HOST)/$(C_a)/$(UNKNOWN)/$$(C_a)"},
		field("NAME", "metadata.name"), field("LABEL", "metadata.labels['app']"), field("NODE", "spec.nodeName"), field("IP", "status.podIP"), field("ACCOUNT", "spec.serviceAccountName"),
		limit("MEMORY", "limits.memory"), limit("CPU", "limits.cpu"),
		secretKey("SECRET", "s", "key", nil), secretKey("NONE", "absent", "key", ptr.To(true)), secretKey("NO_KEY", "s", "other", ptr.To(true)),
	}
	env, err := source().Resolve(t.Context(), p, c, map[string]string{"PATH": "/bin", "URL": "default"})
	if err != nil {
		t.Fatal(err)
	}
	got := slices.DeleteFunc(List(env), func(s string) bool { return strings.HasPrefix(s, "KUBERNETES_PORT") })
	want := []string{
		"ACCOUNT=robot", "CPU=64", "C_a=1", "C_b=overridden", "IP=10.64.1.1", "KUBERNETES_SERVICE_HOST=10.128.0.1",
		"KUBERNETES_SERVICE_PORT=443", "KUBERNETES_SERVICE_PORT_HTTPS=443", "LABEL=web", "MEMORY=67108864", "NAME=p", "NODE=east-1",
		"PATH=/bin", "SECRET=hidden", "URL=https://10.128.0.1/1/$(UNKNOWN)/$(C_a)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	words := Words([]string{"--ip=$(IP)", "$(NOPE)", "$$(IP)"}, env)
	if !slices.Equal(words, []string{"--ip=10.64.1.1", "$(NOPE)", "$(IP)"}) {
		t.Errorf("words: %q", words)
	}
}

func TestResolveSaysWhatIsMissing(t *testing.T) {
	for _, v := range []corev1.EnvVar{secretKey("V", "absent", "key", nil), secretKey("V", "s", "other", nil), field("V", "spec.nonsense")} {
		p := pod()
		p.Spec.Containers[0].Env = []corev1.EnvVar{v}
		if _, err := source().Resolve(t.Context(), p, &p.Spec.Containers[0], nil); err == nil || !strings.Contains(err.Error(), "variable V") {
			t.Errorf("%+v: error %v", v.ValueFrom, err)
		}
	}
}
