package azure

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// tokenCache keeps tokens for all clients of a Cloud and lets one caller at a time fetch a new
// one: az takes a second for each, and a managed identity endpoint throttles.
type tokenCache struct {
	inner azcore.TokenCredential
	fetch chan struct{} // holds one value while somebody fetches
	mu    sync.Mutex
	known map[tokenKey]cachedToken
}

type tokenKey struct {
	scopes, tenant string
	cae            bool
}

type cachedToken struct {
	azcore.AccessToken
	renew   time.Time
	refused bool // Azure does not take it
}

func newTokenCache(inner azcore.TokenCredential) *tokenCache {
	return &tokenCache{inner: inner, fetch: make(chan struct{}, 1), known: map[tokenKey]cachedToken{}}
}

// GetToken implements azcore.TokenCredential.
func (t *tokenCache) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	key := tokenKey{strings.Join(o.Scopes, " "), o.TenantID, o.EnableCAE}
	// Claims are a challenge: Azure has just refused the token that we know.
	challenged := o.Claims != ""
	if have, fresh := t.lookup(key); fresh && !challenged {
		return have.AccessToken, nil
	}
	select {
	case t.fetch <- struct{}{}:
		defer func() { <-t.fetch }()
	case <-ctx.Done():
		return azcore.AccessToken{}, fmt.Errorf("waiting for a token: %w", ended(ctx))
	}
	have, fresh := t.lookup(key)
	if fresh && !challenged {
		return have.AccessToken, nil
	}
	ask := t.ask
	if have.refused && !challenged {
		ask = t.renew
	}
	token, err := ask(ctx, o)
	if err == nil {
		t.store(key, token)
		return token, nil
	}
	// A lost view of the sign-in service matters only once the token is really over.
	if e := Explain(err); e != nil && e.Lost() && !challenged && !have.refused && time.Until(have.ExpiresOn) > time.Minute {
		return have.AccessToken, nil
	}
	return azcore.AccessToken{}, err
}

// ask gets a token and puts back what the SDK loses: it reports a network failure as a failed
// authentication with nothing but text, and a watch must not end on that.
func (t *tokenCache) ask(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	rec := &recorder{}
	token, err := t.inner.GetToken(context.WithValue(ctx, recorderKey{}, rec), o)
	if err == nil {
		return token, nil
	}
	if ctx.Err() != nil {
		return token, fmt.Errorf("signing in to Azure: %w", ended(ctx))
	}
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	if lost := rec.get(); lost != nil && ok && failed.RawResponse == nil {
		return token, networkError("signing in to Azure", lost)
	}
	return token, err
}

func (t *tokenCache) lookup(key tokenKey) (cachedToken, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	have := t.known[key]
	return have, time.Now().Before(have.renew)
}

// store renews five minutes before the end, as Azure's clients do, or earlier if the issuer says
// so; a token that lives shorter than twenty minutes is renewed at three quarters of its life.
func (t *tokenCache) store(key tokenKey, token azcore.AccessToken) {
	life := time.Until(token.ExpiresOn)
	renew := token.ExpiresOn.Add(-min(5*time.Minute, life/4))
	if !token.RefreshOn.IsZero() && token.RefreshOn.Before(renew) {
		renew = token.RefreshOn
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.known[key] = cachedToken{AccessToken: token, renew: renew}
}
