package aws_test

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/credentials/stscreds"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi"
	tagtypes "github.com/aws/aws-sdk-go-v2/service/resourcegroupstaggingapi/types"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"fairway.dev/fairway/e2e/simulators/aws"
)

func TestRolesOfAnotherAccount(t *testing.T) {
	const other, role = "222222222222", "arn:aws:iam::222222222222:role/fairway"
	sim := start(t, aws.Options{Addresses: "off", Accounts: []aws.Account{
		{ID: "111111111111"},
		{ID: other, Roles: []aws.Role{{ARN: role, ExternalID: "secret"}}, Regions: map[string]aws.Region{"us-east-1": {Inventory: aws.DefaultInventory(0)}}},
	}})
	ctx := t.Context()
	own := sim.SDK("", "")
	who, err := sts.NewFromConfig(own).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *who.Account != "111111111111" || *who.Arn != "arn:aws:iam::111111111111:user/simulator" {
		t.Errorf("I am %v, %v", who, err)
	}
	assumed := own.Copy()
	assumed.Credentials = awssdk.NewCredentialsCache(stscreds.NewAssumeRoleProvider(sts.NewFromConfig(own), role, func(o *stscreds.AssumeRoleOptions) {
		o.ExternalID, o.RoleSessionName = awssdk.String("secret"), "test"
	}))
	who, err = sts.NewFromConfig(assumed).GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil || *who.Account != other || *who.Arn != "arn:aws:sts::222222222222:assumed-role/fairway/test" || !strings.HasSuffix(*who.UserId, ":test") {
		t.Errorf("in the role I am %v, %v", who, err)
	}
	vpcs, err := ec2.NewFromConfig(assumed).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{})
	if err != nil || len(vpcs.Vpcs) != 1 {
		t.Errorf("the role sees %v, %v", vpcs, err)
	}
	for _, c := range []struct{ role, external, want string }{
		{role, "wrong", "AccessDenied"},
		{"arn:aws:iam::333333333333:role/x", "", "AccessDenied"},
		{"arn:aws:iam::222222222222:user/fairway", "", "ValidationError"},
		{"arn:aws:iam::222222222222:role/unlisted", "", ""},
	} {
		in := &sts.AssumeRoleInput{RoleArn: &c.role, RoleSessionName: awssdk.String("test")}
		if c.external != "" {
			in.ExternalId = &c.external
		}
		if _, err := sts.NewFromConfig(own).AssumeRole(ctx, in); code(err) != c.want {
			t.Errorf("role %s with %q: %v, want %q", c.role, c.external, err, c.want)
		}
	}
	// A temporary key without its token is nobody's.
	key, err := assumed.Credentials.Retrieve(ctx)
	if err != nil {
		t.Fatal(err)
	}
	assumed.Credentials = credentials.NewStaticCredentialsProvider(key.AccessKeyID, key.SecretAccessKey, "")
	if _, err := ec2.NewFromConfig(assumed).DescribeVpcs(ctx, &ec2.DescribeVpcsInput{}); code(err) != "AuthFailure" {
		t.Errorf("without its token the key got %v", err)
	}
}

