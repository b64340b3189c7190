package local

import (
	"sync"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
)

// drawings keep what the objects of each load balancer are to be: it stays the
// same while routes come and go, and to work it out costs more than a route.
type drawings struct {
	mu    sync.Mutex
	byRef map[providers.Ref]*drawing
}

// drawing is what the objects of one load balancer are to be.
type drawing struct {
	// source is the hash of what it was made from.
	source string
	// objects are in the order of parts, nil where there is to be none. Nobody
	// changes them.
	objects []*unstructured.Unstructured

	mu sync.Mutex
	// right are the versions of the observed objects that were found to be as
	// drawn.
	right []string
}

func newDrawings() *drawings { return &drawings{byRef: map[providers.Ref]*drawing{}} }

// draw gives the drawing for a blueprint, whose settings were read from raw. It
// is kept if the load balancer exists: of one that is only thought of, nobody
// would ever ask to have it dropped.
func (d *drawings) draw(b blueprint, raw providers.Settings, exists bool) *drawing {
	// No object shows what goes over the stream.
	frame := *b.wish
	frame.Routes, frame.Pools, frame.Certificates = nil, nil, nil
	b.wish = &frame
	source := ir.Hash([]any{frame, raw})
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.byRef[b.ref]; known != nil && known.source == source {
		return known
	}
	made := &drawing{source: source, right: make([]string, len(parts))}
	for _, part := range parts {
		made.objects = append(made.objects, part.object(b))
	}
	if exists {
		d.byRef[b.ref] = made
	}
	return made
}

// drop forgets a load balancer that is to go.
func (d *drawings) drop(ref providers.Ref) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.byRef, ref)
}

// shown reports whether an observed object, nil for none, is in a version that
// was found to be as the i-th part is drawn.
func (d *drawing) shown(i int, observed client.Object) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return observed != nil && d.right[i] != "" && d.right[i] == version(observed)
}

// note keeps that an observed object is as the i-th part is drawn.
func (d *drawing) note(i int, observed client.Object) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.right[i] = version(observed)
}

// version is the same for the same content of the same object; empty if it does
// not say.
func version(o client.Object) string {
	if o.GetResourceVersion() == "" {
		return ""
	}
	return string(o.GetUID()) + "/" + o.GetResourceVersion()
}
