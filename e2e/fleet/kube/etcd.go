package main

import (
	"errors"
	"fmt"
	"net/url"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
	"go.etcd.io/etcd/server/v3/storage/wal"
)

// startEtcd starts a single etcd member on free loopback ports and returns it with its client URL.
// The data lies in memory and dies with the fleet, so that nothing is synced to a disk.
func startEtcd(dir string) (*embed.Etcd, string, error) {
	// Segments are allocated in full, twice, and on a tmpfs that is memory.
	wal.SegmentSizeBytes = 8 << 20

	loopback := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	config := embed.NewConfig()
	config.Dir = dir
	config.LogLevel = "error"
	config.UnsafeNoFsync = true
	config.ListenClientUrls = []url.URL{loopback}
	config.AdvertiseClientUrls = []url.URL{loopback}
	config.ListenPeerUrls = []url.URL{loopback}
	config.AdvertisePeerUrls = []url.URL{loopback}
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	config.MaxTxnOps = 1024
	// A lone member elects itself after one election timeout.
	config.TickMs = 10
	config.ElectionMs = 100

	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, "", fmt.Errorf("start etcd: %w", err)
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, "http://" + etcd.Clients[0].Addr().String(), nil
	case <-time.After(time.Minute):
		etcd.Close()
		return nil, "", errors.New("start etcd: not ready after a minute")
	}
}
