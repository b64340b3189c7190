package clock

import (
	"container/heap"
	"time"
)

// entry is a function and its moment; equal moments keep the order of scheduling.
type entry struct {
	at    time.Time
	seq   uint64
	f     func()
	index int
}

// queue is a heap, the earliest entry first.
type queue []*entry

// next takes the first entry out.
func (q *queue) next() *entry { return heap.Pop(q).(*entry) }

func (q queue) Len() int { return len(q) }

func (q queue) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].seq < q[j].seq
	}
	return q[i].at.Before(q[j].at)
}

func (q queue) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}

// Push is container/heap's.
func (q *queue) Push(x any) {
	e := x.(*entry)
	e.index = len(*q)
	*q = append(*q, e)
}

// Pop is container/heap's.
func (q *queue) Pop() any {
	old := *q
	e := old[len(old)-1]
	old[len(old)-1] = nil
	*q = old[:len(old)-1]
	e.index = -1
	return e
}
