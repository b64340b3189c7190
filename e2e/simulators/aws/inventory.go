package aws

import "fmt"

// DefaultAccount is the id of the account that there is if none is given.
const DefaultAccount = "123456789012"

// DefaultRegion is a region of the default account.
const DefaultRegion = "us-east-1"

// DefaultAccounts are one account with a VPC in two regions.
func DefaultAccounts() []Account {
	return []Account{{ID: DefaultAccount, Regions: map[string]Region{
		DefaultRegion: {Inventory: DefaultInventory(0)},
		"eu-west-1":   {Inventory: DefaultInventory(1)},
	}}}
}

// DefaultInventory is a VPC 10.n.0.0/16, with IPv6, that has a public and a
// private subnet in each of three zones, tagged for load balancers as Kubernetes
// clusters do it, and a node in each private subnet.
func DefaultInventory(n int) Inventory {
	vpc := VPC{
		ID: fmt.Sprintf("vpc-%017x", n+1), Name: "main", CIDRs: []string{fmt.Sprintf("10.%d.0.0/16", n), fmt.Sprintf("2600:1f00:0:%x::/56", n<<8)}, Default: true,
		SecurityGroups: []SecurityGroup{{ID: fmt.Sprintf("sg-%017x", n*16+1), Name: "nodes", Description: "nodes of the cluster"}},
	}
	for i, zone := range []string{"a", "b", "c"} {
		private := fmt.Sprintf("subnet-%017x", n*16+i+9)
		vpc.Subnets = append(vpc.Subnets,
			Subnet{
				ID: fmt.Sprintf("subnet-%017x", n*16+i+1), Name: "public-" + zone, Zone: zone, Public: true,
				CIDRs: []string{fmt.Sprintf("10.%d.%d.0/20", n, i*16), fmt.Sprintf("2600:1f00:0:%x::/64", n<<8+i)}, Tags: map[string]string{"kubernetes.io/role/elb": "1"},
			},
			Subnet{
				ID: private, Name: "private-" + zone, Zone: zone,
				CIDRs: []string{fmt.Sprintf("10.%d.%d.0/20", n, 128+i*16), fmt.Sprintf("2600:1f00:0:%x::/64", n<<8+128+i)}, Tags: map[string]string{"kubernetes.io/role/internal-elb": "1"},
			},
		)
		vpc.Instances = append(vpc.Instances, Instance{
			ID: fmt.Sprintf("i-%017x", n*16+i+1), Name: "node-" + zone, Subnet: private, SecurityGroups: []string{vpc.SecurityGroups[0].ID},
		})
	}
	return Inventory{VPCs: []VPC{vpc}}
}
