package check

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
)

// Defaults of the actions that authenticate. [SDK types.AuthenticateOidcActionConfig]
const (
	sessionCookie  = "AWSELBAuthSessionCookie"
	sessionTimeout = 604800
	scope          = "openid"
	// maxExtra: "The query parameters (up to 10)".
	maxExtra = 10
)

// describedOIDC judges an authenticate-oidc action and fills in its defaults.
// The client secret is not reported.
func describedOIDC(a types.Action) (types.Action, error) {
	c := *a.AuthenticateOidcConfig
	for _, u := range []struct {
		name  string
		value *string
	}{
		{"issuer", c.Issuer}, {"authorization endpoint", c.AuthorizationEndpoint},
		{"token endpoint", c.TokenEndpoint}, {"user info endpoint", c.UserInfoEndpoint},
	} {
		if err := fullURL(u.name, u.value); err != nil {
			return a, err
		}
	}
	if len(c.AuthenticationRequestExtraParams) > maxExtra {
		return a, badAction("An authenticate action can only have '%d' extra parameters", maxExtra)
	}
	if c.ClientSecret == nil && !aws.ToBool(c.UseExistingClientSecret) {
		return a, badAction("You must specify 'ClientSecret' unless 'UseExistingClientSecret' is true")
	}
	c.ClientSecret, c.UseExistingClientSecret = nil, nil
	c.Scope, c.SessionCookieName = or(c.Scope, scope), or(c.SessionCookieName, sessionCookie)
	if c.SessionTimeout == nil {
		c.SessionTimeout = aws.Int64(sessionTimeout)
	}
	if c.OnUnauthenticatedRequest == "" {
		c.OnUnauthenticatedRequest = types.AuthenticateOidcActionConditionalBehaviorEnumAuthenticate
	}
	a.AuthenticateOidcConfig = &c
	return a, nil
}

// describedCognito is describedOIDC for a Cognito user pool.
func describedCognito(a types.Action) (types.Action, error) {
	c := *a.AuthenticateCognitoConfig
	if !strings.HasPrefix(aws.ToString(c.UserPoolArn), "arn:") {
		return a, badAction("'%s' is not a valid user pool ARN", aws.ToString(c.UserPoolArn))
	}
	if len(c.AuthenticationRequestExtraParams) > maxExtra {
		return a, badAction("An authenticate action can only have '%d' extra parameters", maxExtra)
	}
	c.Scope, c.SessionCookieName = or(c.Scope, scope), or(c.SessionCookieName, sessionCookie)
	if c.SessionTimeout == nil {
		c.SessionTimeout = aws.Int64(sessionTimeout)
	}
	if c.OnUnauthenticatedRequest == "" {
		c.OnUnauthenticatedRequest = types.AuthenticateCognitoActionConditionalBehaviorEnumAuthenticate
	}
	a.AuthenticateCognitoConfig = &c
	return a, nil
}

// jwtValidation judges a jwt-validation action. [SDK types.JwtValidationActionConfig]
func jwtValidation(c types.JwtValidationActionConfig) error {
	if err := fullURL("JWKS endpoint", c.JwksEndpoint); err != nil {
		return err
	}
	if len(*c.JwksEndpoint) > 256 || len(aws.ToString(c.Issuer)) > 256 || aws.ToString(c.Issuer) == "" {
		return badAction("The issuer and the JWKS endpoint must have between 1 and 256 characters")
	}
	if len(c.AdditionalClaims) > 10 {
		return badAction("A jwt-validation action can only have '10' additional claims")
	}
	for _, claim := range c.AdditionalClaims {
		name := aws.ToString(claim.Name)
		if name == "" || slices.Contains([]string{"exp", "iss", "nbf", "iat"}, name) {
			return badAction("The claim '%s' is validated by default or not valid", name)
		}
		if len(claim.Values) == 0 || len(claim.Values) > 10 {
			return badAction("The claim '%s' must have between 1 and 10 values", name)
		}
		for _, v := range claim.Values {
			if len(v) > 256 || claim.Format == types.JwtValidationActionAdditionalClaimFormatEnumSpaceSeparatedValues && strings.Contains(v, " ") {
				return badAction("The value '%s' of claim '%s' is not valid", v, name)
			}
		}
	}
	return nil
}
