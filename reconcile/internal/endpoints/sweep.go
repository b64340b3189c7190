package endpoints

import (
	"time"

	"fairway.dev/fairway/providers/ir"
)

// grave is where an entry was emptied.
type grave struct {
	service ir.Service
	cluster string
	emptied time.Time
}

// keepEmpty is how long an empty entry stays.
const keepEmpty = time.Hour

// sweep drops the empty entries that have stayed long enough. It is called
// with the lock held, whenever something changes: what costs memory comes with
// changes.
func (s *Store) sweep() {
	for len(s.graves) > 0 && s.now().Sub(s.graves[0].emptied) >= keepEmpty {
		g := s.graves[0]
		s.graves = s.graves[1:]
		// One that was filled again, or filled and emptied, has its own time.
		if e := s.services[g.service][g.cluster]; !e.empty() || !e.emptied.Equal(g.emptied) {
			continue
		}
		delete(s.services[g.service], g.cluster)
		if len(s.services[g.service]) == 0 {
			delete(s.services, g.service)
		}
	}
}
