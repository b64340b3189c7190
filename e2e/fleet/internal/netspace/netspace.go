// Package netspace runs code inside a network namespace. A socket belongs to the namespace where it
// was made, and a process to the one of the thread that started it: so a short visit is enough to
// listen, dial or start something there.
package netspace

import (
	"fmt"
	"runtime"

	"github.com/vishvananda/netns"
)

// Do runs fn on a thread inside the namespace. What fn starts as goroutines runs outside.
func Do(namespace netns.NsHandle, fn func() error) error {
	return onThread(func() error {
		if err := netns.Set(namespace); err != nil {
			return fmt.Errorf("enter network namespace: %w", err)
		}
		return fn()
	})
}

// New makes a namespace and returns a handle to it, which keeps it alive.
func New() (netns.NsHandle, error) {
	namespace := netns.None()
	err := onThread(func() error {
		var err error
		if namespace, err = netns.New(); err != nil {
			return fmt.Errorf("make network namespace: %w", err)
		}
		return nil
	})
	return namespace, err
}

// onThread runs fn on a thread of its own that ends with it, so that no other goroutine ever finds
// itself in a foreign namespace.
func onThread(fn func() error) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		done <- fn()
	}()
	return <-done
}
