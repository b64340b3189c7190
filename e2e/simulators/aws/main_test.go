package aws_test

import (
	"flag"
	"fmt"
	"os"
	"sync"
	"testing"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// driven are the operations that succeeded in a test, and known are those that
// there are, as "service operation".
var driven, known sync.Map

// refusing are operations that can only refuse: nothing is shared between accounts here.
var refusing = map[string]bool{"DeleteSharedTrustStoreAssociation": true, "GetResourcePolicy": true}

// note writes down what a test has called.
func note(sim *aws.Simulator) {
	for service, operations := range sim.Operations() {
		for _, operation := range operations {
			known.Store(service+" "+operation, true)
		}
	}
	for _, call := range sim.Calls(0) {
		if call.Outcome == "ok" || refusing[call.Operation] {
			driven.Store(call.Service+" "+call.Operation, true)
		}
	}
}

// TestMain tells which operations no test has called, if all tests ran.
func TestMain(m *testing.M) {
	status := m.Run()
	if status == 0 && flag.Lookup("test.run").Value.String() == "" && flag.Lookup("test.list").Value.String() == "" {
		known.Range(func(operation, _ any) bool {
			if _, there := driven.Load(operation); !there {
				fmt.Fprintln(os.Stderr, "no test calls", operation)
				status = 1
			}
			return true
		})
	}
	os.Exit(status)
}
