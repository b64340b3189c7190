package conformance

import (
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"

	confv1 "sigs.k8s.io/gateway-api/conformance/apis/v1"
	"sigs.k8s.io/yaml"
)

func readReport(t *testing.T, file string) *confv1.ConformanceReport {
	t.Helper()
	content, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	report := &confv1.ConformanceReport{}
	if err := yaml.UnmarshalStrict(content, report); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return report
}

// compare says in which results two reports differ; when they were made and by which version does
// not count.
func compare(want, got *confv1.ConformanceReport) []string {
	var differences []string
	differ := func(what string, want, got any) {
		if !reflect.DeepEqual(want, got) {
			differences = append(differences, fmt.Sprintf("%s: the kept report says %+v, this run %+v", what, want, got))
		}
	}
	differ("Gateway API version", want.GatewayAPIVersion, got.GatewayAPIVersion)
	differ("Gateway API channel", want.GatewayAPIChannel, got.GatewayAPIChannel)
	differ("succeeded provisional tests", want.SucceededProvisionalTests, got.SucceededProvisionalTests)
	profiles := map[string]confv1.ProfileReport{}
	for _, p := range want.ProfileReports {
		profiles[p.Name] = p
	}
	for _, p := range got.ProfileReports {
		kept := profiles[p.Name]
		delete(profiles, p.Name)
		differ(p.Name+": core", kept.Core, p.Core)
		var none confv1.ExtendedStatus
		if kept.Extended == nil {
			kept.Extended = &none
		}
		if p.Extended == nil {
			p.Extended = &none
		}
		differ(p.Name+": extended", *kept.Extended, *p.Extended)
	}
	for name := range profiles {
		differences = append(differences, "profile "+name+" is in the kept report only")
	}
	return differences
}

func TestCompareNamesWhatDiffers(t *testing.T) {
	report := func() *confv1.ConformanceReport {
		return &confv1.ConformanceReport{GatewayAPIVersion: "v1", Date: "today", ProfileReports: []confv1.ProfileReport{{
			Name: "GATEWAY-HTTP", Core: confv1.Status{Statistics: confv1.Statistics{Passed: 40}},
			Extended: &confv1.ExtendedStatus{SupportedFeatures: []string{"A"}},
		}}}
	}
	later := report()
	later.Date = "tomorrow"
	if d := compare(report(), later); len(d) != 0 {
		t.Errorf("equal reports differ: %q", d)
	}
	for want, change := range map[string]func(*confv1.ConformanceReport){
		"GATEWAY-HTTP: core":      func(r *confv1.ConformanceReport) { r.ProfileReports[0].Core.Passed = 39 },
		"GATEWAY-HTTP: extended":  func(r *confv1.ConformanceReport) { r.ProfileReports[0].Extended.SupportedFeatures = nil },
		"Gateway API version":     func(r *confv1.ConformanceReport) { r.GatewayAPIVersion = "v2" },
		"in the kept report only": func(r *confv1.ConformanceReport) { r.ProfileReports = nil },
		"GATEWAY-TLS: core": func(r *confv1.ConformanceReport) {
			r.ProfileReports = append(r.ProfileReports, confv1.ProfileReport{Name: "GATEWAY-TLS", Core: confv1.Status{Result: confv1.Success}})
		},
	} {
		got := report()
		change(got)
		if d := compare(report(), got); len(d) != 1 || !strings.Contains(d[0], want) {
			t.Errorf("want a difference about %q, got %q", want, d)
		}
	}
}
