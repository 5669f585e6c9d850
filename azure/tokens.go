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

	"github.com/pacific-aci/pacific/internal/neterr"
)

// signInTime bounds one sign-in with all its requests and repeats. Entra answers in a second, az in two.
const signInTime = 2 * time.Minute

// tokenCache keeps tokens for all clients of a Cloud and lets one caller at a time fetch a new
// one: az takes a second for each, and a managed identity endpoint throttles.
type tokenCache struct {
	inner azcore.TokenCredential
	fetch chan struct{} // holds one value while somebody fetches
	mu    sync.Mutex
	known map[tokenKey]cachedToken
	// failed are the last sign-ins that failed: who waited for one of them shares its end, since
	// otherwise a hundred callers would wait for the sign-in service one after the other.
	failed map[tokenKey]failedSignIn
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

type failedSignIn struct {
	err error
	at  time.Time
}

func newTokenCache(inner azcore.TokenCredential) *tokenCache {
	return &tokenCache{inner: inner, fetch: make(chan struct{}, 1), known: map[tokenKey]cachedToken{}, failed: map[tokenKey]failedSignIn{}}
}

// GetToken implements azcore.TokenCredential.
func (t *tokenCache) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	key := tokenKey{strings.Join(o.Scopes, " "), o.TenantID, o.EnableCAE}
	// Claims are a challenge: Azure has just refused the token that we know.
	challenged := o.Claims != ""
	if have, fresh := t.lookup(key); fresh && !challenged {
		return have.AccessToken, nil
	}
	began := time.Now()
	select {
	case t.fetch <- struct{}{}:
		defer func() { <-t.fetch }()
	case <-ctx.Done():
		return azcore.AccessToken{}, fmt.Errorf("waiting for a token: %w", neterr.Ended(ctx))
	}
	have, fresh := t.lookup(key)
	if fresh && !challenged {
		return have.AccessToken, nil
	}
	// Who waited for a sign-in that failed meanwhile shares its end.
	if last := t.failed[key]; last.at.After(began) && !challenged && !have.refused {
		return have.orElse(last.err)
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
	if challenged {
		return azcore.AccessToken{}, err
	}
	if ctx.Err() == nil {
		t.failed[key] = failedSignIn{err, time.Now()}
	}
	return have.orElse(err)
}

// orElse is the known token if it is good for another minute and err says nothing about it: a sign-in service that cannot
// be reached matters only once the token is really over.
func (c cachedToken) orElse(err error) (azcore.AccessToken, error) {
	if unheard(err) && !c.refused && time.Until(c.ExpiresOn) > time.Minute {
		return c.AccessToken, nil
	}
	return azcore.AccessToken{}, err
}

// unheard reports that the sign-in service was not reached, so that it has said nothing about the credential.
func unheard(err error) bool {
	if _, page := errors.AsType[*AnswerError](err); page {
		return true
	}
	e := Explain(err)
	return e != nil && (e.Lost() || e.Class == ClassConnection)
}

// ask gets a token and puts back what the SDK loses: it reports a network failure, or a web page, as a failed
// authentication with nothing but text, and a watch must not end on that.
func (t *tokenCache) ask(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	rec := &recorder{}
	limited, cancel := context.WithTimeout(context.WithValue(ctx, recorderKey{}, rec), signInTime)
	defer cancel()
	token, err := t.inner.GetToken(limited, o)
	lost, page := rec.get()
	switch {
	case err == nil:
		return token, nil
	case ctx.Err() != nil:
		return token, fmt.Errorf("signing in to Azure: %w", neterr.Ended(ctx))
	case limited.Err() != nil:
		// Ours has passed, not the caller's.
		return token, &Error{Class: ClassUnavailable, Message: fmt.Sprintf("signing in to Azure: no token within %v", signInTime), hint: hintLater, lost: true}
	case lost != nil && signInFailed(err):
		return token, networkError("signing in to Azure", lost, lost)
	case page != nil && signInFailed(err):
		return token, fmt.Errorf("signing in to Azure: %w", page)
	}
	return token, err
}

// signInFailed reports a failure for which the SDK has no answer to show.
func signInFailed(err error) bool {
	failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err)
	return !ok && Explain(err) == nil || ok && failed.RawResponse == nil
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
