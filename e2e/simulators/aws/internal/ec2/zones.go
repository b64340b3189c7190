package ec2

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// zoneLetters are the zones that every region has here.
var zoneLetters = []string{"a", "b", "c"}

// zoneNames are a region's availability zones.
func zoneNames(region string) []string {
	var all []string
	for _, letter := range zoneLetters {
		all = append(all, region+letter)
	}
	return all
}

// regionParts takes a region's name apart: "eu-west-1", "us-gov-east-1".
var regionParts = regexp.MustCompile(`^([a-z]+(?:-gov)?)-([a-z]+)-([0-9]+)$`)

// directions are how zone ids write them.
var directions = strings.NewReplacer(
	"northeast", "ne", "southeast", "se", "northwest", "nw", "southwest", "sw",
	"north", "n", "south", "s", "east", "e", "west", "w", "central", "c",
)

// zoneID is the id of a zone, the same for every account: "euw1-az1". Amazon
// shuffles names and ids by account; here a is always 1.
func zoneID(zone string) string {
	region, letter := zone[:len(zone)-1], zone[len(zone)-1]
	parts := regionParts.FindStringSubmatch(region)
	if parts == nil {
		return zone
	}
	area := strings.ReplaceAll(parts[1], "us-gov", "usg")
	return fmt.Sprintf("%s%s%s-az%d", area, directions.Replace(parts[2]), parts[3], letter-'a'+1)
}

func (r *region) describeAvailabilityZones(in *ec2.DescribeAvailabilityZonesInput) (*ec2.DescribeAvailabilityZonesOutput, error) {
	zones := kind[types.AvailabilityZone]{
		missing: func(id string) *api.Error {
			return api.Errorf("InvalidParameterValue", "Invalid availability zone: [%s]", id)
		},
		fields: map[string]func(types.AvailabilityZone) []string{
			"region-name":   one(func(z types.AvailabilityZone) *string { return z.RegionName }),
			"zone-name":     one(func(z types.AvailabilityZone) *string { return z.ZoneName }),
			"zone-id":       one(func(z types.AvailabilityZone) *string { return z.ZoneId }),
			"zone-type":     one(func(z types.AvailabilityZone) *string { return z.ZoneType }),
			"group-name":    one(func(z types.AvailabilityZone) *string { return z.GroupName }),
			"state":         func(z types.AvailabilityZone) []string { return []string{string(z.State)} },
			"opt-in-status": func(z types.AvailabilityZone) []string { return []string{string(z.OptInStatus)} },
		},
	}
	names := slices.Clone(in.ZoneNames)
	for _, id := range in.ZoneIds {
		at := slices.IndexFunc(zoneNames(r.Region), func(name string) bool { return zoneID(name) == id })
		if at < 0 {
			return nil, zones.missing(id)
		}
		names = append(names, zoneNames(r.Region)[at])
	}
	rows := func(yield func(string, types.AvailabilityZone) bool) {
		for _, name := range zoneNames(r.Region) {
			if !yield(name, r.zone(name)) {
				return
			}
		}
	}
	found, _, err := zones.find(rows, query{ids: names, filters: in.Filters})
	return &ec2.DescribeAvailabilityZonesOutput{AvailabilityZones: found}, err
}

func (r *region) zone(name string) types.AvailabilityZone {
	return types.AvailabilityZone{
		ZoneName: aws.String(name), ZoneId: aws.String(zoneID(name)), ZoneType: aws.String("availability-zone"),
		RegionName: aws.String(r.Region), GroupName: aws.String(r.Region), NetworkBorderGroup: aws.String(r.Region),
		State: types.AvailabilityZoneStateAvailable, OptInStatus: types.AvailabilityZoneOptInStatusOptInNotRequired,
	}
}

func (r *region) describeRegions(in *ec2.DescribeRegionsInput) (*ec2.DescribeRegionsOutput, error) {
	// The simulator has every region that is asked for, and tells of the one that asks.
	regions := kind[types.Region]{
		missing: func(id string) *api.Error { return api.Errorf("InvalidParameterValue", "Invalid region: %s", id) },
		fields: map[string]func(types.Region) []string{
			"region-name":   one(func(x types.Region) *string { return x.RegionName }),
			"endpoint":      one(func(x types.Region) *string { return x.Endpoint }),
			"opt-in-status": one(func(x types.Region) *string { return x.OptInStatus }),
		},
	}
	names := in.RegionNames
	if len(names) == 0 {
		names = []string{r.Region}
	}
	rows := func(yield func(string, types.Region) bool) {
		for _, name := range names {
			if regionParts.MatchString(name) && !yield(name, types.Region{
				RegionName: aws.String(name), Endpoint: aws.String("ec2." + name + ".amazonaws.com"), OptInStatus: aws.String("opt-in-not-required"),
			}) {
				return
			}
		}
	}
	found, _, err := regions.find(rows, query{ids: in.RegionNames, filters: in.Filters})
	return &ec2.DescribeRegionsOutput{Regions: found}, err
}

func (r *region) describeAccountAttributes(in *ec2.DescribeAccountAttributesInput) (*ec2.DescribeAccountAttributesOutput, error) {
	values := map[types.AccountAttributeName][]string{
		types.AccountAttributeNameSupportedPlatforms: {"VPC"},
		types.AccountAttributeNameDefaultVpc:         {r.defaultVPC()},
	}
	out := &ec2.DescribeAccountAttributesOutput{}
	for _, name := range []types.AccountAttributeName{types.AccountAttributeNameSupportedPlatforms, types.AccountAttributeNameDefaultVpc} {
		if len(in.AttributeNames) > 0 && !slices.Contains(in.AttributeNames, name) {
			continue
		}
		attribute := types.AccountAttribute{AttributeName: aws.String(string(name))}
		for _, value := range values[name] {
			attribute.AttributeValues = append(attribute.AttributeValues, types.AccountAttributeValue{AttributeValue: aws.String(value)})
		}
		out.AccountAttributes = append(out.AccountAttributes, attribute)
	}
	return out, nil
}
