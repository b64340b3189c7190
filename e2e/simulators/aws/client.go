package aws

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	awssdk "github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"fairway.dev/fairway/e2e/simulators/aws/internal/identity"
	"fairway.dev/fairway/e2e/simulators/aws/internal/store"
)

var accountForm = regexp.MustCompile(`^[0-9]{12}$`)

// user is the name of every account's user.
const user = "simulator"

// key is the account's access key.
func (a Account) key() (identity.Key, error) {
	if !accountForm.MatchString(a.ID) {
		return identity.Key{}, fmt.Errorf("account %q: an id has 12 digits", a.ID)
	}
	key := identity.Key{ID: a.AccessKey, Secret: a.SecretKey, Account: a.ID, Principal: identity.UserARN(a.ID, user)}
	if key.ID == "" {
		key.ID = "AKIASIM0" + a.ID
	}
	if key.Secret == "" {
		key.Secret = strings.Repeat(a.ID, 4)[:40]
	}
	return key, nil
}

// SDK is a configuration of the SDK for an account and region of the simulator;
// empty ones are those of Options. It panics for an account that does not exist.
func (s *Simulator) SDK(account, region string) awssdk.Config {
	key, err := s.keyOf(account)
	if err != nil {
		panic(err)
	}
	return awssdk.Config{
		Region: cmp.Or(region, s.options.Region), BaseEndpoint: awssdk.String(s.URL()), HTTPClient: patient{awshttp.NewBuildableClient()},
		Credentials: credentials.NewStaticCredentialsProvider(key.ID, key.Secret, ""),
	}
}

func (s *Simulator) keyOf(account string) (identity.Key, error) {
	account = cmp.Or(account, s.options.Account)
	at := slices.IndexFunc(s.options.Accounts, func(a Account) bool { return a.ID == account })
	if at < 0 {
		return identity.Key{}, fmt.Errorf("no account %q", account)
	}
	return s.options.Accounts[at].key()
}

// scope is that of an account, which must exist, and a region; empty ones are those of Options.
func (s *Simulator) scope(account, region string) (store.Scope, error) {
	key, err := s.keyOf(account)
	return store.Scope{Account: key.Account, Region: cmp.Or(region, s.options.Region)}, err
}

// Environ is the environment in which the SDKs, the AWS CLI and Terraform reach
// the simulator, as "NAME=value". Empty arguments are the account and the region
// of Options.
func (s *Simulator) Environ(account, region string) ([]string, error) {
	key, err := s.keyOf(account)
	if err != nil {
		return nil, err
	}
	region = cmp.Or(region, s.options.Region)
	return []string{
		"AWS_ENDPOINT_URL=" + s.URL(),
		"AWS_ACCESS_KEY_ID=" + key.ID,
		"AWS_SECRET_ACCESS_KEY=" + key.Secret,
		"AWS_REGION=" + region,
		"AWS_DEFAULT_REGION=" + region,
		// There is no instance metadata to ask, and asking takes seconds.
		"AWS_EC2_METADATA_DISABLED=true",
	}, nil
}

// Shell is Environ as lines that a shell can evaluate.
func (s *Simulator) Shell(account, region string) (string, error) {
	environ, err := s.Environ(account, region)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	for _, line := range environ {
		name, value, _ := strings.Cut(line, "=")
		fmt.Fprintf(&b, "export %s='%s'\n", name, value)
	}
	return b.String(), nil
}
