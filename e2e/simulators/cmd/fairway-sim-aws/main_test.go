package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/spf13/pflag"

	"fairway.dev/fairway/e2e/simulators/aws"
)

const file = `
clock: {rate: 60}
delays: {provisioning: 1m}
accounts:
- id: "123456789012"
  regions:
    eu-west-1:
      vpcs:
      - id: vpc-mine
        cidrs: [10.9.0.0/16]
        subnets:
        - {id: subnet-mine, zone: a, cidrs: [10.9.0.0/20]}
`

func TestProgram(t *testing.T) {
	config := filepath.Join(t.TempDir(), "accounts.yaml")
	if err := os.WriteFile(config, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	reader, writer := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"--config", config, "--listen", "127.0.0.1:0", "--dns", "127.0.0.1:0", "--region", "eu-west-1"}, writer, io.Discard)
		_ = writer.Close()
	}()
	environ := map[string]string{}
	for lines := bufio.NewScanner(reader); lines.Scan(); {
		if name, value, found := strings.Cut(strings.TrimPrefix(lines.Text(), "export "), "="); found {
			environ[name] = strings.Trim(value, "'")
		}
		if strings.Contains(lines.Text(), "/_simulator/") {
			break
		}
	}
	client := ec2.New(ec2.Options{
		BaseEndpoint: awssdk.String(environ["AWS_ENDPOINT_URL"]), Region: environ["AWS_REGION"],
		Credentials: credentials.NewStaticCredentialsProvider(environ["AWS_ACCESS_KEY_ID"], environ["AWS_SECRET_ACCESS_KEY"], ""),
	})
	out, err := client.DescribeSubnets(t.Context(), &ec2.DescribeSubnetsInput{})
	if err != nil || len(out.Subnets) != 1 || *out.Subnets[0].SubnetId != "subnet-mine" {
		t.Errorf("subnets are %v, %v", out, err)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Errorf("ended with %v", err)
	}
}

func TestSettings(t *testing.T) {
	config := filepath.Join(t.TempDir(), "accounts.yaml")
	if err := os.WriteFile(config, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := read([]string{"--config", config, "--throttle", "0"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	o := s.options
	if o.Clock.Rate != 60 || *o.Throttle != 0 || time.Duration(o.Delays.Provisioning) != time.Minute || o.Listen != defaultListen {
		t.Errorf("settings are %+v", o)
	}
	if s, err = read([]string{"--config", config, "--rate", "2", "--no-delays"}, io.Discard); err != nil || s.options.Clock.Rate != 2 || s.options.Delays.Provisioning != 0 {
		t.Errorf("flags do not come before the file: %+v, %v", s.options, err)
	}
	var help bytes.Buffer
	if _, err := read([]string{"--help"}, &help); !errors.Is(err, pflag.ErrHelp) || !strings.Contains(help.String(), "eval") {
		t.Errorf("help is %q, %v", help.String(), err)
	}
	for _, args := range [][]string{{"what"}, {"--what"}, {"--config", "/nowhere"}} {
		if _, err := read(args, io.Discard); err == nil {
			t.Errorf("%q is taken", args)
		}
	}
	if err := os.WriteFile(config, []byte("colour: red"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := read([]string{"--config", config}, io.Discard); err == nil {
		t.Error("an unknown setting is taken")
	}
}

// The file that the help shows is one that the program takes.
func TestHelpShowsAFileThatWorks(t *testing.T) {
	_, shown, found := strings.Cut(usage, "with their inventory:\n")
	shown, _, more := strings.Cut(shown, "Flags:")
	if !found || !more {
		t.Fatal("the help shows no file")
	}
	config := filepath.Join(t.TempDir(), "help.yaml")
	if err := os.WriteFile(config, []byte(shown), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := read([]string{"--config", config, "--listen", "127.0.0.1:0", "--addresses", "off"}, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	sim, err := aws.Start(t.Context(), s.options)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = sim.Close() }()
	out, err := ec2.NewFromConfig(sim.SDK("", "")).DescribeInstances(t.Context(), &ec2.DescribeInstancesInput{InstanceIds: []string{"i-node1"}})
	if err != nil || *out.Reservations[0].Instances[0].PrivateIpAddress != "10.0.0.10" {
		t.Errorf("the node is %v, %v", out, err)
	}
}
