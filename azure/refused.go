package azure

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
)

// dropRefused forgets a token that Azure answers with 401, so that the next request has a new one: a token can be
// revoked, or be of a principal that was changed, long before it expires.
type dropRefused struct{ cloud *Cloud }

// Do passes one request on and looks at its answer.
func (d dropRefused) Do(req *policy.Request) (*http.Response, error) {
	resp, err := req.Next()
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	token, ok := strings.CutPrefix(req.Raw().Header.Get("Authorization"), "Bearer ")
	if credential, failed := d.cloud.Credential(); ok && failed == nil {
		if cache, ok := credential.(*tokenCache); ok {
			cache.refuse(token)
		}
	}
	return resp, nil
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
	if e := Explain(err); err == nil || ctx.Err() != nil || e != nil && e.Lost() {
		return token, err
	}
	return t.ask(ctx, o)
}
