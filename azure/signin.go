package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
)

// newCredential makes the credential for the chosen method, with the shared token cache around it.
func (c *Cloud) newCredential() (azcore.TokenCredential, error) {
	var inner azcore.TokenCredential
	var err error
	switch c.creds.Method {
	case MethodClientSecret:
		inner, err = c.clientSecret()
	case MethodManagedIdentity:
		inner, err = c.managedIdentity()
	case MethodWorkloadIdentity:
		inner, err = c.workloadIdentity()
	case MethodAzureCLI:
		inner, err = c.azureCLI()
	default:
		inner, err = c.defaultChain()
	}
	if err != nil {
		return nil, fmt.Errorf("preparing to sign in: %w", err)
	}
	return newTokenCache(inner), nil
}

// identityOptions are the options of credentials: as for other services, but with the SDK's own
// retries, since nobody above repeats a sign-in.
func (c *Cloud) identityOptions() policy.ClientOptions {
	o := c.ClientOptions()
	o.Retry = policy.RetryOptions{}
	o.PerCallPolicies = nil // a 401 is Entra's answer to the credential itself
	o.PerRetryPolicies = append(o.PerRetryPolicies, refusePages{})
	return o
}

// trusted reports that the authority needs no check with Microsoft's: it is an emulator's, and the
// check would ask for the real one.
func (c *Cloud) trusted() bool { return c.emulated || c.inProcess }

func (c *Cloud) clientSecret() (azcore.TokenCredential, error) {
	o := c.identityOptions()
	if authority := c.creds.Authority; authority != "" {
		if !strings.Contains(authority, "://") {
			authority = "https://" + authority
		}
		o.Cloud.ActiveDirectoryAuthorityHost = strings.TrimSuffix(authority, "/") + "/"
	}
	return azidentity.NewClientSecretCredential(c.creds.TenantID, c.creds.ClientID, c.creds.ClientSecret,
		&azidentity.ClientSecretCredentialOptions{ClientOptions: o, DisableInstanceDiscovery: c.trusted()})
}

func (c *Cloud) workloadIdentity() (azcore.TokenCredential, error) {
	return azidentity.NewWorkloadIdentityCredential(&azidentity.WorkloadIdentityCredentialOptions{
		ClientOptions: c.identityOptions(), DisableInstanceDiscovery: c.trusted(),
		TenantID: c.creds.TenantID, ClientID: c.creds.ClientID, TokenFilePath: c.creds.TokenFile,
	})
}

func (c *Cloud) managedIdentity() (azcore.TokenCredential, error) {
	o := &azidentity.ManagedIdentityCredentialOptions{ClientOptions: c.identityOptions()}
	if c.creds.ClientID != "" {
		o.ID = azidentity.ClientID(c.creds.ClientID)
	}
	return azidentity.NewManagedIdentityCredential(o)
}

// azLogin is az's login, with az's words made readable.
type azLogin struct{ inner azcore.TokenCredential }

func (c *Cloud) azureCLI() (azcore.TokenCredential, error) {
	inner, err := azidentity.NewAzureCLICredential(&azidentity.AzureCLICredentialOptions{TenantID: c.creds.TenantID})
	if err != nil {
		return nil, err
	}
	return azLogin{inner}, nil
}

// GetToken runs az.
func (a azLogin) GetToken(ctx context.Context, o policy.TokenRequestOptions) (azcore.AccessToken, error) {
	token, err := a.inner.GetToken(ctx, o)
	if err == nil || ctx.Err() != nil {
		return token, err
	}
	return token, &CredentialError{Attempts: []Attempt{azAttempt(err)}, cause: err}
}

// azAttempt reads az's failure.
func azAttempt(err error) Attempt {
	if e, ok := errors.AsType[*CredentialError](err); ok {
		return e.Attempts[0] // read already
	}
	text := oneLine(err.Error())
	at := Attempt{Method: MethodAzureCLI, Reason: strings.TrimPrefix(text, "AzureCLICredential: "), Fix: "run: az login"}
	switch {
	case strings.Contains(text, "executable not found"):
		at.Reason, at.Fix = "not on the PATH", "install the Azure CLI and run: az login"
	case strings.Contains(text, "az login") || strings.Contains(text, "AADSTS700082") || strings.Contains(text, "AADSTS50173"):
		at.Reason = "not signed in, or the login has expired"
	}
	at.Reason = clip(at.Reason, 300)
	return at
}

// imdsProbe is how long the default chain waits for the instance metadata service; it is a
// link-local address, so that it answers at once or never.
const imdsProbe = time.Second

const imdsURL = "http://169.254.169.254/metadata/identity/oauth2/token"

// hasManagedIdentity reports whether an identity endpoint is here, or why there seems to be none.
// The hosts that tell by variables are believed; else a request without the header that the
// service demands is answered by it with 400 and by a proxy or a captive portal with something else.
func (c *Cloud) hasManagedIdentity(ctx context.Context) (bool, string) {
	for _, name := range []string{"IDENTITY_ENDPOINT", "MSI_ENDPOINT"} {
		if v, ok := c.env(name); ok && v != "" {
			return true, ""
		}
	}
	if c.emulated {
		return false, "no identity endpoint in the environment; this machine's own is not asked, since its tokens are for the real Azure"
	}
	ctx, cancel := context.WithTimeout(ctx, imdsProbe)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, imdsURL, nil)
	if err != nil {
		return false, err.Error()
	}
	resp, err := c.client.Do(req)
	if err != nil {
		return false, "no identity endpoint in the environment, and 169.254.169.254 does not answer"
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusBadRequest {
		return false, fmt.Sprintf("169.254.169.254 answered %s, which Azure's identity endpoint does not", resp.Status)
	}
	return true, ""
}

// identityUnavailable reports that a managed identity endpoint answered that there is no such
// identity, so that another way may be tried.
func identityUnavailable(err error) bool {
	if failed, ok := errors.AsType[*azidentity.AuthenticationFailedError](err); ok {
		return failed.RawResponse == nil || failed.RawResponse.StatusCode == http.StatusBadRequest
	}
	return true
}
