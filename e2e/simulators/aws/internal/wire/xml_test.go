package wire

import (
	"strings"
	"testing"

	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"fairway.dev/fairway/e2e/simulators/aws/internal/model"
)

// TestEmptyListsAreThere has what clients look up without asking whether it is there.
func TestEmptyListsAreThere(t *testing.T) {
	service, err := model.Of("elbv2")
	if err != nil {
		t.Fatal(err)
	}
	answer, err := Of(service).Success("DescribeTargetGroups", &elb.DescribeTargetGroupsOutput{}, "id")
	if text := string(answer.Body); err != nil || !strings.Contains(text, "<TargetGroups></TargetGroups>") || strings.Contains(text, "NextMarker") {
		t.Errorf("the answer is %s, %v", text, err)
	}
}
