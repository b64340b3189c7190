package elbv2_test

import (
	"reflect"
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
)

// TestEveryOperationOfTheSDK holds the service to what the SDK can call.
func TestEveryOperationOfTheSDK(t *testing.T) {
	operations := start(t).service.Operations()
	client := reflect.TypeFor[*elb.Client]()
	n := 0
	for i := range client.NumMethod() {
		name := client.Method(i).Name
		if name == "Options" {
			continue
		}
		n++
		operation, there := operations[name]
		if !there {
			t.Errorf("there is no %s", name)
			continue
		}
		if got := operation.Input.Name(); strings.TrimSuffix(got, "Input") != name {
			t.Errorf("%s takes %s", name, got)
		}
	}
	if n != 51 || len(operations) != n {
		t.Errorf("the SDK has %d operations, the service %d, 51 are known", n, len(operations))
	}
}
