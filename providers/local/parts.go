package local

import (
	"maps"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	acmeta "k8s.io/client-go/applyconfigurations/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/owner"
)

// appName is the label app.kubernetes.io/name of all that is made.
const (
	appNameKey  = "app.kubernetes.io/name"
	appName     = "fairway-proxy"
	instanceKey = "app.kubernetes.io/instance"
)

// gatewayAnnotation holds the Gateway's whole name, which a label may be too
// short for.
const gatewayAnnotation = "fairway.dev/gateway-name"

// blueprint is what the objects of one load balancer are made from.
type blueprint struct {
	ref      providers.Ref
	options  Options
	settings settings
	wish     *ir.LoadBalancer
}

// part is one kind of object that every load balancer has once, in the
// Gateway's namespace.
type part struct {
	kind string
	// why is what it is for, after "create".
	why string
	// empty makes an object to read into, list one to list into.
	empty func() client.Object
	list  func() client.ObjectList
	// wish is the apply configuration; nil if there is to be none.
	wish func(blueprint) any
	// after are the kinds that have to be there before, and that have to go
	// first.
	after, goneAfter []string
	// delete says how what depends on it goes.
	delete metav1.DeletionPropagation
}

// parts are in the order in which they are made.
var parts = []part{
	{
		kind: "ServiceAccount", why: "proxies run under an account of their own, without a token",
		empty: func() client.Object { return &corev1.ServiceAccount{} },
		list:  func() client.ObjectList { return &corev1.ServiceAccountList{} },
		wish:  wishServiceAccount, delete: metav1.DeletePropagationBackground, goneAfter: []string{"Deployment"},
	},
	{
		kind: "Secret", why: "proxies prove by a certificate which Gateway they serve",
		empty: func() client.Object { return metadataOf("Secret") },
		list:  func() client.ObjectList { return metadataListOf("SecretList") },
		wish:  wishSecret, delete: metav1.DeletePropagationBackground, goneAfter: []string{"Deployment"},
	},
	{
		kind: "Deployment", why: "proxies carry the Gateway's traffic",
		empty: func() client.Object { return &appsv1.Deployment{} },
		list:  func() client.ObjectList { return &appsv1.DeploymentList{} },
		wish:  wishDeployment, after: []string{"ServiceAccount", "Secret"},
		// Foreground: once the Deployment is gone its pods are.
		delete: metav1.DeletePropagationForeground, goneAfter: []string{"Service"},
	},
	{
		kind: "Service", why: "clients reach the proxies at its address",
		empty: func() client.Object { return &corev1.Service{} },
		list:  func() client.ObjectList { return &corev1.ServiceList{} },
		wish:  wishService, delete: metav1.DeletePropagationBackground,
	},
	{
		kind: "PodDisruptionBudget", why: "a drained node takes one proxy at a time",
		empty: func() client.Object { return &policyv1.PodDisruptionBudget{} },
		list:  func() client.ObjectList { return &policyv1.PodDisruptionBudgetList{} },
		wish:  wishBudget, delete: metav1.DeletePropagationBackground, goneAfter: []string{"Deployment"},
	},
}

func metadataOf(kind string) *metav1.PartialObjectMetadata {
	o := &metav1.PartialObjectMetadata{}
	o.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
	return o
}

func metadataListOf(kind string) *metav1.PartialObjectMetadataList {
	o := &metav1.PartialObjectMetadataList{}
	o.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
	return o
}

// objectName is the name of all of ref's objects.
func objectName(ref providers.Ref) string { return owner.Name(ref, 63) }

// id names an object of ref's in plans and messages.
func id(kind string, ref providers.Ref) string {
	return kind + "/" + ref.Namespace + "/" + objectName(ref)
}

func (b blueprint) name() string { return objectName(b.ref) }

// selector is what tells a Gateway's proxies from all other pods.
func (b blueprint) selector() map[string]string {
	return map[string]string{appNameKey: appName, instanceKey: b.name()}
}

// labels are the Gateway's infrastructure labels, and over them our own.
func (b blueprint) labels() map[string]string {
	return over(b.wish.Labels, owner.Marks(b.ref), b.selector())
}

func (b blueprint) labelSelector() *acmeta.LabelSelectorApplyConfiguration {
	return acmeta.LabelSelector().WithMatchLabels(b.selector())
}

// annotations are those that the parameters ask for, over them the Gateway's
// infrastructure annotations, and over them our own.
func (b blueprint) annotations(asked map[string]string) map[string]string {
	return over(over(asked, b.wish.Annotations), map[string]string{gatewayAnnotation: b.ref.Name})
}

// over lays ours over what users ask for, of which it leaves out what only
// Fairway may say.
func over(asked map[string]string, ours ...map[string]string) map[string]string {
	all := map[string]string{}
	for k, v := range asked {
		if !strings.HasPrefix(k, "fairway.dev/") {
			all[k] = v
		}
	}
	for _, m := range ours {
		maps.Copy(all, m)
	}
	return all
}

// atOnce is how many proxies may be away or extra at a time.
func (b blueprint) atOnce() intstr.IntOrString {
	return intstr.FromInt32(max(1, b.settings.replicas/4))
}
