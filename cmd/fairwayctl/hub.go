package main

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"

	"fairway.dev/fairway/api/v1alpha1"
)

// scheme knows all that is read and written, on the hub and in members.
func scheme() *runtime.Scheme {
	s := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{clientgoscheme.AddToScheme, gatewayv1.Install, mcsv1beta1.Install, v1alpha1.AddToScheme} {
		if err := add(s); err != nil {
			// The types are compiled in: this cannot depend on input.
			panic(err)
		}
	}
	return s
}

// clientConfig is what a context of a kubeconfig says; empty strings mean what
// kubectl would take.
func clientConfig(kubeconfig, context string) clientcmd.ClientConfig {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context})
}

// restConfig reaches a cluster by a context of a kubeconfig; empty strings
// mean what kubectl would take.
func restConfig(kubeconfig, context string) (*rest.Config, error) {
	config, err := clientConfig(kubeconfig, context).ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, errors.New("there is no kubeconfig; name one with --kubeconfig or $KUBECONFIG")
	}
	if err != nil {
		return nil, err
	}
	config.UserAgent = "fairwayctl/" + version
	return config, nil
}

// hubConfig says how to reach the hub.
func (g *globals) hubConfig() (*rest.Config, error) {
	config, err := restConfig(g.kubeconfig, g.context)
	if err != nil {
		return nil, fmt.Errorf("find the hub: %w", err)
	}
	return config, nil
}

// hub makes a client for the hub.
func (g *globals) hub() (client.WithWatch, error) {
	config, err := g.hubConfig()
	if err != nil {
		return nil, err
	}
	c, err := client.NewWithWatch(config, client.Options{Scheme: scheme()})
	if err != nil {
		return nil, fmt.Errorf("reach the hub at %s: %w", config.Host, err)
	}
	return c, nil
}
