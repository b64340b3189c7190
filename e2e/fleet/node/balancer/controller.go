package balancer

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/netip"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"fairway.dev/fairway/e2e/fleet/node/address"
)

const (
	// writeTimeout bounds one status write: a frozen API server takes connections and never answers.
	writeTimeout = 5 * time.Second
	// retry is the pause after a write has failed.
	retry = 500 * time.Millisecond
)

// Services returns all Services.
type Services interface{ List() []*corev1.Service }

// Controller writes the addresses into the Services' statuses.
type Controller struct {
	client   kubernetes.Interface
	services Services
	state    assignments
	changed  chan struct{}
	log      *slog.Logger
}

// New makes a controller that hands out the addresses of a range; Run starts it.
func New(client kubernetes.Interface, services Services, addresses netip.Prefix, log *slog.Logger) *Controller {
	return &Controller{
		client: client, services: services, log: log, changed: make(chan struct{}, 1),
		state: assignments{pool: address.NewPool(addresses), held: map[types.UID]netip.Addr{}},
	}
}

// Changed says that a Service is not what it was. It never blocks.
func (c *Controller) Changed() {
	select {
	case c.changed <- struct{}{}:
	default:
	}
}

// Run assigns and releases addresses until ctx ends. The Services must have been listed before.
func (c *Controller) Run(ctx context.Context) {
	c.Changed()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.changed:
		}
		if err := c.reconcile(ctx); err != nil && ctx.Err() == nil {
			c.log.Info("cannot write the address of a load balancer yet", "err", err)
			time.AfterFunc(retry, c.Changed)
		}
	}
}

func (c *Controller) reconcile(ctx context.Context) error {
	wishes, without := c.state.plan(c.services.List())
	for _, s := range without {
		c.log.Warn("no address for a load balancer", "service", s.Namespace+"/"+s.Name, "asked", asked(s))
	}
	for _, w := range wishes {
		if err := c.write(ctx, w); err != nil {
			return err
		}
	}
	return nil
}

// write patches the status. A Service that is gone or was replaced needs none.
func (c *Controller) write(ctx context.Context, w wish) error {
	ctx, cancel := context.WithTimeout(ctx, writeTimeout)
	defer cancel()
	var ingress []corev1.LoadBalancerIngress
	if w.address.IsValid() {
		mode := corev1.LoadBalancerIPModeVIP
		ingress = []corev1.LoadBalancerIngress{{IP: w.address.String(), IPMode: &mode}}
	}
	patch, err := json.Marshal(map[string]any{
		"metadata": map[string]any{"uid": w.service.UID},
		"status":   map[string]any{"loadBalancer": map[string]any{"ingress": ingress}},
	})
	if err != nil {
		return fmt.Errorf("encode the status of service %s/%s: %w", w.service.Namespace, w.service.Name, err)
	}
	services := c.client.CoreV1().Services(w.service.Namespace)
	_, err = services.Patch(ctx, w.service.Name, types.MergePatchType, patch, metav1.PatchOptions{}, "status")
	if err != nil && !apierrors.IsNotFound(err) && !apierrors.IsConflict(err) {
		return fmt.Errorf("write the status of service %s/%s: %w", w.service.Namespace, w.service.Name, err)
	}
	return nil
}
