package aws_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws"
)

type ec2Filter = ec2types.Filter

func filter(name string, values ...string) ec2Filter {
	return ec2Filter{Name: awssdk.String(name), Values: values}
}

// mainVPC is the id of the default inventory's VPC in the default region.
const mainVPC = "vpc-00000000000000001"

func newEC2(t *testing.T) (*aws.Simulator, *ec2.Client) {
	t.Helper()
	sim := start(t, aws.Options{Addresses: "off"})
	return sim, ec2.NewFromConfig(sim.SDK("", ""))
}

func TestInventoryAsSeenByEC2(t *testing.T) {
	_, client := newEC2(t)
	ctx := t.Context()
	vpcs, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []ec2Filter{filter("isDefault", "true")}})
	if err != nil || len(vpcs.Vpcs) != 1 || *vpcs.Vpcs[0].CidrBlock != "10.0.0.0/16" {
		t.Errorf("the default VPC is %v, %v", vpcs, err)
	}
	zones, err := client.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{ZoneIds: []string{"use1-az2"}})
	if err != nil || len(zones.AvailabilityZones) != 1 || *zones.AvailabilityZones[0].ZoneName != "us-east-1b" {
		t.Errorf("the second zone is %v, %v", zones, err)
	}
	subnets, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: []ec2Filter{
		filter("vpc-id", mainVPC), filter("availability-zone", "us-east-1a"), filter("tag:kubernetes.io/role/elb", "1"),
	}})
	if err != nil || len(subnets.Subnets) != 1 || *subnets.Subnets[0].AvailableIpAddressCount != 4091 {
		t.Errorf("the public subnet of a zone is %v, %v", subnets, err)
	}
	tables, err := client.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{
		Filters: []ec2Filter{filter("association.subnet-id", *subnets.Subnets[0].SubnetId)},
	})
	if err != nil || len(tables.RouteTables) != 1 || !slices.ContainsFunc(tables.RouteTables[0].Routes, func(r ec2types.Route) bool {
		return awssdk.ToString(r.DestinationCidrBlock) == "0.0.0.0/0" && strings.HasPrefix(awssdk.ToString(r.GatewayId), "igw-")
	}) {
		t.Errorf("the public subnet's routes are %v, %v", tables, err)
	}
	instances, err := client.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []ec2Filter{filter("tag:Name", "node-?")}})
	if err != nil || len(instances.Reservations) != 3 {
		t.Errorf("nodes are %v, %v", instances, err)
	}
	node := instances.Reservations[0].Instances[0]
	nics, err := client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{
		Filters: []ec2Filter{filter("attachment.instance-id", *node.InstanceId)},
	})
	if err != nil || len(nics.NetworkInterfaces) != 1 || *nics.NetworkInterfaces[0].PrivateIpAddress != *node.PrivateIpAddress {
		t.Errorf("a node's interface is %v, %v", nics, err)
	}
}

func TestPagesOfEC2(t *testing.T) {
	_, client := newEC2(t)
	var ids []string
	pages := ec2.NewDescribeSubnetsPaginator(client, &ec2.DescribeSubnetsInput{MaxResults: awssdk.Int32(5)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range page.Subnets {
			ids = append(ids, *s.SubnetId)
		}
	}
	if len(ids) != 6 || len(slices.Compact(ids)) != 6 {
		t.Errorf("pages have %v", ids)
	}
}

func TestVPCsAndSubnetsComeAndGo(t *testing.T) {
	_, client := newEC2(t)
	ctx := t.Context()
	vpc, err := client.CreateVpc(ctx, &ec2.CreateVpcInput{CidrBlock: awssdk.String("10.77.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	subnet := func(cidr, zone string) (*ec2.CreateSubnetOutput, error) {
		return client.CreateSubnet(ctx, &ec2.CreateSubnetInput{VpcId: vpc.Vpc.VpcId, CidrBlock: awssdk.String(cidr), AvailabilityZone: awssdk.String(zone)})
	}
	made, err := subnet("10.77.1.0/24", "us-east-1c")
	if err != nil || *made.Subnet.AvailableIpAddressCount != 251 {
		t.Fatalf("a subnet is %v, %v", made, err)
	}
	for _, c := range []struct{ cidr, zone, want string }{
		{"10.77.1.128/25", "us-east-1a", "InvalidSubnet.Conflict"},
		{"10.78.0.0/24", "us-east-1a", "InvalidSubnet.Range"},
		{"10.77.0.0/29", "us-east-1a", "InvalidSubnet.Range"},
		{"what", "us-east-1a", "InvalidParameterValue"},
		{"10.77.2.0/24", "us-east-1x", "InvalidParameterValue"},
	} {
		if _, err := subnet(c.cidr, c.zone); code(err) != c.want {
			t.Errorf("subnet %s in %s: %v, want %s", c.cidr, c.zone, err, c.want)
		}
	}
	if _, err := client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: vpc.Vpc.VpcId}); code(err) != "DependencyViolation" {
		t.Errorf("a VPC with a subnet went: %v", err)
	}
	if _, err := client.DeleteSubnet(ctx, &ec2.DeleteSubnetInput{SubnetId: made.Subnet.SubnetId}); err != nil {
		t.Error(err)
	}
	if _, err := client.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: vpc.Vpc.VpcId}); err != nil {
		t.Error(err)
	}
}

