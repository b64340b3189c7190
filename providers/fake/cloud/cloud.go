package cloud

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Limits are what the cloud allows.
type Limits struct {
	NameLength       int
	RulesPerListener int
	TargetsPerRule   int
	// Balancers is how many a region holds.
	Balancers int
}

// DefaultLimits are low, so that tests meet them.
func DefaultLimits() Limits {
	return Limits{NameLength: 48, RulesPerListener: 5, TargetsPerRule: 3, Balancers: 20}
}

// How long operations take.
const (
	ProvisionTime = 40 * time.Second
	DeleteTime    = 15 * time.Second
)

// Faults are what goes wrong at the moment.
type Faults struct {
	// Throttle is how many calls are still refused for being too many.
	Throttle int
	// Denied refuses all calls.
	Denied bool
	// Refused is a text that no rule's condition may contain, for reasons of
	// the cloud's own.
	Refused string
}

// Cloud is a small cloud in memory. Limits are set before it is used.
type Cloud struct {
	Limits Limits

	mu       sync.Mutex
	around   Around
	now      time.Time
	faults   Faults
	requests int
	regions  map[string]map[id]*Resource
	// done are told of operations that ended.
	done []func(region string, r Resource)
}

// New makes an empty cloud.
func New() *Cloud {
	return &Cloud{
		Limits: DefaultLimits(), regions: map[string]map[id]*Resource{},
		now: time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC),
	}
}

// Intercept puts something around each call from now on: it calls do or does
// not, and what it returns is what the caller gets for an answer.
func (c *Cloud) Intercept(around Around) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.around = around
}

// Suffer sets what goes wrong from now on.
func (c *Cloud) Suffer(f Faults) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.faults = f
}

// OnDone has f told of each operation that ends, as a cloud's event bus does.
func (c *Cloud) OnDone(f func(region string, r Resource)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.done = append(c.done, f)
}

// Advance lets time go by; operations whose time has come end.
func (c *Cloud) Advance(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	ended := map[string][]Resource{}
	for region, resources := range c.regions {
		for id, r := range resources {
			if r.Busy.IsZero() || r.Busy.After(c.now) {
				continue
			}
			r.Busy = time.Time{}
			ended[region] = append(ended[region], r.shown())
			if r.Leaving {
				delete(resources, id)
			}
		}
	}
	tell := slices.Clone(c.done)
	c.mu.Unlock()
	for region, resources := range ended {
		for _, r := range resources {
			for _, f := range tell {
				f(region, r)
			}
		}
	}
}

// All are the resources of a region, sorted by kind and name, without a call.
func (c *Cloud) All(region string) []Resource {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.all(region)
}

func (c *Cloud) all(region string) []Resource {
	var all []Resource
	for _, r := range c.regions[region] {
		all = append(all, r.shown())
	}
	slices.SortFunc(all, func(a, b Resource) int {
		return strings.Compare(id{a.Kind, a.Name}.String(), id{b.Kind, b.Name}.String())
	})
	return all
}

// Put puts a resource there as it is, without a call and without a check.
func (c *Cloud) Put(region string, r Resource) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if r.Kind == KindGroup {
		r.IdleSince = c.now
	}
	c.region(region)[id{r.Kind, r.Name}] = &r
}

// Lose takes a resource away without a call and without a check, as only
// people can. It reports whether there was one.
func (c *Cloud) Lose(region string, kind Kind, name string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, there := c.regions[region][id{kind, name}]
	delete(c.regions[region], id{kind, name})
	return there
}

// Alter changes a resource without a call and without a check, as only people
// can. It reports whether there was one.
func (c *Cloud) Alter(region string, kind Kind, name string, change func(*Resource)) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, there := c.regions[region][id{kind, name}]
	if there {
		change(r)
		r.Revision++
	}
	return there
}

// region finds or makes one.
func (c *Cloud) region(name string) map[id]*Resource {
	if c.regions[name] == nil {
		c.regions[name] = map[id]*Resource{}
	}
	return c.regions[name]
}

// fail makes an error.
func (c *Cloud) fail(code int, format string, args ...any) error {
	return &Error{Code: code, Text: fmt.Sprintf(format, args...), Request: c.requests}
}
