package pool

import "sync"

// Groups finds groups by ARN. The zero value is empty.
type Groups struct{ byARN sync.Map }

// Get is the group; one that was never set is empty, and is the same one once it is.
func (g *Groups) Get(arn string) *Group {
	if found, ok := g.byARN.Load(arn); ok {
		return found.(*Group)
	}
	found, _ := g.byARN.LoadOrStore(arn, newGroup(arn))
	return found.(*Group)
}

// Remove forgets a group and cuts what its targets are doing.
func (g *Groups) Remove(arn string) {
	if found, ok := g.byARN.LoadAndDelete(arn); ok {
		found.(*Group).close()
	}
}
