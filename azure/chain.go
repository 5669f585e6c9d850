package azure

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/pacific-aci/pacific/internal/neterr"
)

// CredentialError is returned by the credential when the default chain found nothing that
// works, or az could not give a token.
type CredentialError struct {
	// Attempts are the ways that were tried, in order.
	Attempts []Attempt

	cause error
}

// Attempt is one way to sign in that did not work.
type Attempt struct {
	Method Method
	// Reason says what was refused; empty: nothing was tried, and Fix says all.
	Reason string
	// Fix says what to do to sign in this way.
	Fix string
	// Begun: something of it is set up, so that it may well be the way that is wanted.
	Begun bool
}

// String is one line.
func (a Attempt) String() string {
	if a.Reason == "" {
		return fmt.Sprintf("%s: %s", a.Method, a.Fix)
	}
	return fmt.Sprintf("%s: %s; %s", a.Method, a.Reason, a.Fix)
}

// Error is one line for a single attempt, and otherwise has one line for each.
func (e *CredentialError) Error() string {
	if len(e.Attempts) == 1 {
		return "signing in to Azure with " + e.Attempts[0].String()
	}
	var b strings.Builder
	b.WriteString("no way to sign in to Azure works; set up one of these:")
	for _, a := range e.Attempts {
		b.WriteString("\n  " + a.String())
	}
	return b.String()
}

// Unwrap returns the last attempt's error; nil if none was made.
func (e *CredentialError) Unwrap() error { return e.cause }

// chain is the default chain where no settings decide: a managed identity, then az. The first that
// works is kept.
type chain struct {
	cloud  *Cloud
	lacks  []Attempt
	chosen azcore.TokenCredential // only touched by GetToken, of which there is one at a time
}

// defaultChain lets complete settings decide at once: falling through from a wrong secret to az
// would act as somebody else.
func (c *Cloud) defaultChain() (azcore.TokenCredential, error) {
	if len(c.creds.missing(MethodClientSecret)) == 0 {
		c.chose(MethodClientSecret)
		return c.clientSecret()
	}
	if len(c.creds.missing(MethodWorkloadIdentity)) == 0 {
		c.chose(MethodWorkloadIdentity)
		return c.workloadIdentity()
	}
	ch := &chain{cloud: c}
	for _, m := range []Method{MethodClientSecret, MethodWorkloadIdentity} {
		missing := c.creds.missing(m)
		ch.lacks = append(ch.lacks, Attempt{
			Method: m,
			Fix:    "set " + strings.Join(missing, ", "),
			Begun:  len(missing) < len(CredentialOptions{}.missing(m)),
		})
	}
	return ch, nil
}

func (c *Cloud) chose(m Method) {
	c.log.LogAttrs(context.Background(), slog.LevelDebug, "signing in to Azure", slog.String("method", string(m)))
}

// GetToken tries one way after the other, or uses the one that worked. The token cache calls it one
// at a time.
func (ch *chain) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	if ch.chosen != nil {
		return ch.chosen.GetToken(ctx, o)
	}
	failed := &CredentialError{Attempts: append([]Attempt(nil), ch.lacks...)}
	token, done, err := ch.tryManagedIdentity(ctx, o, failed)
	if !done {
		token, done, err = ch.tryAzureCLI(ctx, o, failed)
	}
	if done {
		return token, err
	}
	return azcore.AccessToken{}, failed
}

// tryManagedIdentity asks the machine's identity endpoint, if it has one. done: the chain ends here, with the token or an
// error; otherwise failed says why, and the next way is tried. A failure that may pass ends the chain too: going on would act as
// somebody else.
func (ch *chain) tryManagedIdentity(ctx context.Context, o policy.TokenRequestOptions, failed *CredentialError) (token azcore.AccessToken, done bool, err error) {
	at := Attempt{Method: MethodManagedIdentity, Fix: "run on Azure with an identity assigned"}
	here, reason := ch.cloud.hasManagedIdentity(ctx)
	if ctx.Err() != nil {
		return token, true, neterr.Ended(ctx)
	}
	if here {
		var inner azcore.TokenCredential
		if inner, err = ch.cloud.managedIdentity(); err == nil {
			if token, err = inner.GetToken(ctx, o); err == nil {
				ch.choose(inner, MethodManagedIdentity)
				return token, true, nil
			}
		}
		if ctx.Err() != nil || !identityUnavailable(err) {
			return token, true, err
		}
		reason, failed.cause, at.Begun = clip(signInReason(err), 300), err, true
		at.Fix = "assign an identity to this machine or container, or name the right one in " + envClientID
	}
	at.Reason = reason
	failed.Attempts = append(failed.Attempts, at)
	return token, false, nil
}

// tryAzureCLI asks az for a token. done is as for tryManagedIdentity.
func (ch *chain) tryAzureCLI(ctx context.Context, o policy.TokenRequestOptions, failed *CredentialError) (token azcore.AccessToken, done bool, err error) {
	if ch.cloud.inProcess {
		// A transport of the caller's own means that nothing outside is wanted.
		failed.Attempts = append(failed.Attempts, Attempt{Method: MethodAzureCLI, Reason: "not asked, since requests do not go over the network", Fix: "choose the method az"})
		return token, false, nil
	}
	if folder, _ := ch.cloud.env(envAzFolder); ch.cloud.emulated && folder == "" {
		// The user's own az is signed in to the real Azure: its token is not for an emulator to see.
		failed.Attempts = append(failed.Attempts, Attempt{Method: MethodAzureCLI, Reason: "not asked, since " + envAzFolder + " names no folder of the emulator's",
			Fix: "source the emulator's environment file"})
		return token, false, nil
	}
	inner, err := ch.cloud.azureCLI()
	if err == nil {
		if token, err = inner.GetToken(ctx, o); err == nil {
			ch.choose(inner, MethodAzureCLI)
			return token, true, nil
		}
	}
	if ctx.Err() != nil {
		return token, true, neterr.Ended(ctx)
	}
	failed.Attempts, failed.cause = append(failed.Attempts, azAttempt(err)), err
	return token, false, nil
}

func (ch *chain) choose(inner azcore.TokenCredential, m Method) {
	ch.chosen = inner
	ch.cloud.chose(m)
}
