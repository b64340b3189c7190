package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// accountManifest is what a member gets: the account that the hub comes as.
//
//go:embed account.yaml
var accountManifest string

// account is the account's place in the member, as the manifest has it.
const (
	accountNamespace = "fairway-system"
	accountName      = "fairway-hub"
)

// tokenLife is how long the first token is to last. The hub renews it long
// before; this is how long a hub may be away.
const tokenLife = 7 * 24 * time.Hour

// fieldOwner is who we are in server-side apply.
const fieldOwner = client.FieldOwner("fairwayctl")

// accountObjects are the objects of the manifest, in order.
func accountObjects() ([]*unstructured.Unstructured, error) {
	var all []*unstructured.Unstructured
	for decoder := yaml.NewYAMLOrJSONDecoder(strings.NewReader(accountManifest), 4096); ; {
		object := &unstructured.Unstructured{}
		err := decoder.Decode(object)
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("read the account's manifest: %w", err)
		}
		all = append(all, object)
	}
}

// makeAccount makes the account in a member, or brings it up to date.
func makeAccount(ctx context.Context, member client.Client) error {
	objects, err := accountObjects()
	if err != nil {
		return err
	}
	for _, o := range objects {
		if err := member.Apply(ctx, client.ApplyConfigurationFromUnstructured(o), fieldOwner, client.ForceOwnership); err != nil {
			return fmt.Errorf("make %s %s in the member: %w", o.GetKind(), o.GetName(), err)
		}
	}
	return nil
}

// removeAccount takes the account away; the namespace stays, since others may
// use it.
func removeAccount(ctx context.Context, member client.Client) error {
	objects, err := accountObjects()
	if err != nil {
		return err
	}
	for _, o := range objects {
		if o.GetKind() == "Namespace" {
			continue
		}
		if err := member.Delete(ctx, o); client.IgnoreNotFound(err) != nil {
			return fmt.Errorf("delete %s %s in the member: %w", o.GetKind(), o.GetName(), err)
		}
	}
	return nil
}

// newToken asks the member for a token of the account.
func newToken(ctx context.Context, member client.Client) (string, error) {
	account := &corev1.ServiceAccount{}
	account.Namespace, account.Name = accountNamespace, accountName
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: ptr.To(int64(tokenLife.Seconds()))}}
	if err := member.SubResource("token").Create(ctx, account, request); err != nil {
		return "", fmt.Errorf("ask the member for a token of %s/%s: %w", accountNamespace, accountName, err)
	}
	return request.Status.Token, nil
}
