package elbv2

import "time"

// Delays are what AWS takes its time for. The zero value does everything at
// once.
type Delays struct {
	// Provisioning is how long a load balancer takes to become active.
	Provisioning time.Duration
	// Registration is how long a target is Elb.RegistrationInProgress before its first check.
	Registration time.Duration
	// ReadLag is how long a new listener or rule is not found by its ARN.
	ReadLag time.Duration
	// ReleaseLag is how long a target group still counts as in use after its last rule is gone.
	ReleaseLag time.Duration
	// DeletionLag is how long a deleted load balancer is still described.
	DeletionLag time.Duration
	// InterfaceLinger is how long a load balancer's network interfaces outlive it.
	InterfaceLinger time.Duration
	// TrustStore is how long a trust store is CREATING.
	TrustStore time.Duration
	// Capacity is how long a capacity reservation is pending.
	Capacity time.Duration
}

// Realistic are delays as users see them: ALB creation takes two to three
// minutes, ListenerNotFound and ResourceInUse last about 2 s, network interfaces
// linger for minutes (what AWS Load Balancer Controller's retries wait for).
func Realistic() Delays {
	return Delays{
		Provisioning:    150 * time.Second,
		Registration:    5 * time.Second,
		ReadLag:         time.Second,
		ReleaseLag:      2 * time.Second,
		DeletionLag:     time.Second,
		InterfaceLinger: 3 * time.Minute,
		TrustStore:      5 * time.Second,
		Capacity:        time.Minute,
	}
}