func TestWhatIsNotThere(t *testing.T) {
	_, client := newEC2(t)
	ctx := t.Context()
	for want, call := range map[string]func(id string) error{
		"InvalidVpcID.NotFound": func(id string) error {
			_, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"vpc-" + id}})
			return err
		},
		"InvalidSubnetID.NotFound": func(id string) error {
			_, err := client.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{SubnetIds: []string{"subnet-" + id}})
			return err
		},
		"InvalidGroup.NotFound": func(id string) error {
			_, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{"sg-" + id}})
			return err
		},
		"InvalidInstanceID.NotFound": func(id string) error {
			_, err := client.DescribeInstances(ctx, &ec2.DescribeInstancesInput{InstanceIds: []string{"i-" + id}})
			return err
		},
		"InvalidNetworkInterfaceID.NotFound": func(id string) error {
			_, err := client.DescribeNetworkInterfaces(ctx, &ec2.DescribeNetworkInterfacesInput{NetworkInterfaceIds: []string{"eni-" + id}})
			return err
		},
		"InvalidRouteTableID.NotFound": func(id string) error {
			_, err := client.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{RouteTableIds: []string{"rtb-" + id}})
			return err
		},
		"InvalidInternetGatewayID.NotFound": func(id string) error {
			_, err := client.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{InternetGatewayIds: []string{"igw-" + id}})
			return err
		},
		"InvalidAllocationID.NotFound": func(id string) error {
			_, err := client.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{AllocationIds: []string{"eipalloc-" + id}})
			return err
		},
	} {
		if err := call("0123456789abcdef0"); code(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: []ec2Filter{filter("colour", "red")}}); code(err) != "InvalidParameterValue" {
		t.Errorf("an unknown filter is %v", err)
	}
	if _, err := client.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{VpcIds: []string{"Main VPC"}}); code(err) != "InvalidVpcID.Malformed" {
		t.Errorf("a malformed id is %v", err)
	}
	if _, err := client.DescribeImages(ctx, &ec2.DescribeImagesInput{}); code(err) != "NotImplemented" {
		t.Errorf("an operation that EC2 has and the simulator does not is %v", err)
	}
	if _, err := client.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: awssdk.String("sg-0"), DryRun: awssdk.Bool(true)}); code(err) != "DryRunOperation" {
		t.Errorf("a dry run is %v", err)
	}
}

