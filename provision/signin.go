package provision

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"

	"github.com/pacific-aci/pacific/azure"
)

// Codes of Entra's refusals to sign an application in. Only the first two say something about its secret, and the first
// one says it of a secret that is new as well.
const (
	codeWrongSecret        = "AADSTS7000215"
	codeExpiredSecret      = "AADSTS7000222"
	codeUnknownApplication = "AADSTS700016"
	codeNoPrincipal        = "AADSTS7000229"
	codeDisabled           = "AADSTS7000112"
)

// secretIsNew is how long a secret is taken to be so new that a part of Entra may not know it yet. Entra promises no time.
const secretIsNew = 10 * time.Minute

// refused reports whether an error of signing in is Entra's refusal.
func refused(err error) bool {
	e := azure.Explain(err)
	return e != nil && !e.Lost() && (e.Class == azure.ClassAuthentication || e.Status == http.StatusUnauthorized)
}

// secretDead reports whether a refusal proves that the secret in the credentials block will never sign in again. Any other
// one is about the application, its service principal or the tenant, which a new secret does not change.
func (s *state) secretDead(e *azure.Error) bool {
	return e.Has(codeExpiredSecret) || e.Has(codeWrongSecret) && !s.secretNew()
}

// secretNew reports whether the secret in the credentials block is one that the directory lists as made a moment ago. The
// directory shows the first characters of each.
func (s *state) secretNew() bool {
	if s.application == nil || s.credentials == nil {
		return false
	}
	for _, have := range s.application.Secrets {
		if have.Hint != "" && strings.HasPrefix(string(s.credentials.secret), have.Hint) && time.Since(have.Start) < secretIsNew {
			return true
		}
	}
	return false
}

// signInMayPass reports whether Entra refuses only because it does not know everywhere yet what the directory shows: the
// application, its service principal, or the secret. The steps have found all three.
func (s *state) signInMayPass(e *azure.Error) bool {
	return e.Has(codeUnknownApplication) || e.Has(codeNoPrincipal) || e.Has(codeWrongSecret) && s.secretNew()
}

// untilSignedIn signs the pool's application in, again until ctx ends while Entra does not know it.
func (v *verification) untilSignedIn(ctx context.Context, cloud *azure.Cloud) error {
	credential, err := cloud.Credential()
	if err != nil {
		return err
	}
	return azure.Repeat(ctx, azure.RepeatOptions{
		For: "Microsoft Entra ID to sign the new application in", Passing: v.state.signInMayPass, Waiting: v.waiting,
	}, func(ctx context.Context) error {
		_, err := credential.GetToken(ctx, policy.TokenRequestOptions{Scopes: []string{cloud.Endpoints().Audience + "/.default"}})
		return err
	})
}

// mayPass reports whether an error of a job is one that rights give that do not count yet: a refusal, or an image that the
// identity may not pull.
func (v *verification) mayPass(err error) bool {
	e := azure.Explain(err)
	if e == nil {
		return false
	}
	switch e.Class {
	case azure.ClassAuthorisation:
		return true
	case azure.ClassImage, azure.ClassRegistry:
		return pullMayPass(e)
	case azure.ClassAuthentication:
		// One part of Entra may refuse what another has accepted; Resource Manager's own refusals have other codes.
		return !strings.HasPrefix(e.Code, "AADSTS") || v.state.signInMayPass(e)
	default:
		return false
	}
}

// pullLasts are how registries say what no right ends, in small letters: the image or its platform is not there, or the
// registry's network rules keep others out.
var pullLasts = []string{"manifest unknown", "manifest_unknown", "name unknown", "name_unknown", "no matching manifest", "not allowed access", "firewall"}

// pullRefused are how they say that a right is missing.
var pullRefused = []string{"401", "403", "unauthorized", "denied", "forbidden"}

// pullMayPass reports whether an image cannot be pulled only because a right does not count yet. Container Instances have one
// code for an image that is not there and for one that may not be pulled; this one was pushed a moment ago.
func pullMayPass(e *azure.Error) bool {
	in := func(words string) bool { return strings.Contains(strings.ToLower(e.Message), words) }
	if slices.ContainsFunc(pullLasts, in) {
		return false
	}
	return e.Has("InaccessibleImage") || e.Has("RegistryErrorResponse") || slices.ContainsFunc(pullRefused, in)
}
