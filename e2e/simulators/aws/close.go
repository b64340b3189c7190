package aws

import "errors"

// close ends what was started, the last first. Only the first call does.
func (s *Simulator) close() error {
	s.closing.Do(func() {
		// What is scheduled must not open again what is being closed.
		if s.clock != nil {
			s.clock.End()
		}
		for i := len(s.closers) - 1; i >= 0; i-- {
			s.closed = errors.Join(s.closed, s.closers[i]())
		}
	})
	return s.closed
}
