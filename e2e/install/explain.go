package install

import (
	"context"
	"fmt"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/json"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
	mcsv1beta1 "sigs.k8s.io/mcs-api/pkg/apis/v1beta1"
)

const (
	// explainTimeout bounds Explain: a cluster may be frozen.
	explainTimeout = 10 * time.Second
	// logLines is how much of a log is shown.
	logLines = 40
	// most is how many objects of one kind are shown.
	most = 10
)

// told are the kinds whose status says why something does not work.
var told = []schema.GroupVersionKind{
	MemberClusterKind,
	gatewayKind("GatewayClass"),
	gatewayKind("Gateway"),
	gatewayKind("HTTPRoute"),
	mcsv1beta1.SchemeGroupVersion.WithKind("ServiceImport"),
}

func gatewayKind(kind string) schema.GroupVersionKind {
	return schema.GroupVersionKind{Group: gatewayv1.GroupVersion.Group, Version: gatewayv1.GroupVersion.Version, Kind: kind}
}

// Explain says, for a reader of a failure, what the hub's objects and pods report and what the hub
// controller logged last. Objects are those of a namespace, and those that have none; an empty
// namespace is all.
func (s *Stack) Explain(ctx context.Context, namespace string) string {
	ctx, cancel := context.WithTimeout(ctx, explainTimeout)
	defer cancel()
	var text strings.Builder
	for _, kind := range told {
		s.explainKind(ctx, &text, kind, namespace)
	}
	s.explainPods(ctx, &text, namespace)
	pods, err := s.HubPods(ctx)
	if err != nil {
		fmt.Fprintf(&text, "%v\n", err)
	}
	for _, pod := range pods {
		log, err := s.Hub.Log(ctx, &pod, logLines)
		if err != nil {
			log = err.Error()
		}
		fmt.Fprintf(&text, "--- the end of the log of %s/%s\n%s\n", pod.Namespace, pod.Name, strings.TrimSpace(log))
	}
	return text.String()
}

func (s *Stack) explainKind(ctx context.Context, text *strings.Builder, kind schema.GroupVersionKind, namespace string) {
	var list unstructured.UnstructuredList
	list.SetGroupVersionKind(kind)
	if err := s.Hub.Client.List(ctx, &list); err != nil {
		fmt.Fprintf(text, "%s: %v\n", kind.Kind, err)
		return
	}
	shown := 0
	for _, object := range list.Items {
		if namespace != "" && object.GetNamespace() != "" && object.GetNamespace() != namespace {
			continue
		}
		if shown++; shown > most {
			fmt.Fprintf(text, "further objects of kind %s are left out\n", kind.Kind)
			return
		}
		status, err := json.Marshal(object.Object["status"])
		if err != nil {
			status = []byte(err.Error())
		}
		fmt.Fprintf(text, "%s %s, generation %d: %s\n",
			kind.Kind, client.ObjectKeyFromObject(&object), object.GetGeneration(), status)
	}
}

// explainPods lists the pods that are not ready.
func (s *Stack) explainPods(ctx context.Context, text *strings.Builder, namespace string) {
	for _, cluster := range s.Clusters() {
		var pods corev1.PodList
		// Each has its own time: one that is frozen must not silence the others.
		short, cancel := context.WithTimeout(ctx, explainTimeout/5)
		err := cluster.Client.List(short, &pods, client.InNamespace(namespace))
		cancel()
		if err != nil {
			fmt.Fprintf(text, "pods of %s: %v\n", cluster.Name(), err)
			continue
		}
		for _, pod := range pods.Items {
			for _, c := range pod.Status.Conditions {
				if c.Type == corev1.PodReady && c.Status != corev1.ConditionTrue {
					fmt.Fprintf(text, "pod %s/%s in %s is not ready: %s: %s\n",
						pod.Namespace, pod.Name, cluster.Name(), c.Reason, c.Message)
				}
			}
		}
	}
}
