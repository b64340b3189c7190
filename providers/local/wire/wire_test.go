package wire

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"fairway.dev/fairway/providers/ir"
)

func TestCertificateCrossesWithItsKey(t *testing.T) {
	c := Certificate{Name: "ns/tls", Chain: "chain", Key: ir.NewSecret([]byte("private"))}
	for _, v := range []any{c, &c} {
		b, err := Encode(v)
		if err != nil {
			t.Fatal(err)
		}
		if got, want := string(b), `{"name":"ns/tls","chain":"chain","key":"cHJpdmF0ZQ=="}`; got != want {
			t.Errorf("encoded to %s, want %s", got, want)
		}
		var back Certificate
		if err := Decode(b, &back); err != nil {
			t.Fatal(err)
		}
		if back.Name != c.Name || back.Chain != c.Chain || string(back.Key.Reveal()) != "private" {
			t.Errorf("came back as %v", back)
		}
	}
}

func TestCertificateHidesItsKey(t *testing.T) {
	c := Certificate{Name: "ns/tls", Key: ir.NewSecret([]byte("private"))}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("seen", "certificate", c)
	marshalled, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(c), fmt.Sprintf("%+v %#v %s %x", c, c, &c, c), log.String(), string(marshalled)} {
		for _, bad := range []string{"private", "cHJpdmF0ZQ", "70726976617465", "112 114 105"} {
			if strings.Contains(shown, bad) {
				t.Errorf("the key is shown: %s", shown)
			}
		}
	}
}

func TestDecodeIsStrict(t *testing.T) {
	for body, want := range map[string]string{
		`{"name":"a","new":1}`:         `unknown field "new"`,
		`{"name":"a","port":80}{}`:     "something follows",
		`{"name":"a","port":80}}`:      "something follows",
		`{"name":"a","port":"eighty"}`: "decode",
		`{"name":"a"`:                  "decode",
	} {
		if err := Decode([]byte(body), &Listener{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", body, err, want)
		}
	}
	for _, body := range []string{`{"name":"a","cert":""}`, `{"key":"%%"}`, `null null`} {
		c := Certificate{Name: "before"}
		if err := Decode([]byte(body), &c); err == nil || c.Name != "before" {
			t.Errorf("%s: got %v and %v", body, c, err)
		}
	}
	if err := Decode([]byte(`{"name":"a","port":80} `+"\n"), &Listener{}); err != nil {
		t.Error(err)
	}
}

func TestNamesSplitAgain(t *testing.T) {
	for _, cluster := range []string{"", "east"} {
		pool, back := SplitEndpointsName(EndpointsName("Service/ns/a/80", cluster))
		if pool != "Service/ns/a/80" || back != cluster {
			t.Errorf("%q: got %q and %q", cluster, pool, back)
		}
		i := Identity{Hub: "h", Cluster: cluster, Namespace: "ns", Gateway: "gw", UID: "u"}
		if got, err := ParseIdentity(i.URI()); err != nil || got != i {
			t.Errorf("got %v, %v", got, err)
		}
	}
}
