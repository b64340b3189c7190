package service

import (
	"errors"
	"fmt"
	"net/netip"

	"github.com/google/nftables"
	"github.com/google/nftables/binaryutil"
	"github.com/google/nftables/expr"
	"github.com/mdlayher/netlink"
	"golang.org/x/sys/unix"
	corev1 "k8s.io/api/core/v1"
)

// Registers of 32 bits; a concatenation takes several in a row.
const (
	register0 = unix.NFT_REG32_00 + iota
	register1
	register2
)

// socketBuffer holds a whole transaction: the rules of thousands of Services.
const socketBuffer = 8 << 20

// Table is the packet filter's table of Services:
//
//	map frontends { ipv4_addr . inet_proto . inet_service : goto CHAIN }
//	set hairpins { ipv4_addr . ipv4_addr }
//	chain prerouting, output { ip daddr . meta l4proto . th dport vmap @frontends }
//	chain postrouting { ct status dnat ip saddr . ip daddr @hairpins snat to SOURCE }
//	one CHAIN per frontend { dnat to numgen random mod N map { 0 : ADDRESS . PORT, ... } }
//
// The source address of a connection is kept, except when a pod reaches itself: its reply would never leave the pod.
type Table struct {
	conn      *nftables.Conn
	source    netip.Addr
	table     *nftables.Table
	frontends *nftables.Set
	hairpins  *nftables.Set
	applied   Rules // nil before the first success and after a failure
}

// NewTable writes the table without any Service, which shows early whether the kernel can do all this. The source is the
// address that stands for a pod that reaches itself.
func NewTable(source netip.Addr) (*Table, error) {
	conn, err := nftables.New(nftables.AsLasting(), nftables.WithSockOptions(func(c *netlink.Conn) error {
		return errors.Join(c.SetReadBuffer(socketBuffer), c.SetWriteBuffer(socketBuffer))
	}))
	if err != nil {
		return nil, fmt.Errorf("open the packet filter: %w", err)
	}
	t := &Table{conn: conn, source: source}
	if err := t.Apply(Rules{}); err != nil {
		return nil, errors.Join(err, conn.CloseLasting())
	}
	return t, nil
}

// Apply makes the rules those of the table, in one transaction. After an error the old ones are in force, and the next call
// writes the whole table.
func (t *Table) Apply(rules Rules) error {
	if t.applied == nil {
		if err := t.create(); err != nil {
			return err
		}
	}
	c := diff(t.applied, rules)
	if t.applied != nil && c.empty() {
		return nil
	}
	t.applied = nil
	if err := t.write(rules, c); err != nil {
		return err
	}
	if err := t.conn.Flush(); err != nil {
		return fmt.Errorf("write %d changed and %d removed frontends: %w", len(c.set), len(c.gone), err)
	}
	t.applied = rules
	return nil
}

// Close gives the connection to the packet filter up; the table stays.
func (t *Table) Close() error { return t.conn.CloseLasting() }

// create begins the table anew, with what does not depend on Services.
func (t *Table) create() error {
	t.table = &nftables.Table{Family: nftables.TableFamilyIPv4, Name: "services"}
	t.conn.AddTable(t.table) // so that the deletion finds one
	t.conn.DelTable(t.table)
	t.conn.AddTable(t.table)
	t.frontends = &nftables.Set{
		Table: t.table, Name: "frontends", IsMap: true, Concatenation: true,
		KeyType:  nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeInetProto, nftables.TypeInetService),
		DataType: nftables.TypeVerdict,
	}
	t.hairpins = &nftables.Set{
		Table: t.table, Name: "hairpins", Concatenation: true,
		KeyType: nftables.MustConcatSetType(nftables.TypeIPAddr, nftables.TypeIPAddr),
	}
	for _, s := range []*nftables.Set{t.frontends, t.hairpins} {
		if err := t.conn.AddSet(s, nil); err != nil {
			return fmt.Errorf("define set %s: %w", s.Name, err)
		}
	}
	balance := []expr.Any{
		load(expr.PayloadBaseNetworkHeader, destinationOffset, 4, register0),
		&expr.Meta{Key: expr.MetaKeyL4PROTO, Register: register1},
		load(expr.PayloadBaseTransportHeader, 2, 2, register2),
		&expr.Lookup{SourceRegister: register0, SetName: t.frontends.Name, SetID: t.frontends.ID, DestRegister: unix.NFT_REG_VERDICT, IsDestRegSet: true},
	}
	t.hook("prerouting", nftables.ChainHookPrerouting, nftables.ChainPriorityNATDest, balance)
	t.hook("output", nftables.ChainHookOutput, nftables.ChainPriorityNATDest, balance)
	t.hook("postrouting", nftables.ChainHookPostrouting, nftables.ChainPriorityNATSource, t.turnHairpins())
	return nil
}

