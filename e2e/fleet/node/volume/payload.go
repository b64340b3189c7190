package volume

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/kubernetes/pkg/volume/configmap"
	"k8s.io/kubernetes/pkg/volume/secret"
	volumeutil "k8s.io/kubernetes/pkg/volume/util"
	"k8s.io/utils/ptr"

	"fairway.dev/fairway/e2e/fleet/node/downward"
)

// files is what a volume contains, by path.
type files = map[string]volumeutil.FileProjection

// defaults are the mode and owner of files that say nothing else.
type defaults struct {
	mode *int32
	user *int64
}

func (s *Source) collect(ctx context.Context, pod *corev1.Pod, v *corev1.Volume) (files, error) {
	switch {
	case v.Secret != nil:
		d := defaults{v.Secret.DefaultMode, v.Secret.DefaultUser}
		return s.secret(ctx, pod, v.Secret.SecretName, v.Secret.Items, v.Secret.Optional, d)
	case v.ConfigMap != nil:
		d := defaults{v.ConfigMap.DefaultMode, v.ConfigMap.DefaultUser}
		return s.configMap(ctx, pod, v.ConfigMap.Name, v.ConfigMap.Items, v.ConfigMap.Optional, d)
	case v.DownwardAPI != nil:
		return s.downward(pod, v.DownwardAPI.Items, defaults{v.DownwardAPI.DefaultMode, v.DownwardAPI.DefaultUser})
	case v.Projected != nil:
		return s.projected(ctx, pod, v.Projected)
	}
	return nil, errors.New("this kind of volume is not supported by the fleet's node")
}

func (s *Source) secret(ctx context.Context, pod *corev1.Pod, name string, items []corev1.KeyToPath, optional *bool, d defaults) (files, error) {
	object, err := s.Objects.Secret(ctx, pod.Namespace, name)
	if apierrors.IsNotFound(err) && ptr.Deref(optional, false) {
		object, err = &corev1.Secret{}, nil
	}
	if err != nil {
		return nil, err
	}
	payload, err := secret.MakePayload(items, object, d.mode, d.user, ptr.Deref(optional, false))
	if err != nil {
		return nil, fmt.Errorf("secret %q: %w", name, err)
	}
	return payload, nil
}

func (s *Source) configMap(ctx context.Context, pod *corev1.Pod, name string, items []corev1.KeyToPath, optional *bool, d defaults) (files, error) {
	object, err := s.Objects.ConfigMap(ctx, pod.Namespace, name)
	if apierrors.IsNotFound(err) && ptr.Deref(optional, false) {
		object, err = &corev1.ConfigMap{}, nil
	}
	if err != nil {
		return nil, err
	}
	payload, err := configmap.MakePayload(items, object, d.mode, d.user, ptr.Deref(optional, false))
	if err != nil {
		return nil, fmt.Errorf("config map %q: %w", name, err)
	}
	return payload, nil
}

func (s *Source) downward(pod *corev1.Pod, items []corev1.DownwardAPIVolumeFile, d defaults) (files, error) {
	payload := files{}
	for _, item := range items {
		var value string
		var err error
		switch {
		case item.FieldRef != nil:
			value, err = downward.Field(pod, item.FieldRef.FieldPath)
		case item.ResourceFieldRef != nil:
			value, err = downward.Resource(pod, "", item.ResourceFieldRef, s.Allocatable)
		}
		if err != nil {
			return nil, err
		}
		payload[filepath.Clean(item.Path)] = volumeutil.FileProjection{
			Data: []byte(value), Mode: *defaultTo(item.Mode, d.mode), FsUser: volumeutil.ResolvesFsUser(d.user, item.User),
		}
	}
	return payload, nil
}

func (s *Source) projected(ctx context.Context, pod *corev1.Pod, v *corev1.ProjectedVolumeSource) (files, error) {
	d := defaults{v.DefaultMode, v.DefaultUser}
	all := files{}
	for _, source := range v.Sources {
		var payload files
		var err error
		switch {
		case source.Secret != nil:
			payload, err = s.secret(ctx, pod, source.Secret.Name, source.Secret.Items, source.Secret.Optional, d)
		case source.ConfigMap != nil:
			payload, err = s.configMap(ctx, pod, source.ConfigMap.Name, source.ConfigMap.Items, source.ConfigMap.Optional, d)
		case source.DownwardAPI != nil:
			payload, err = s.downward(pod, source.DownwardAPI.Items, d)
		case source.ServiceAccountToken != nil:
			payload, err = s.token(pod, source.ServiceAccountToken, d)
		default:
			err = errors.New("this source of a projected volume is not supported by the fleet's node")
		}
		if err != nil {
			return nil, err
		}
		maps.Copy(all, payload)
	}
	return all, nil
}

// token is a service account token that is bound to the pod. It is readable by all unless it can be given to the pod's user
// or group: the kubelet's rule.
func (s *Source) token(pod *corev1.Pod, t *corev1.ServiceAccountTokenProjection, d defaults) (files, error) {
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{
		ExpirationSeconds: t.ExpirationSeconds,
		BoundObjectRef:    &authenticationv1.BoundObjectReference{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID},
	}}
	if t.Audience != "" {
		request.Spec.Audiences = []string{t.Audience}
	}
	granted, err := s.Tokens.GetServiceAccountToken(pod.Namespace, pod.Spec.ServiceAccountName, request)
	if err != nil {
		return nil, fmt.Errorf("request a token of service account %q: %w", pod.Spec.ServiceAccountName, err)
	}
	user := volumeutil.ResolvesFsUser(d.user, t.User)
	if user == nil {
		user = volumeutil.FsUserFrom(pod)
	}
	mode := *d.mode
	if user != nil || group(pod) != nil {
		mode = 0o600
	}
	return files{t.Path: {Data: []byte(granted.Status.Token), Mode: mode, FsUser: user}}, nil
}

func defaultTo(mode, otherwise *int32) *int32 {
	if mode != nil {
		return mode
	}
	return otherwise
}
