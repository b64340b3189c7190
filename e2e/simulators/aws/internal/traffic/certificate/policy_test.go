package certificate

import (
	"crypto/tls"
	"testing"
)

// TestVersions reads the protocols of the documented policies (Security policies).
func TestVersions(t *testing.T) {
	for policy, want := range map[string][2]uint16{
		"ELBSecurityPolicy-TLS13-1-2-2021-06":        {tls.VersionTLS12, tls.VersionTLS13},
		"ELBSecurityPolicy-TLS13-1-2-Res-2021-06":    {tls.VersionTLS12, tls.VersionTLS13},
		"ELBSecurityPolicy-TLS13-1-2-Ext2-2021-06":   {tls.VersionTLS12, tls.VersionTLS13},
		"ELBSecurityPolicy-TLS13-1-3-2021-06":        {tls.VersionTLS13, tls.VersionTLS13},
		"ELBSecurityPolicy-TLS13-1-1-2021-06":        {tls.VersionTLS11, tls.VersionTLS13},
		"ELBSecurityPolicy-TLS13-1-0-2021-06":        {tls.VersionTLS10, tls.VersionTLS13},
		"ELBSecurityPolicy-FS-1-2-Res-2020-10":       {tls.VersionTLS12, tls.VersionTLS12},
		"ELBSecurityPolicy-FS-1-1-2019-08":           {tls.VersionTLS11, tls.VersionTLS12},
		"ELBSecurityPolicy-FS-2018-06":               {tls.VersionTLS10, tls.VersionTLS12},
		"ELBSecurityPolicy-TLS-1-2-Ext-2018-06":      {tls.VersionTLS12, tls.VersionTLS12},
		"ELBSecurityPolicy-TLS-1-1-2017-01":          {tls.VersionTLS11, tls.VersionTLS12},
		"ELBSecurityPolicy-TLS-1-0-2015-04":          {tls.VersionTLS10, tls.VersionTLS12},
		"ELBSecurityPolicy-2016-08":                  {tls.VersionTLS10, tls.VersionTLS12},
		"ELBSecurityPolicy-2015-05":                  {tls.VersionTLS10, tls.VersionTLS12},
		"ELBSecurityPolicy-TLS13-1-2-FIPS-2023-04":   {tls.VersionTLS12, tls.VersionTLS13},
		"ELBSecurityPolicy-TLS13-1-2-PQ-2025-09":     {tls.VersionTLS12, tls.VersionTLS13},
		"ELBSecurityPolicy-TLS13-1-0-PQ-2025-09":     {tls.VersionTLS10, tls.VersionTLS13},
		"ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09": {tls.VersionTLS12, tls.VersionTLS13},
	} {
		if oldest, newest := Versions(policy); oldest != want[0] || newest != want[1] {
			t.Errorf("%s: %s to %s", policy, tls.VersionName(oldest), tls.VersionName(newest))
		}
	}
}
