// Package sts simulates AWS Security Token Service: who am I, and temporary
// keys of roles, also of other accounts.
package sts

import (
	"crypto/sha256"
	"encoding/base32"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/aws-sdk-go-v2/service/sts/types"

	"fairway.dev/fairway/e2e/simulators/aws/internal/api"
	"fairway.dev/fairway/e2e/simulators/aws/internal/identity"
)

// Service is STS. Use New.
type Service struct{ directory *identity.Directory }

// New makes the service of a directory.
func New(directory *identity.Directory) *Service { return &Service{directory: directory} }

// Operations are the operations that the simulator has, by name.
func (s *Service) Operations() map[string]api.Operation {
	return map[string]api.Operation{
		"GetCallerIdentity": api.Op(s.getCallerIdentity),
		"AssumeRole":        api.Op(s.assumeRole),
	}
}

func (s *Service) getCallerIdentity(c *api.Call, _ *sts.GetCallerIdentityInput) (*sts.GetCallerIdentityOutput, error) {
	return &sts.GetCallerIdentityOutput{
		Account: aws.String(c.Account), Arn: aws.String(c.Principal), UserId: aws.String(s.userID(c)),
	}, nil
}

// userID is the caller's unique id: kept with temporary keys, made of the ARN for users.
func (s *Service) userID(c *api.Call) string {
	_, session, assumed := strings.Cut(c.Principal, ":assumed-role/")
	if !assumed {
		return uniqueID("AIDA", c.Principal)
	}
	role, name, _ := strings.Cut(session, "/")
	return uniqueID("AROA", roleARN(c.Account, role)) + ":" + name
}

// uniqueID is like "AROA" and 17 letters and digits, always the same for an ARN.
func uniqueID(prefix, arn string) string {
	hash := sha256.Sum256([]byte(arn))
	return prefix + base32.StdEncoding.EncodeToString(hash[:])[:17]
}

func roleARN(account, name string) string {
	return fmt.Sprintf("arn:aws:iam::%s:role/%s", account, name)
}

// How long temporary keys live. Source: AssumeRole, API reference: 3600 seconds
// by default; the model bounds what can be asked for.
const defaultLife = time.Hour

func (s *Service) assumeRole(c *api.Call, in *sts.AssumeRoleInput) (*sts.AssumeRoleOutput, error) {
	arn := aws.ToString(in.RoleArn)
	account, path, failure := parse(arn)
	if failure != nil {
		return nil, failure
	}
	known, there := s.directory.Role(arn)
	if !s.directory.HasAccount(account) || there && known.ExternalID != "" && known.ExternalID != aws.ToString(in.ExternalId) {
		return nil, api.Errorf("AccessDenied", "User: %s is not authorized to perform: sts:AssumeRole on resource: %s", c.Principal, arn).
			WithStatus(http.StatusForbidden)
	}
	life := defaultLife
	if in.DurationSeconds != nil {
		life = time.Duration(*in.DurationSeconds) * time.Second
	}
	// Keys expire in real time, whatever the simulator's clock does: clients renew them by the real one.
	name := path[strings.LastIndex(path, "/")+1:]
	session := aws.ToString(in.RoleSessionName)
	principal := fmt.Sprintf("arn:aws:sts::%s:assumed-role/%s/%s", account, name, session)
	userID := uniqueID("AROA", roleARN(account, name)) + ":" + session
	key := s.directory.Temporary(account, principal, userID, time.Now().Add(life))
	return &sts.AssumeRoleOutput{
		AssumedRoleUser: &types.AssumedRoleUser{Arn: aws.String(principal), AssumedRoleId: aws.String(userID)},
		Credentials: &types.Credentials{
			AccessKeyId: aws.String(key.ID), SecretAccessKey: aws.String(key.Secret), SessionToken: aws.String(key.Token), Expiration: aws.Time(key.Expires),
		},
		SourceIdentity: in.SourceIdentity,
	}, nil
}

// parse takes a role's ARN apart.
func parse(arn string) (account, path string, failure *api.Error) {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) != 6 || parts[0] != "arn" || parts[2] != "iam" || !strings.HasPrefix(parts[5], "role/") {
		return "", "", api.Errorf("ValidationError", "%s is invalid", arn)
	}
	return parts[4], strings.TrimPrefix(parts[5], "role/"), nil
}
