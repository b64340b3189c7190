package admin

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
)

// reviewsAtOnce bounds the TokenReviews under way: any pod can dial the port,
// and is not to have the hub ask the API server as often as it likes.
const reviewsAtOnce = 2

// fits reports whether a token says that it is one of the account for us: a
// service account token is a signed JWT (RFC 7519), whose subject is the
// account's user name. It says nothing of whether that is true.
func fits(token, account string) bool {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	var claims struct {
		Subject  string   `json:"sub"`
		Audience []string `json:"aud"`
	}
	return json.Unmarshal(raw, &claims) == nil && claims.Subject == account && slices.Contains(claims.Audience, Audience)
}

// known reports whether a token is one of the viewer's account, for us.
func (s *Server) known(ctx context.Context, token string) bool {
	review := &authenticationv1.TokenReview{Spec: authenticationv1.TokenReviewSpec{Token: token, Audiences: []string{Audience}}}
	if err := s.Reviews.Create(ctx, review); err != nil {
		s.Log.Error(err, "Token not reviewed")
		return false
	}
	return review.Status.Authenticated && review.Status.User.Username == s.Account && slices.Contains(review.Status.Audiences, Audience)
}
