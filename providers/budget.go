package providers

import "context"

// Budgeted is the optional power to have calls counted against the limits of
// an account, so that all Gateways of the account share them. Before each call
// to its API such a provider calls Spend.
type Budgeted interface {
	// Budget names the account that calls at a Location count against, and its
	// limits. Pure; equal accounts give equal budgets.
	Budget(Location) Budget
}

// Budget is what an account allows, by class of call ("describe", "modify":
// the provider's words).
type Budget struct {
	Account string
	Rates   map[string]Rate
}

// Rate is a token bucket: Burst calls at once, PerSecond more each second.
type Rate struct {
	Burst     int
	PerSecond float64
}

// Spender grants calls. Core puts one into the context of every verb of a
// Budgeted provider.
type Spender interface {
	// Spend waits until one call of the class may be made. An Error of kind
	// Throttled means that it would take longer than ctx has.
	Spend(ctx context.Context, class string) error
}

type spenderKey struct{}

// WithSpender gives a context in which Spend asks s.
func WithSpender(ctx context.Context, s Spender) context.Context {
	return context.WithValue(ctx, spenderKey{}, s)
}

// Spend waits until one call of the class may be made. Without a Spender in
// ctx it may be made at once.
func Spend(ctx context.Context, class string) error {
	s, ok := ctx.Value(spenderKey{}).(Spender)
	if !ok {
		return ctx.Err()
	}
	return s.Spend(ctx, class)
}
