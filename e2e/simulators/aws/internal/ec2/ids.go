package ec2

import (
	"crypto/rand"
	"encoding/hex"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
)

// newID is a prefix and 17 hexadecimal characters, as "vpc-0123456789abcdef0".
func newID(prefix string) string {
	var b [9]byte
	_, _ = rand.Read(b[:]) // never fails, by its documentation
	return prefix + "-" + hex.EncodeToString(b[:])[:17]
}

var idForm = regexp.MustCompile(`^[a-z]+-[0-9a-z-]+$`)

// missing makes the error for an id that names nothing. Source: EC2 API
// reference, "Error codes": Invalid...NotFound and Invalid...Malformed.
func missing(code, noun string) func(string) *api.Error {
	return func(id string) *api.Error {
		if !idForm.MatchString(id) {
			return api.Errorf(code+".Malformed", "Invalid id: %q", id)
		}
		return api.Errorf(code+".NotFound", "The %s '%s' does not exist", noun, id)
	}
}

var (
	noVPC       = missing("InvalidVpcID", "vpc ID")
	noSubnet    = missing("InvalidSubnetID", "subnet ID")
	noInterface = missing("InvalidNetworkInterfaceID", "networkInterface ID")
	noInstance  = missing("InvalidInstanceID", "instance ID")
	noTable     = missing("InvalidRouteTableID", "routeTable ID")
	noGateway   = missing("InvalidInternetGatewayID", "internetGateway ID")
	noRule      = missing("InvalidSecurityGroupRuleId", "security group rule ID")
	noAddress   = missing("InvalidAllocationID", "allocation ID")
	noPeering   = missing("InvalidVpcPeeringConnectionID", "vpcPeeringConnection ID")
)

// noGroup has a code of its own for what is no id.
func noGroup(id string) *api.Error {
	if !idForm.MatchString(id) {
		return api.Errorf("InvalidGroupId.Malformed", "Invalid id: %q (expecting \"sg-...\")", id)
	}
	return api.Errorf("InvalidGroup.NotFound", "The security group '%s' does not exist", id)
}

// tagsFor are the tags that a request gives to a new object of a type.
func tagsFor(specifications []types.TagSpecification, kind types.ResourceType) ([]types.Tag, error) {
	var all []types.Tag
	for _, s := range specifications {
		if s.ResourceType != kind {
			return nil, api.Errorf("InvalidParameterValue", "'%s' is not a valid taggable resource type for this operation.", s.ResourceType)
		}
		all = setTags(all, s.Tags)
	}
	return all, checkTags(all)
}

// maxTags is how many tags an object may have. Source: EC2 User Guide, "Tag your resources", restrictions.
const maxTags = 50

func checkTags(tags []types.Tag) error {
	if len(tags) > maxTags {
		return api.Errorf("TagLimitExceeded", "The maximum number of Tags for a resource has been reached.")
	}
	for _, t := range tags {
		key := aws.ToString(t.Key)
		switch {
		case key == "" || len(key) > 127:
			return api.Errorf("InvalidParameterValue", "Tag key exceeds the maximum length of 127 characters or is empty")
		case len(aws.ToString(t.Value)) > 255:
			return api.Errorf("InvalidParameterValue", "Tag value exceeds the maximum length of 255 characters")
		case len(key) > 3 && key[:4] == "aws:":
			return api.Errorf("InvalidParameterValue", "Tag keys starting with 'aws:' are reserved for internal use")
		}
	}
	return nil
}

// setTags is tags with others set over them.
func setTags(tags, set []types.Tag) []types.Tag {
	all := append([]types.Tag(nil), tags...)
next:
	for _, t := range set {
		if t.Value == nil {
			t.Value = aws.String("")
		}
		for i := range all {
			if aws.ToString(all[i].Key) == aws.ToString(t.Key) {
				all[i] = t
				continue next
			}
		}
		all = append(all, t)
	}
	return all
}
