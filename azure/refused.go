package azure

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// renewRefused sends a request again whose token Azure answered with 401, with a new one: a token can be revoked, or be
// of a principal that was changed, long before it expires. A 401 says that nothing was done, so that this is safe for
// every method. It stands outside the policy that puts the token on.
type renewRefused struct{ cloud *Cloud }

// Do sends one request, three times at most: the first token may be the SDK's own copy of one that was replaced since,
// and the second the replacement, revoked in its turn.
func (r renewRefused) Do(req *policy.Request) (*http.Response, error) {
	last := ""
	for tries := 1; ; tries++ {
		resp, err := req.Next()
		if err != nil || resp.StatusCode != http.StatusUnauthorized || resp.Request == nil {
			return resp, err
		}
		token, ok := strings.CutPrefix(resp.Request.Header.Get("Authorization"), "Bearer ")
		if !ok {
			return resp, nil
		}
		r.refuse(token)
		if tries == 3 || token == last || req.RewindBody() != nil {
			return resp, nil
		}
		last = token
		_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 4096))
		_ = resp.Body.Close()
	}
}

// refuse drops the token, if it is one of the Cloud's. The SDK has dropped its own copy.
func (r renewRefused) refuse(token string) {
	if credential, err := r.cloud.Credential(); err == nil {
		if cache, ok := credential.(*tokenCache); ok {
			cache.refuse(token)
		}
	}
}

// refuse marks a token as refused. One that was fetched meanwhile stays.
func (t *tokenCache) refuse(token string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for key, have := range t.known {
		if have.Token == token {
			have.refused, have.renew = true, time.Time{}
			t.known[key] = have
		}
	}
}

// clockSkew is how far this machine's clock may be before Azure's.
const clockSkew = 10 * time.Minute

// renew gets a token in the place of one that was refused. The SDK has a cache of its own and passes it by only for
// claims; these ask for a token that was issued of late, as Azure's own challenges do. A credential that cannot take
// claims (az) is asked without.
func (t *tokenCache) renew(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	withClaims := o
	withClaims.Claims = fmt.Sprintf(`{"access_token":{"nbf":{"essential":true,"value":"%d"}}}`, time.Now().Add(-clockSkew).Unix())
	token, err := t.ask(ctx, withClaims)
	if err == nil || ctx.Err() != nil || unheard(err) {
		return token, err
	}
	return t.ask(ctx, o)
}
