package local

import (
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"fairway.dev/fairway/providers"
	"fairway.dev/fairway/providers/ir"
	"fairway.dev/fairway/providers/local/stream"
	"fairway.dev/fairway/providers/local/wire"
)

func TestAListenerIsProgrammedOnceEveryReadyProxyServesIt(t *testing.T) {
	lb := wishFor(80)
	hash := ir.Hash(lb.Listeners[0])
	serves := func(node string) stream.Stream {
		return stream.Stream{Node: node, Since: start, Listeners: map[string]string{"a": hash}}
	}
	behind := func(node string, since time.Time) stream.Stream { return stream.Stream{Node: node, Since: since} }
	refuses := func(node, words string) stream.Stream {
		return stream.Stream{Node: node, Since: start, Refusals: []stream.Refusal{{Type: wire.ListenerType, Name: "a", Message: words}}}
	}
	for name, c := range map[string]struct {
		ready   []string
		streams []stream.Stream
		want    string
	}{
		"no proxy":                      {nil, []stream.Stream{serves("1")}, "waiting for the first proxy to become ready"},
		"one ready, the other to come":  {[]string{"1"}, []stream.Stream{serves("1"), behind("2", start)}, ""},
		"one of two behind":             {[]string{"1", "2"}, []stream.Stream{serves("1"), behind("2", start)}, "1 of 2 ready proxies has not acknowledged the configuration yet"},
		"one of two away":               {[]string{"1", "2"}, []stream.Stream{serves("1")}, "1 of 2 ready proxies is not connected to the hub"},
		"both away":                     {[]string{"1", "2"}, nil, "2 of 2 ready proxies are not connected to the hub"},
		"both refuse":                   {[]string{"1", "2"}, []stream.Stream{refuses("1", "b"), refuses("2", "a")}, "2 of 2 ready proxies refuse it: a"},
		"a younger stream is the truth": {[]string{"1"}, []stream.Stream{behind("1", start.Add(-time.Second)), serves("1")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := &state{published: lb, streams: c.streams, ready: map[string]bool{}, objects: map[string]client.Object{"Service": serviceWith(80)}, reached: map[int32]bool{int32(wire.BindPort(80)): true}}
			for _, pod := range c.ready {
				s.ready[pod] = true
			}
			got := s.listeners()
			want := providers.ListenerState{Name: "a", Hash: hash, Programmed: c.want == "", Down: c.ready == nil, Message: c.want}
			if len(got) != 1 || got[0] != want {
				t.Errorf("got %+v, want %+v", got, want)
			}
		})
	}
}

func serviceWith(port uint16) *corev1.Service {
	s := &corev1.Service{}
	s.Spec.Ports = []corev1.ServicePort{{Port: int32(port), TargetPort: intstr.FromInt32(int32(wire.BindPort(port)))}}
	return s
}

func TestAListenerIsNotProgrammedBeforeTheServiceTakesItsPort(t *testing.T) {
	lb := wishFor(80)
	s := &state{published: lb, ready: map[string]bool{"1": true},
		streams: []stream.Stream{{Node: "1", Since: start, Listeners: map[string]string{"a": ir.Hash(lb.Listeners[0])}}}}
	bound := map[int32]bool{int32(wire.BindPort(80)): true}
	for _, c := range []struct {
		service client.Object
		reached map[int32]bool
	}{{nil, nil}, {serviceWith(81), bound}, {serviceWith(80), nil}} {
		service := c.service
		s.objects, s.reached = map[string]client.Object{"Service": service}, c.reached
		if got := s.listeners()[0]; got.Programmed || got.Message != "the Service does not take port 80 yet" {
			t.Errorf("service %v: got %+v", service, got)
		}
	}
}
