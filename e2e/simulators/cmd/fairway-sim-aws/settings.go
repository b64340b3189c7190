package main

import (
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"
	"sigs.k8s.io/yaml"

	"fairway.dev/fairway/e2e/simulators/aws"
)

// Where the program is without flags: ports that tests do not use.
const (
	defaultListen = "127.0.0.1:4585"
	defaultDNS    = "127.0.0.1:4553"
)

// settings are what flags and file say.
type settings struct {
	options aws.Options
	verbose bool
}

const usage = `fairway-sim-aws simulates AWS for whoever provisions load balancers: Elastic Load
Balancing v2, and what goes with it of EC2, ACM, STS, resource tagging and service
quotas. It needs no rights but to open the ports of listeners (root for those
below 1024) on addresses of this machine.

  fairway-sim-aws &                          # prints what the next line reads
  eval "$(curl -s http://127.0.0.1:4585/_simulator/environ)"
  aws elbv2 describe-load-balancers
  terraform apply                            # the provider reads the same variables
  dig @127.0.0.1 -p 4553 NAME-1234.us-east-1.elb.amazonaws.com

  fairway-sim-aws --rate 60                  # an hour passes in a minute
  fairway-sim-aws --no-delays --throttle 0   # everything at once, as often as you like
  fairway-sim-aws --state sim.db --config accounts.yaml

  curl http://127.0.0.1:4585/_simulator/ledger?format=table
  curl -d '{"kind":"lost","operation":"CreateRule","times":1}' http://127.0.0.1:4585/_simulator/faults
  curl -d '{"by":"5m"}' http://127.0.0.1:4585/_simulator/clock/advance
  curl -X PUT -d '{"value":3}' http://127.0.0.1:4585/_simulator/quotas/rules-per-application-load-balancer
  curl http://127.0.0.1:4585/_simulator/     # names all of these

The file of --config has the same settings, and accounts with their inventory:

  clock: {rate: 60}
  delays: {provisioning: 2m30s, interfaceLinger: 3m}
  accounts:
  - id: "123456789012"
    roles: [{arn: "arn:aws:iam::123456789012:role/fairway", externalId: secret}]
    regions:
      us-east-1:
        quotas: {rules-per-application-load-balancer: 100}
        vpcs:
        - id: vpc-main
          cidrs: [10.0.0.0/16]
          subnets:
          - {id: subnet-a, zone: a, cidrs: [10.0.0.0/20], public: true}
          - {id: subnet-b, zone: b, cidrs: [10.0.16.0/20], public: true}
          instances:
          - {id: i-node1, subnet: subnet-a, address: 10.0.0.10}

Flags:
`

// read reads the flags, and the file that they name; flags come first.
func read(args []string, out io.Writer) (settings, error) {
	var s settings
	var config string
	var noDelays bool
	var rate, throttle float64
	var flags aws.Options
	f := pflag.NewFlagSet("fairway-sim-aws", pflag.ContinueOnError)
	f.SortFlags = false
	f.SetOutput(out)
	f.Usage = func() { _, _ = fmt.Fprint(out, usage+f.FlagUsages()) }
	f.StringVar(&config, "config", "", "YAML file with settings, accounts and inventory")
	f.StringVar(&flags.Listen, "listen", defaultListen, "address of the API")
	f.StringVar(&flags.DNS, "dns", defaultDNS, "address of the DNS server that answers load balancers' names; \"off\" for none")
	f.StringVar(&flags.Addresses, "addresses", "", "range of the load balancers' addresses, which this machine must answer at; \"off\" carries no traffic (default a free /16 of 127.0.0.0/8)")
	f.StringVar(&flags.State, "state", "", "file that keeps the state over restarts")
	f.StringVar(&flags.Objects, "objects", "", "folder that stands for S3 (bucket/key), for trust stores")
	f.Float64Var(&rate, "rate", 1, "how many seconds pass in a real one")
	f.BoolVar(&flags.Clock.Stopped, "stopped", false, "time passes only when it is advanced")
	f.BoolVar(&noDelays, "no-delays", false, "do at once what AWS takes its time for")
	f.Float64Var(&throttle, "throttle", 1, "multiple of AWS's request rates; 0 throttles nothing")
	f.BoolVar(&flags.AnySignature, "any-signature", false, "take requests with a wrong signature")
	f.StringVar(&flags.Account, "account", "", "account that is meant where none is named, as in the environment (default the first)")
	f.StringVar(&flags.Region, "region", aws.DefaultRegion, "region that is meant where none is named")
	f.BoolVarP(&s.verbose, "verbose", "v", false, "tell more")
	if err := f.Parse(args); err != nil {
		return s, err
	}
	if f.NArg() > 0 {
		return s, fmt.Errorf("unexpected argument %q", f.Arg(0))
	}
	s.options = aws.Options{Listen: defaultListen, DNS: defaultDNS}
	if err := readFile(config, &s.options); err != nil {
		return s, err
	}
	given := func(name string, set func()) {
		if f.Changed(name) {
			set()
		}
	}
	given("listen", func() { s.options.Listen = flags.Listen })
	given("dns", func() { s.options.DNS = flags.DNS })
	given("addresses", func() { s.options.Addresses = flags.Addresses })
	given("state", func() { s.options.State = flags.State })
	given("account", func() { s.options.Account = flags.Account })
	given("region", func() { s.options.Region = flags.Region })
	given("objects", func() { s.options.Objects = flags.Objects })
	given("rate", func() { s.options.Clock.Rate = rate })
	given("stopped", func() { s.options.Clock.Stopped = flags.Clock.Stopped })
	given("throttle", func() { s.options.Throttle = &throttle })
	given("any-signature", func() { s.options.AnySignature = flags.AnySignature })
	if noDelays {
		s.options.Delays = &aws.Delays{}
	}
	return s, nil
}

// readFile reads a file of settings over those that there are. An unknown setting is an error.
func readFile(name string, into *aws.Options) error {
	if name == "" {
		return nil
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return fmt.Errorf("read settings: %w", err)
	}
	if err := yaml.UnmarshalStrict(text, into); err != nil {
		return fmt.Errorf("read settings of %q: %w", name, err)
	}
	return nil
}