func TestSecurityGroups(t *testing.T) {
	_, client := newEC2(t)
	ctx := t.Context()
	create := func(name string) (string, error) {
		out, err := client.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			GroupName: awssdk.String(name), Description: awssdk.String("a group"), VpcId: awssdk.String(mainVPC),
		})
		if err != nil {
			return "", err
		}
		return *out.GroupId, nil
	}
	group, err := create("web")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"web": "InvalidGroup.Duplicate", "default": "InvalidParameterValue", "sg-web": "InvalidParameterValue",
		"grün": "InvalidParameterValue", strings.Repeat("x", 256): "InvalidParameterValue",
	} {
		if _, err := create(name); code(err) != want {
			t.Errorf("group %q: %v, want %s", name, err, want)
		}
	}
	open := func(p ec2types.IpPermission) error {
		_, err := client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: &group, IpPermissions: []ec2types.IpPermission{p}})
		return err
	}
	for _, c := range []struct {
		from, to int32
		cidr     string
		want     string
	}{
		{80, 80, "10.0.0.1/8", ""},
		{80, 80, "10.0.0.0/8", "InvalidPermission.Duplicate"},
		{80, 79, "0.0.0.0/0", "InvalidParameterValue"},
		{-2, 80, "0.0.0.0/0", "InvalidParameterValue"},
		{80, 65536, "0.0.0.0/0", "InvalidParameterValue"},
		{443, 443, "anywhere", "InvalidParameterValue"},
		{443, 443, "", "MissingParameter"},
	} {
		p := ec2types.IpPermission{IpProtocol: awssdk.String("tcp"), FromPort: &c.from, ToPort: &c.to}
		if c.cidr != "" {
			p.IpRanges = []ec2types.IpRange{{CidrIp: &c.cidr}}
		}
		if err := open(p); code(err) != c.want {
			t.Errorf("%d-%d from %q: %v, want %q", c.from, c.to, c.cidr, err, c.want)
		}
	}
	described, err := client.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{GroupIds: []string{group}})
	if err != nil {
		t.Fatal(err)
	}
	g := described.SecurityGroups[0]
	if len(g.IpPermissions) != 1 || *g.IpPermissions[0].IpRanges[0].CidrIp != "10.0.0.0/8" || len(g.IpPermissionsEgress) != 1 {
		t.Errorf("the group is %+v", g)
	}
	if _, err := client.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: g.IpPermissions}); err != nil {
		t.Error(err)
	}
	if _, err := client.RevokeSecurityGroupIngress(ctx, &ec2.RevokeSecurityGroupIngressInput{GroupId: &group, IpPermissions: g.IpPermissions}); code(err) != "InvalidPermission.NotFound" {
		t.Errorf("a rule went twice: %v", err)
	}
}

func TestSecurityGroupRuleLimit(t *testing.T) {
	_, client := newEC2(t)
	ctx := t.Context()
	made, err := client.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: awssdk.String("full"), Description: awssdk.String("a group"), VpcId: awssdk.String(mainVPC),
	})
	if err != nil {
		t.Fatal(err)
	}
	rules := func(from, to int) error {
		p := ec2types.IpPermission{IpProtocol: awssdk.String("-1")}
		for i := from; i < to; i++ {
			p.IpRanges = append(p.IpRanges, ec2types.IpRange{CidrIp: awssdk.String(fmt.Sprintf("10.1.%d.0/24", i))})
		}
		_, err := client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{GroupId: made.GroupId, IpPermissions: []ec2types.IpPermission{p}})
		return err
	}
	if err := rules(0, 59); err != nil {
		t.Error(err)
	}
	if err := rules(60, 62); code(err) != "RulesPerSecurityGroupLimitExceeded" {
		t.Errorf("the 61st rule got %v", err)
	}
	if err := rules(60, 61); err != nil {
		t.Errorf("the 60th rule got %v", err)
	}
}

