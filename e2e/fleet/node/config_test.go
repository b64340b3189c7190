package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	images := filepath.Join(t.TempDir(), "images.json")
	if err := os.WriteFile(images, []byte(`{"example.com/a": {"path": "/bin/a", "user": 65532}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	args := []string{
		"--cluster", "east", "--kubeconfig", "k", "--state", "s", "--images", images, "--node-network", "10.193.0.0/24",
		"--pod-network", "10.65.0.0/16", "--service-network", "10.129.0.0/16", "--load-balancer-network", "198.18.16.0/20",
		"--dns", "10.129.0.10", "--kubelet-cert", "c", "--kubelet-key", "k", "--client-ca", "a",
	}
	c, err := parse(args)
	if err != nil {
		t.Fatal(err)
	}
	if c.images["example.com/a"].User != 65532 || c.nodes != 2 {
		t.Errorf("config %+v", c)
	}
	n := c.node(2)
	if n.Name != "east-2" || n.Zone != "east-b" || n.Address.String() != "10.193.0.12" || n.Pods.String() != "10.65.2.0/24" {
		t.Errorf("second node: %+v", n)
	}
	if _, err := parse(args[2:]); err == nil || !strings.Contains(err.Error(), "--cluster") {
		t.Errorf("without --cluster: %v", err)
	}
	if _, err := parse(append(args, "--nodes", "17")); err == nil {
		t.Error("17 nodes are no error")
	}
}