func TestTagsOverAllServices(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	client := resourcegroupstaggingapi.NewFromConfig(sim.SDK("", ""))
	ctx := t.Context()
	made, err := elb.NewFromConfig(sim.SDK("", "")).CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
		Name: awssdk.String("tagged"), Subnets: subnets(t, sim, "public-a", "public-b"),
	})
	if err != nil {
		t.Fatal(err)
	}
	balancer, vpc := *made.LoadBalancers[0].LoadBalancerArn, "arn:aws:ec2:us-east-1:123456789012:vpc/"+mainVPC
	tagged, err := client.TagResources(ctx, &resourcegroupstaggingapi.TagResourcesInput{
		ResourceARNList: []string{balancer, vpc, "arn:aws:ec2:us-east-1:123456789012:vpc/vpc-none", "arn:aws:s3:us-east-1:123456789012:x/y"},
		Tags:            map[string]string{"owner": "fairway"},
	})
	if err != nil || len(tagged.FailedResourcesMap) != 2 {
		t.Errorf("tagging gave %v, %v", tagged, err)
	}
	find := func(in *resourcegroupstaggingapi.GetResourcesInput) []string {
		t.Helper()
		var arns []string
		pages := resourcegroupstaggingapi.NewGetResourcesPaginator(client, in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range page.ResourceTagMappingList {
				arns = append(arns, *r.ResourceARN)
			}
		}
		return arns
	}
	owner := []tagtypes.TagFilter{{Key: awssdk.String("owner"), Values: []string{"fairway"}}}
	if got := find(&resourcegroupstaggingapi.GetResourcesInput{TagFilters: owner, ResourcesPerPage: awssdk.Int32(1)}); len(got) != 2 {
		t.Errorf("owned are %v", got)
	}
	if got := find(&resourcegroupstaggingapi.GetResourcesInput{TagFilters: owner, ResourceTypeFilters: []string{"elasticloadbalancing:loadbalancer"}}); len(got) != 1 || got[0] != balancer {
		t.Errorf("owned load balancers are %v", got)
	}
	if _, err := client.GetResources(ctx, &resourcegroupstaggingapi.GetResourcesInput{ResourcesPerPage: awssdk.Int32(101)}); code(err) != "InvalidParameterException" {
		t.Errorf("a page of 101 got %v", err)
	}
	keys, err := client.GetTagKeys(ctx, &resourcegroupstaggingapi.GetTagKeysInput{})
	if err != nil || !slices.Contains(keys.TagKeys, "owner") {
		t.Errorf("keys are %v, %v", keys, err)
	}
	values, err := client.GetTagValues(ctx, &resourcegroupstaggingapi.GetTagValuesInput{Key: awssdk.String("owner")})
	if err != nil || len(values.TagValues) != 1 {
		t.Errorf("values are %v, %v", values, err)
	}
	if _, err := client.UntagResources(ctx, &resourcegroupstaggingapi.UntagResourcesInput{ResourceARNList: []string{balancer, vpc}, TagKeys: []string{"owner"}}); err != nil {
		t.Error(err)
	}
	if got := find(&resourcegroupstaggingapi.GetResourcesInput{TagFilters: owner}); len(got) != 0 {
		t.Errorf("after untagging there are %v", got)
	}
}

func TestQuotasAreToldAndInForce(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off"})
	client := servicequotas.NewFromConfig(sim.SDK("", ""))
	ctx := t.Context()
	const code53 = "L-53DA6B97" // Application Load Balancers per Region
	if !sim.SetQuota(aws.DefaultAccount, aws.DefaultRegion, "application-load-balancers", 1) {
		t.Fatal("there is no such quota")
	}
	in := &servicequotas.GetServiceQuotaInput{ServiceCode: awssdk.String("elasticloadbalancing"), QuotaCode: awssdk.String(code53)}
	if got, err := client.GetServiceQuota(ctx, in); err != nil || *got.Quota.Value != 1 || !got.Quota.Adjustable {
		t.Errorf("the quota is %v, %v", got, err)
	}
	if got, err := client.GetAWSDefaultServiceQuota(ctx, &servicequotas.GetAWSDefaultServiceQuotaInput{ServiceCode: in.ServiceCode, QuotaCode: in.QuotaCode}); err != nil || *got.Quota.Value != 50 {
		t.Errorf("the default is %v, %v", got, err)
	}
	services, err := client.ListServices(ctx, &servicequotas.ListServicesInput{})
	if err != nil || len(services.Services) != 1 || *services.Services[0].ServiceCode != *in.ServiceCode {
		t.Errorf("services are %v, %v", services, err)
	}
	defaults, err := client.ListAWSDefaultServiceQuotas(ctx, &servicequotas.ListAWSDefaultServiceQuotasInput{ServiceCode: in.ServiceCode})
	if err != nil || len(defaults.Quotas) < 20 {
		t.Errorf("defaults are %v, %v", defaults, err)
	}
	count := 0
	pages := servicequotas.NewListServiceQuotasPaginator(client, &servicequotas.ListServiceQuotasInput{ServiceCode: in.ServiceCode, MaxResults: awssdk.Int32(10)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			t.Fatal(err)
		}
		count += len(page.Quotas)
	}
	if count < 20 {
		t.Errorf("only %d quotas are listed", count)
	}
	if _, err := client.ListServiceQuotas(ctx, &servicequotas.ListServiceQuotasInput{ServiceCode: awssdk.String("tea")}); code(err) != "NoSuchResourceException" {
		t.Errorf("an unknown service got %v", err)
	}
	balancers := elb.NewFromConfig(sim.SDK("", ""))
	for i, want := range []string{"", "TooManyLoadBalancers"} {
		if _, err := balancers.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{
			Name: awssdk.String([]string{"one", "two"}[i]), Subnets: subnets(t, sim, "public-a", "public-b"),
		}); code(err) != want {
			t.Errorf("load balancer %d: %v, want %q", i+1, err, want)
		}
	}
}