func TestSecurityGroupsInUseStay(t *testing.T) {
	_, client := newEC2(t)
	ctx := t.Context()
	var ids []string
	for _, name := range []string{"front", "back"} {
		made, err := client.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
			GroupName: awssdk.String(name), Description: awssdk.String("a group"), VpcId: awssdk.String(mainVPC),
		})
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, *made.GroupId)
	}
	authorized, err := client.AuthorizeSecurityGroupIngress(ctx, &ec2.AuthorizeSecurityGroupIngressInput{
		GroupId: &ids[1], IpPermissions: []ec2types.IpPermission{{
			IpProtocol: awssdk.String("tcp"), FromPort: awssdk.Int32(80), ToPort: awssdk.Int32(80),
			UserIdGroupPairs: []ec2types.UserIdGroupPair{{GroupId: &ids[0]}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &ids[0]}); code(err) != "DependencyViolation" {
		t.Errorf("a group that a rule names went: %v", err)
	}
	rule := *authorized.SecurityGroupRules[0].SecurityGroupRuleId
	if _, err := client.ModifySecurityGroupRules(ctx, &ec2.ModifySecurityGroupRulesInput{GroupId: &ids[1], SecurityGroupRules: []ec2types.SecurityGroupRuleUpdate{{
		SecurityGroupRuleId: &rule, SecurityGroupRule: &ec2types.SecurityGroupRuleRequest{
			IpProtocol: awssdk.String("tcp"), FromPort: awssdk.Int32(81), ToPort: awssdk.Int32(81), CidrIpv4: awssdk.String("10.0.0.0/8"),
		},
	}}}); err != nil {
		t.Error(err)
	}
	rules, err := client.DescribeSecurityGroupRules(ctx, &ec2.DescribeSecurityGroupRulesInput{SecurityGroupRuleIds: []string{rule}})
	if err != nil || *rules.SecurityGroupRules[0].FromPort != 81 || rules.SecurityGroupRules[0].ReferencedGroupInfo != nil {
		t.Errorf("the changed rule is %v, %v", rules, err)
	}
	if _, err := client.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &ids[0]}); err != nil {
		t.Errorf("a group that no rule names stays: %v", err)
	}
	nic, err := client.CreateNetworkInterface(ctx, &ec2.CreateNetworkInterfaceInput{SubnetId: awssdk.String("subnet-00000000000000001"), Groups: ids[1:]})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &ids[1]}); code(err) != "DependencyViolation" {
		t.Errorf("a group that an interface has went: %v", err)
	}
	if _, err := client.DeleteNetworkInterface(ctx, &ec2.DeleteNetworkInterfaceInput{NetworkInterfaceId: nic.NetworkInterface.NetworkInterfaceId}); err != nil {
		t.Error(err)
	}
	if _, err := client.DeleteSecurityGroup(ctx, &ec2.DeleteSecurityGroupInput{GroupId: &ids[1]}); err != nil {
		t.Error(err)
	}
}

func TestTagsOfEC2(t *testing.T) {
	_, client := newEC2(t)
	ctx := t.Context()
	tag := func(key, value string) ec2types.Tag { return ec2types.Tag{Key: &key, Value: &value} }
	if _, err := client.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{mainVPC}, Tags: []ec2types.Tag{tag("a", "1"), tag("b", "2")}}); err != nil {
		t.Fatal(err)
	}
	out, err := client.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: []ec2Filter{filter("resource-id", mainVPC), filter("key", "a", "b")}})
	if err != nil || len(out.Tags) != 2 {
		t.Errorf("tags are %v, %v", out, err)
	}
	// A tag goes by its key, or by key and value if it has that value.
	if _, err := client.DeleteTags(ctx, &ec2.DeleteTagsInput{Resources: []string{mainVPC}, Tags: []ec2types.Tag{{Key: awssdk.String("a")}, tag("b", "other")}}); err != nil {
		t.Fatal(err)
	}
	out, err = client.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: []ec2Filter{filter("resource-id", mainVPC), filter("key", "a", "b")}})
	if err != nil || len(out.Tags) != 1 || *out.Tags[0].Key != "b" {
		t.Errorf("tags are %v, %v", out, err)
	}
	var many []ec2types.Tag
	for i := range 51 {
		many = append(many, tag(fmt.Sprint("k", i), ""))
	}
	for _, c := range []struct {
		tags []ec2types.Tag
		want string
	}{
		{many, "TagLimitExceeded"},
		{[]ec2types.Tag{tag("aws:x", "")}, "InvalidParameterValue"},
		{[]ec2types.Tag{tag(strings.Repeat("k", 128), "")}, "InvalidParameterValue"},
		{[]ec2types.Tag{tag(strings.Repeat("k", 127), strings.Repeat("v", 255))}, ""},
	} {
		if _, err := client.CreateTags(ctx, &ec2.CreateTagsInput{Resources: []string{mainVPC}, Tags: c.tags}); code(err) != c.want {
			t.Errorf("%d tags: %v, want %q", len(c.tags), err, c.want)
		}
	}
}

