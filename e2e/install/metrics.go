package install

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	gatewayv1 "sigs.k8s.io/gateway-api/apis/v1"
)

// The ports that answer /metrics.
const (
	hubMetricsPort   = 8080
	proxyMetricsPort = 64512
)

// Metrics are what a program counted, read once.
type Metrics map[string]*dto.MetricFamily

// Sum adds up the counters and gauges of a name that have all the labels, given as name and value in
// turn. What was never counted is 0.
func (m Metrics) Sum(name string, labels ...string) float64 {
	sum := 0.0
	for _, metric := range m[name].GetMetric() {
		if has(metric, labels) {
			sum += metric.GetCounter().GetValue() + metric.GetGauge().GetValue()
		}
	}
	return sum
}

func has(metric *dto.Metric, labels []string) bool {
	values := map[string]string{}
	for _, pair := range metric.GetLabel() {
		values[pair.GetName()] = pair.GetValue()
	}
	for i := 0; i < len(labels); i += 2 {
		if values[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}

// HubMetrics reads the metrics of the hub controller, of which there must be one.
func (s *Stack) HubMetrics(ctx context.Context) (Metrics, error) {
	pods, err := s.HubPods(ctx)
	if err != nil {
		return nil, err
	}
	if len(pods) != 1 {
		return nil, fmt.Errorf("there are %d hub pods, not one", len(pods))
	}
	return s.scrape(ctx, pods[0], hubMetricsPort)
}

// Proxies are the pods that carry a Gateway's traffic and are not being deleted.
func (s *Stack) Proxies(ctx context.Context, gateway client.ObjectKey) ([]corev1.Pod, error) {
	var pods corev1.PodList
	err := s.Hub.Client.List(ctx, &pods, client.InNamespace(gateway.Namespace),
		client.MatchingLabels{gatewayv1.GatewayNameLabelKey: gateway.Name})
	if err != nil {
		return nil, fmt.Errorf("list the proxies of %s: %w", gateway, err)
	}
	return living(pods.Items), nil
}

// ProxyMetrics reads the metrics of every proxy of a Gateway, by the pod's name.
func (s *Stack) ProxyMetrics(ctx context.Context, gateway client.ObjectKey) (map[string]Metrics, error) {
	pods, err := s.Proxies(ctx, gateway)
	if err != nil {
		return nil, err
	}
	all := map[string]Metrics{}
	for _, pod := range pods {
		if all[pod.Name], err = s.scrape(ctx, pod, proxyMetricsPort); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func (s *Stack) scrape(ctx context.Context, pod corev1.Pod, port int) (_ Metrics, err error) {
	url := fmt.Sprintf("http://%s:%d/metrics", pod.Status.PodIP, port)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, fmt.Errorf("read the metrics of pod %s: %w", pod.Name, err)
	}
	response, err := s.HTTP.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read the metrics of pod %s: %w", pod.Name, err)
	}
	defer func() { err = errors.Join(err, response.Body.Close()) }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read the metrics of pod %s: status %s", pod.Name, response.Status)
	}
	metrics, err := parse(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read the metrics of pod %s: %w", pod.Name, err)
	}
	return metrics, nil
}

// Metrics reads the metrics of the cluster's API server.
func (c *Cluster) Metrics(ctx context.Context) (Metrics, error) {
	body, err := c.kube.CoreV1().RESTClient().Get().AbsPath("/metrics").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("read the metrics of the API server of %s: %w", c.Name(), err)
	}
	metrics, err := parse(bytes.NewReader(body))
	if err != nil {
		return nil, fmt.Errorf("read the metrics of the API server of %s: %w", c.Name(), err)
	}
	return metrics, nil
}

func parse(text io.Reader) (Metrics, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	return parser.TextToMetricFamilies(text)
}
