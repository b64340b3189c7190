package address

import (
	"errors"
	"net/netip"
	"strings"
	"testing"
)

func TestPoolReusesAsLateAsPossible(t *testing.T) {
	p := NewPool(netip.MustParsePrefix("10.64.1.0/29"), netip.MustParseAddr("10.64.1.3"))
	var taken []string
	for range 5 { // 1, 2, 4, 5, 6: without the network, the broadcast and the reserved address
		a, err := p.Take()
		if err != nil {
			t.Fatal(err)
		}
		taken = append(taken, a.String())
	}
	if want := "10.64.1.1 10.64.1.2 10.64.1.4 10.64.1.5 10.64.1.6"; strings.Join(taken, " ") != want {
		t.Fatalf("took %s, want %s", strings.Join(taken, " "), want)
	}
	if _, err := p.Take(); !errors.Is(err, ErrExhausted) {
		t.Fatalf("take from an empty pool: %v", err)
	}
	p.Release(netip.MustParseAddr("10.64.1.5"))
	p.Release(netip.MustParseAddr("10.64.1.1"))
	p.Release(netip.MustParseAddr("10.64.1.1"))
	for _, want := range []string{"10.64.1.5", "10.64.1.1"} {
		if a, err := p.Take(); err != nil || a.String() != want {
			t.Errorf("took %s (%v), want %s", a, err, want)
		}
	}
	if _, err := p.Take(); !errors.Is(err, ErrExhausted) {
		t.Error("an address released twice was handed out twice")
	}
}

func TestClaim(t *testing.T) {
	p := NewPool(netip.MustParsePrefix("198.18.0.0/29"))
	a := netip.MustParseAddr("198.18.0.4")
	if !p.Claim(a) || p.Claim(a) {
		t.Error("an address can be claimed exactly once")
	}
	if p.Claim(netip.MustParseAddr("198.18.1.1")) {
		t.Error("claimed an address outside of the range")
	}
	p.Release(a)
	if !p.Claim(a) {
		t.Error("a released address cannot be claimed")
	}
}
