// Package cloud is a small cloud in memory: regions with balancers, listeners,
// rules, groups of endpoints and certificates. It is believable where that
// makes providers hard to write: some operations take time, writes carry a
// fingerprint, resources that are in use cannot be deleted, limits are low,
// and calls fail in every way that they do elsewhere. It carries no traffic.
package cloud