func TestWhatElseEC2Describes(t *testing.T) {
	_, client := newEC2(t)
	ctx := t.Context()
	regions, err := client.DescribeRegions(ctx, &ec2.DescribeRegionsInput{RegionNames: []string{"eu-west-1", "eu-central-1"}})
	if err != nil || len(regions.Regions) != 2 || *regions.Regions[1].RegionName != "eu-central-1" {
		t.Errorf("regions are %v, %v", regions, err)
	}
	account, err := client.DescribeAccountAttributes(ctx, &ec2.DescribeAccountAttributesInput{AttributeNames: []ec2types.AccountAttributeName{"default-vpc"}})
	if err != nil || len(account.AccountAttributes) != 1 || *account.AccountAttributes[0].AttributeValues[0].AttributeValue != mainVPC {
		t.Errorf("the account's default VPC is %v, %v", account, err)
	}
	vpc, err := client.DescribeVpcAttribute(ctx, &ec2.DescribeVpcAttributeInput{VpcId: awssdk.String(mainVPC), Attribute: ec2types.VpcAttributeNameEnableDnsSupport})
	if err != nil || !*vpc.EnableDnsSupport.Value {
		t.Errorf("the VPC's DNS support is %v, %v", vpc, err)
	}
	gateways, err := client.DescribeInternetGateways(ctx, &ec2.DescribeInternetGatewaysInput{Filters: []ec2Filter{filter("attachment.vpc-id", mainVPC)}})
	if err != nil || len(gateways.InternetGateways) != 1 || *gateways.InternetGateways[0].Attachments[0].VpcId != mainVPC {
		t.Errorf("gateways are %v, %v", gateways, err)
	}
	addresses, err := client.DescribeAddresses(ctx, &ec2.DescribeAddressesInput{})
	if err != nil || len(addresses.Addresses) != 0 {
		t.Errorf("addresses are %v, %v", addresses, err)
	}
	peerings, err := client.DescribeVpcPeeringConnections(ctx, &ec2.DescribeVpcPeeringConnectionsInput{})
	if err != nil || len(peerings.VpcPeeringConnections) != 0 {
		t.Errorf("peerings are %v, %v", peerings, err)
	}
}

func TestWhatMayLeaveASecurityGroup(t *testing.T) {
	_, client := newEC2(t)
	ctx := t.Context()
	made, err := client.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{
		GroupName: awssdk.String("out"), Description: awssdk.String("a group"), VpcId: awssdk.String(mainVPC),
	})
	if err != nil {
		t.Fatal(err)
	}
	all := []ec2types.IpPermission{{IpProtocol: awssdk.String("-1"), IpRanges: []ec2types.IpRange{{CidrIp: awssdk.String("0.0.0.0/0")}}}}
	if _, err := client.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: made.GroupId, IpPermissions: all}); code(err) != "InvalidPermission.Duplicate" {
		t.Errorf("what every group may do from the start: %v", err)
	}
	if _, err := client.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{GroupId: made.GroupId, IpPermissions: all}); err != nil {
		t.Error(err)
	}
	out, err := client.AuthorizeSecurityGroupEgress(ctx, &ec2.AuthorizeSecurityGroupEgressInput{GroupId: made.GroupId, IpPermissions: all})
	if err != nil || len(out.SecurityGroupRules) != 1 || !*out.SecurityGroupRules[0].IsEgress {
		t.Errorf("the rule is %v, %v", out, err)
	}
	if _, err := client.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
		GroupId: made.GroupId, SecurityGroupRuleIds: []string{*out.SecurityGroupRules[0].SecurityGroupRuleId, "sgr-0123456789abcdef0"},
	}); code(err) != "InvalidSecurityGroupRuleId.NotFound" {
		t.Errorf("one of two ids is not there: %v", err)
	}
	if _, err := client.RevokeSecurityGroupEgress(ctx, &ec2.RevokeSecurityGroupEgressInput{
		GroupId: made.GroupId, SecurityGroupRuleIds: []string{*out.SecurityGroupRules[0].SecurityGroupRuleId},
	}); err != nil {
		t.Errorf("the rule went with a call that failed: %v", err)
	}
}