func (t *Table) hook(name string, hook *nftables.ChainHook, priority *nftables.ChainPriority, rule []expr.Any) {
	chain := t.conn.AddChain(&nftables.Chain{Table: t.table, Name: name, Type: nftables.ChainTypeNAT, Hooknum: hook, Priority: priority})
	t.conn.AddRule(&nftables.Rule{Table: t.table, Chain: chain, Exprs: rule})
}

// write adds the difference to the transaction.
func (t *Table) write(rules Rules, c change) error {
	var errs []error
	for _, f := range c.gone {
		chain := t.chain(f)
		errs = append(errs, t.conn.SetDeleteElements(t.frontends, []nftables.SetElement{element(f)}))
		t.conn.FlushChain(chain)
		t.conn.DelChain(chain)
	}
	for _, f := range c.set {
		chain := t.chain(f)
		t.conn.AddChain(chain)
		if !c.fresh[f] {
			t.conn.FlushChain(chain)
		}
		rule, err := t.balance(rules[f])
		errs = append(errs, err)
		t.conn.AddRule(&nftables.Rule{Table: t.table, Chain: chain, Exprs: rule})
		if c.fresh[f] {
			errs = append(errs, t.conn.SetAddElements(t.frontends, []nftables.SetElement{element(f)}))
		}
	}
	if len(c.hairpinsGone) > 0 {
		errs = append(errs, t.conn.SetDeleteElements(t.hairpins, pairs(c.hairpinsGone)))
	}
	if len(c.hairpinsSet) > 0 {
		errs = append(errs, t.conn.SetAddElements(t.hairpins, pairs(c.hairpinsSet)))
	}
	return errors.Join(errs...)
}

func (t *Table) chain(f Frontend) *nftables.Chain {
	return &nftables.Chain{Table: t.table, Name: chainName(f)}
}

func chainName(f Frontend) string { return fmt.Sprintf("%s/%s/%d", f.Address, f.Protocol, f.Port) }

// element leads a frontend to its chain.
func element(f Frontend) nftables.SetElement {
	return nftables.SetElement{Key: key(f), VerdictData: &expr.Verdict{Kind: expr.VerdictGoto, Chain: chainName(f)}}
}

// key is a frontend as the concatenated registers hold it.
func key(f Frontend) []byte {
	protocol := byte(unix.IPPROTO_TCP)
	if f.Protocol == corev1.ProtocolUDP {
		protocol = unix.IPPROTO_UDP
	}
	b := append(f.Address.AsSlice(), protocol, 0, 0, 0)
	return append(b, padded(f.Port)...)
}

// pairs are the keys of packets whose source and destination are the same.
func pairs(list []netip.Addr) []nftables.SetElement {
	elements := make([]nftables.SetElement, len(list))
	for i, a := range list {
		elements[i].Key = append(a.AsSlice(), a.AsSlice()...)
	}
	return elements
}

func padded(port uint16) []byte { return append(binaryutil.BigEndian.PutUint16(port), 0, 0) }
