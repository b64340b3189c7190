package service

import (
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"golang.org/x/sys/unix"
)

// Offsets of the addresses in an IPv4 header.
const (
	sourceOffset      = 12
	destinationOffset = 16
)

// statusDNAT is the kernel's mark (IPS_DST_NAT) of a connection whose destination was translated.
const statusDNAT = 1 << 5

// load copies a field of the packet into a register.
func load(base expr.PayloadBase, offset, length, register uint32) expr.Any {
	return &expr.Payload{OperationType: expr.PayloadLoad, Base: base, Offset: offset, Len: length, DestRegister: register}
}

// balance sends a connection to one of the backends, each as likely as any other.
func (t *Table) balance(backends []netip.AddrPort) ([]expr.Any, error) {
	translate := &expr.NAT{
		Type: expr.NATTypeDestNAT, Family: unix.NFPROTO_IPV4,
		RegAddrMin: register0, RegProtoMin: register1, Specified: true,
	}
	if len(backends) == 1 {
		return []expr.Any{
			&expr.Immediate{Register: register0, Data: backends[0].Addr().AsSlice()},
			&expr.Immediate{Register: register1, Data: binaryutil.BigEndian.PutUint16(backends[0].Port())},
			translate,
		}, nil
	}
	choice := &nftables.Set{
		Table: t.table, Anonymous: true, Constant: true, IsMap: true,
		KeyType:  nftables.TypeInteger,
		DataType: nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetService),
	}
	elements := make([]nftables.SetElement, len(backends))
	for i, b := range backends {
		elements[i] = nftables.SetElement{
			Key: binaryutil.NativeEndian.PutUint32(uint32(i)),
			Val: append(b.Addr().AsSlice(), padded(b.Port())...),
		}
	}
	if err := t.conn.AddSet(choice, elements); err != nil {
		return nil, fmt.Errorf("define the choice of %d backends: %w", len(backends), err)
	}
	return []expr.Any{
		&expr.Numgen{Register: register0, Modulus: uint32(len(backends)), Type: unix.NFT_NG_RANDOM},
		&expr.Lookup{SourceRegister: register0, DestRegister: register0, IsDestRegSet: true, SetName: choice.Name, SetID: choice.ID},
		translate,
	}, nil
}

// turnHairpins gives another source to translated connections that lead a pod to itself.
func (t *Table) turnHairpins() []expr.Any {
	translated := binaryutil.NativeEndian.PutUint32(statusDNAT)
	return []expr.Any{
		&expr.Ct{Key: expr.CtKeySTATUS, Register: register0},
		&expr.Bitwise{SourceRegister: register0, DestRegister: register0, Len: 4, Mask: translated, Xor: make([]byte, 4)},
		&expr.Cmp{Op: expr.CmpOpNeq, Register: register0, Data: make([]byte, 4)},
		load(expr.PayloadBaseNetworkHeader, sourceOffset, 4, register0),
		load(expr.PayloadBaseNetworkHeader, destinationOffset, 4, register1),
		&expr.Lookup{SourceRegister: register0, SetName: t.hairpins.Name, SetID: t.hairpins.ID},
		&expr.Immediate{Register: register0, Data: t.source.AsSlice()},
		&expr.NAT{Type: expr.NATTypeSourceNAT, Family: unix.NFPROTO_IPV4, RegAddrMin: register0},
	}
}
