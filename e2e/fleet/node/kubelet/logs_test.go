package kubelet

import (
	"net/url"
	"testing"
)

func TestLogOptions(t *testing.T) {
	q, err := url.ParseQuery("follow=true&previous=true&tailLines=5&sinceTime=2026-01-02T03:04:05Z&limitBytes=7")
	if err != nil {
		t.Fatal(err)
	}
	o, err := logOptions(q)
	if err != nil {
		t.Fatal(err)
	}
	if !o.Follow || !o.Previous || o.Timestamps || *o.TailLines != 5 || *o.LimitBytes != 7 || o.SinceSeconds != nil || o.SinceTime.Year() != 2026 {
		t.Errorf("options %+v", o)
	}
	for _, bad := range []url.Values{{"tailLines": {"x"}}, {"limitBytes": {"-1"}}, {"sinceTime": {"yesterday"}}} {
		if _, err := logOptions(bad); err == nil {
			t.Errorf("%v is no error", bad)
		}
	}
}
