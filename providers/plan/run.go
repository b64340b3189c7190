package plan

import (
	"context"
	"errors"
	"sync"
)

// Outcome is how one step ended.
type Outcome struct {
	Step string
	// Done is true when the step succeeded. A step that was not tried,
	// because one that it depends on did not succeed or because of a cut,
	// has Done false and a nil Err.
	Done bool
	Err  error
}

// Run carries out a plan's steps: each once all that it depends on have
// succeeded, at most parallel at a time (at least 1). Steps that do not depend on a failed
// one go on. It returns an outcome per step, in the plan's order, and the
// failures joined. Once ctx is done no further step is begun.
func Run(ctx context.Context, p Plan, parallel int, do func(context.Context, Step) error) ([]Outcome, error) {
	outcomes := make([]Outcome, len(p.Steps))
	finished := make(map[string]chan struct{}, len(p.Steps))
	index := make(map[string]int, len(p.Steps))
	for i, s := range p.Steps {
		outcomes[i].Step = s.ID
		finished[s.ID] = make(chan struct{})
		index[s.ID] = i
	}
	slots := make(chan struct{}, max(parallel, 1))
	var wg sync.WaitGroup
	for i, s := range p.Steps {
		wg.Go(func() {
			defer close(finished[s.ID])
			for _, d := range s.DependsOn {
				j, ok := index[d]
				if !ok || j >= i {
					outcomes[i].Err = errors.New("step " + s.ID + " depends on " + d + ", which is not an earlier step")
					return
				}
				<-finished[d]
				if !outcomes[j].Done {
					return
				}
			}
			slots <- struct{}{}
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			outcomes[i].Err = do(ctx, s)
			outcomes[i].Done = outcomes[i].Err == nil
		})
	}
	wg.Wait()
	errs := make([]error, 0, len(outcomes)+1)
	for _, o := range outcomes {
		errs = append(errs, o.Err)
	}
	return outcomes, errors.Join(append(errs, ctx.Err())...)
}
