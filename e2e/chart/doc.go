// Package chart tests what the Helm chart renders, without a cluster.
package chart
