package volume

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/utils/ptr"
)

type objects struct{ secret map[string][]byte }

func (o *objects) Secret(_ context.Context, _, name string) (*corev1.Secret, error) {
	if name != "s" {
		return nil, apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, name)
	}
	return &corev1.Secret{Data: o.secret}, nil
}

func (o *objects) ConfigMap(_ context.Context, _, name string) (*corev1.ConfigMap, error) {
	return &corev1.ConfigMap{Data: map[string]string{"name": name}}, nil
}

type tokens struct{}

func (tokens) GetServiceAccountToken(_, name string, r *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
	granted := r.DeepCopy()
	granted.Status.Token = "token of " + name + " for " + r.Spec.BoundObjectRef.Name
	return granted, nil
}

func pod(volumes ...corev1.Volume) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "p", Labels: map[string]string{"app": "web"}},
		Spec:       corev1.PodSpec{ServiceAccountName: "robot", Volumes: volumes},
	}
}

func secretVolume(name, secret string, optional *bool) corev1.Volume {
	return corev1.Volume{Name: name, VolumeSource: corev1.VolumeSource{Secret: &corev1.SecretVolumeSource{
		SecretName: secret, Optional: optional, DefaultMode: ptr.To[int32](0o640),
	}}}
}

func content(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestSecretIsReplacedAtOnce(t *testing.T) {
	o := &objects{secret: map[string][]byte{"a": []byte("1"), "b": []byte("1")}}
	s := NewSet(&Source{Objects: o}, t.TempDir())
	p := pod(secretVolume("v", "s", nil))
	if err := s.Write(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	dir := s.Path("v")
	if content(t, dir+"/a") != "1" || content(t, dir+"/b") != "1" {
		t.Error("wrong content")
	}
	first, err := os.Readlink(dir + "/..data")
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Write(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if same, err := os.Readlink(dir + "/..data"); err != nil || same != first {
		t.Errorf("the same content was written again (%v)", err)
	}
	o.secret = map[string][]byte{"a": []byte("2")}
	if err := s.Write(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(dir + "/b"); !os.IsNotExist(err) || content(t, dir+"/a") != "2" {
		t.Errorf("the change did not arrive (%v)", err)
	}
}

func TestMissingObjects(t *testing.T) {
	s := NewSet(&Source{Objects: &objects{}}, t.TempDir())
	if err := s.Write(t.Context(), pod(secretVolume("v", "absent", ptr.To(true)))); err != nil {
		t.Errorf("optional secret: %v", err)
	}
	if err := s.Write(t.Context(), pod(secretVolume("w", "absent", nil))); !apierrors.IsNotFound(err) {
		t.Errorf("required secret: %v", err)
	}
	unsupported := corev1.Volume{Name: "v", VolumeSource: corev1.VolumeSource{NFS: &corev1.NFSVolumeSource{}}}
	if err := s.Write(t.Context(), pod(unsupported)); err == nil {
		t.Error("an unsupported kind of volume is no error")
	}
}

func TestProjectedAndOwnership(t *testing.T) {
	p := pod(
		corev1.Volume{Name: "api", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
			DefaultMode: ptr.To[int32](0o644),
			Sources: []corev1.VolumeProjection{
				{ServiceAccountToken: &corev1.ServiceAccountTokenProjection{Path: "token"}},
				{ConfigMap: &corev1.ConfigMapProjection{
					LocalObjectReference: corev1.LocalObjectReference{Name: "c"}, Items: []corev1.KeyToPath{{Key: "name", Path: "sub/ca.crt"}},
				}},
				{DownwardAPI: &corev1.DownwardAPIProjection{Items: []corev1.DownwardAPIVolumeFile{
					{Path: "labels", FieldRef: &corev1.ObjectFieldSelector{FieldPath: "metadata.labels"}},
				}}},
			},
		}}},
		corev1.Volume{Name: "empty", VolumeSource: corev1.VolumeSource{EmptyDir: &corev1.EmptyDirVolumeSource{}}},
	)
	s := NewSet(&Source{Objects: &objects{}, Tokens: tokens{}}, t.TempDir())
	p.Spec.SecurityContext = &corev1.PodSecurityContext{FSGroup: ptr.To[int64](1234)}
	if err := s.Write(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	got := []string{content(t, s.Path("api")+"/token"), content(t, s.Path("api")+"/sub/ca.crt"), content(t, s.Path("api")+"/labels")}
	if want := []string{"token of robot for p", "c", `app="web"`}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	for path, mode := range map[string]fs.FileMode{"api/token": 0o640, "api/labels": 0o644, "empty": fs.ModeDir | fs.ModeSetgid | 0o777} {
		info, err := os.Stat(filepath.Join(s.dir, path))
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: mode %v (%v), want %v", path, info.Mode(), err, mode)
		}
	}
	if err := s.Remove(); err != nil {
		t.Error(err)
	}
}

func TestRefersTo(t *testing.T) {
	p := pod(secretVolume("v", "s", nil), corev1.Volume{Name: "w", VolumeSource: corev1.VolumeSource{Projected: &corev1.ProjectedVolumeSource{
		Sources: []corev1.VolumeProjection{{ConfigMap: &corev1.ConfigMapProjection{LocalObjectReference: corev1.LocalObjectReference{Name: "c"}}}},
	}}})
	for name, want := range map[string]bool{"Secret/s": true, "Secret/c": false, "ConfigMap/c": true, "ConfigMap/s": false} {
		if got := RefersTo(p, filepath.Dir(name), filepath.Base(name)); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
