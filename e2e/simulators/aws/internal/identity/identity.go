// Package identity knows who may call: the access keys of accounts, and the
// temporary ones of assumed roles.
package identity

import (
	"crypto/rand"
	"fmt"
	"sync"
	"time"
)

// Key is an access key and who it stands for.
type Key struct {
	ID, Secret string
	// Token is the session token that temporary keys come with.
	Token   string
	Account string
	// Principal is the ARN of the user or of the assumed role's session.
	Principal string
	// UserID is the caller's unique id, such as "AIDA..." or "AROA...:session".
	UserID string
	// Expires is zero for a key that does not.
	Expires time.Time
}

// Role is a role that may be assumed.
type Role struct {
	ARN string `json:"arn"`
	// ExternalID is what AssumeRole must name; empty means nothing.
	ExternalID string `json:"externalId,omitempty"`
}

// Directory is the set of accounts, keys and roles.
type Directory struct {
	mu       sync.RWMutex
	accounts map[string]bool
	keys     map[string]Key
	roles    map[string]Role
}

// New makes an empty Directory.
func New() *Directory {
	return &Directory{accounts: map[string]bool{}, keys: map[string]Key{}, roles: map[string]Role{}}
}

// Add adds a key and its account.
func (d *Directory) Add(key Key) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.accounts[key.Account] = true
	d.keys[key.ID] = key
}

// AddRole makes a role known. Roles that are not known can be assumed, too,
// without an external id, if their account is known: tests need no IAM.
func (d *Directory) AddRole(role Role) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.roles[role.ARN] = role
}

// Role gives a known role.
func (d *Directory) Role(arn string) (Role, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	role, there := d.roles[arn]
	return role, there
}

// Key gives a key by its id.
func (d *Directory) Key(id string) (Key, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	key, there := d.keys[id]
	return key, there
}

// HasAccount tells whether an account exists.
func (d *Directory) HasAccount(id string) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return d.accounts[id]
}

// Temporary makes and adds a temporary key.
func (d *Directory) Temporary(account, principal, userID string, expires time.Time) Key {
	key := Key{
		ID: "ASIA" + rand.Text()[:16], Secret: (rand.Text() + rand.Text())[:40], Token: rand.Text() + rand.Text(),
		Account: account, Principal: principal, UserID: userID, Expires: expires,
	}
	d.Add(key)
	return key
}

// UserARN is the ARN of a user.
func UserARN(account, user string) string {
	return fmt.Sprintf("arn:aws:iam::%s:user/%s", account, user)
}
