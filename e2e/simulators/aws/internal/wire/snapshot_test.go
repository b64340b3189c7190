package wire

import (
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"fairway.dev/fairway/e2e/simulators/aws/internal/model"
)

// The SDK's modules have, for each operation, a whole request with every member
// set. Each must decode without anything left over, and what was decoded must
// have every field set.
func TestRequestsOfTheSDK(t *testing.T) {
	for _, s := range []struct {
		service, module string
		client          any
	}{
		{"elbv2", "elasticloadbalancingv2", &elb.Client{}},
		{"ec2", "ec2", &ec2.Client{}},
		{"acm", "acm", &acm.Client{}},
		{"sts", "sts", &sts.Client{}},
		{"tagging", "resourcegroupstaggingapi", &resourcegroupstaggingapi.Client{}},
		{"quotas", "servicequotas", &servicequotas.Client{}},
	} {
		service, err := model.Of(s.service)
		if err != nil {
			t.Fatal(err)
		}
		dir := moduleDir(t, "github.com/aws/aws-sdk-go-v2/service/"+s.module)
		for name := range service.Operations {
			t.Run(s.service+"/"+name, func(t *testing.T) {
				method, there := reflect.TypeOf(s.client).MethodByName(name)
				if !there {
					t.Fatalf("the SDK has no %s", name)
				}
				text, err := os.ReadFile(filepath.Join(dir, "request_snapshot", name+".request.snap"))
				if err != nil {
					t.Fatal(err)
				}
				replay(t, service, name, string(text), method.Type.In(2).Elem())
			})
		}
	}
}

func replay(t *testing.T, service *model.Service, name, text string, input reflect.Type) {
	head, body, found := strings.Cut(strings.ReplaceAll(text, "\r\n", "\n"), "\n\n")
	headers, rest, _ := strings.Cut(body, "\n\n")
	if !found {
		t.Fatalf("no request: %q", head)
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "/", nil)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(headers) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), ": ")
		request.Header.Set(key, value)
	}
	protocol := Of(service)
	read, failure := protocol.Read(request, []byte(rest))
	if failure != nil {
		t.Fatal(failure)
	}
	if read.Operation != name {
		t.Fatalf("operation is %q", read.Operation)
	}
	decoded, failure := protocol.Decode(read, input)
	if failure != nil {
		t.Fatal(failure)
	}
	v := reflect.ValueOf(decoded).Elem()
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if field.IsExported() && v.Field(i).IsZero() {
			t.Errorf("%s was not decoded", field.Name)
		}
	}
}

func moduleDir(t *testing.T, module string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "list", "-m", "-f", "{{.Dir}}", module).Output()
	if err != nil {
		t.Fatalf("find module %s: %v", module, err)
	}
	return strings.TrimSpace(string(out))
}