// ask sends a request to the simulator's own interface.
func ask(t *testing.T, sim *aws.Simulator, method, path, body string) (int, string) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, sim.URL()+"/_simulator/"+path, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer.StatusCode, string(text)
}

func TestOwnInterface(t *testing.T) {
	sim := start(t, aws.Options{Addresses: "off", Clock: aws.Clock{Stopped: true}})
	client := elb.NewFromConfig(sim.SDK("", ""), func(o *elb.Options) { o.RetryMaxAttempts = 1 })
	describe := func() string {
		_, err := client.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{})
		return code(err)
	}
	before := sim.Now()
	for _, c := range []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "health", "", 200, "ok"},
		{"GET", "environ?region=eu-west-1", "", 200, "export AWS_REGION='eu-west-1'"},
		{"GET", "environ?account=none", "", 404, "no account"},
		{"GET", "", "", 200, "/_simulator/ledger/diff"},
		{"POST", "faults", `{"kind":"error","code":"Oops","operation":"Describe*","times":1}`, 200, `"id": 1`},
		{"POST", "faults", `{"kind":"explode"}`, 400, "unknown kind"},
		{"POST", "faults", `{"colour":"red"}`, 400, "colour"},
		{"GET", "faults", "", 200, `"code": "Oops"`},
		{"PUT", "quotas/application-load-balancers?region=x", `{"value":7}`, 204, ""},
		{"GET", "quotas?account=123456789012&region=x", "", 200, `"application-load-balancers": 7`},
		{"GET", "quotas", "", 200, `"application-load-balancers": 50`},
		{"GET", "quotas?account=1", "", 404, "no account"},
		{"PUT", "quotas/application-load-balancers?account=1", `{"value":7}`, 404, "no account"},
		{"PUT", "quotas/application-load-balancers", `{"value":-1}`, 400, "0 or more"},
		{"PUT", "quotas/application-load-balancers", `{}`, 400, "0 or more"},
		{"PUT", "quotas/tea", `{"value":7}`, 404, "no quota tea"},
		{"PUT", "throttle", `{"scale":2}`, 204, ""},
		{"PUT", "throttle", `{"scale":-2}`, 400, "0 or more"},
		{"POST", "clock/advance", `{"by":"1h"}`, 200, `"rate": 0`},
		{"POST", "clock/advance", `{"by":"-1h"}`, 400, ""},
		{"GET", "ledger?since=x", "", 400, ""},
		{"GET", "nothing", "", 404, ""},
	} {
		if status, text := ask(t, sim, c.method, c.path, c.body); status != c.status || !strings.Contains(text, c.want) {
			t.Errorf("%s %s: %d %s", c.method, c.path, status, text)
		}
	}
	if passed := sim.Now().Sub(before); passed != time.Hour {
		t.Errorf("%v passed", passed)
	}
	if first, second := describe(), describe(); first != "Oops" || second != "" {
		t.Errorf("calls got %q and %q", first, second)
	}
	_, text := ask(t, sim, "GET", "ledger/mark", "")
	var mark struct{ Mark int64 }
	if err := json.Unmarshal([]byte(text), &mark); err != nil || mark.Mark != 2 {
		t.Errorf("the mark is %s, %v", text, err)
	}
	describe()
	if _, text := ask(t, sim, "GET", "ledger/diff?since=2", ""); !strings.Contains(text, `"calls": 1`) {
		t.Errorf("the difference is %s", text)
	}
	if _, text := ask(t, sim, "GET", "ledger?format=table", ""); !strings.Contains(text, "Oops") {
		t.Errorf("the table is %s", text)
	}
	if _, text := ask(t, sim, "GET", "ledger", ""); strings.Count(text, `"userAgent"`) != 3 {
		t.Errorf("the ledger is %s", text)
	}
	for _, reset := range [][2]string{{"POST", "ledger/reset"}, {"DELETE", "faults"}} {
		if status, _ := ask(t, sim, reset[0], reset[1], ""); status != 204 {
			t.Errorf("%v: %d", reset, status)
		}
	}
	if len(sim.Calls(0)) != 0 {
		t.Error("calls are left after the reset")
	}
}
