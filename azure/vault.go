package azure

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/security/keyvault/azsecrets"
)

// VaultError is the address or the name of a key vault that no vault can have. Nothing was sent.
type VaultError struct{ Problem string }

// Error says what is wrong with it. It does not repeat an address, which may hold a password.
func (e *VaultError) Error() string { return "the key vault " + e.Problem }

// vaultName is a name that a vault can have: 3 to 24 letters, digits and hyphens, a letter first
// (learn.microsoft.com/azure/key-vault/general/about-keys-secrets-certificates).
var vaultName = regexp.MustCompile(`^[A-Za-z](-?[A-Za-z0-9]){2,23}$`)

// VaultURL is the address of a key vault, https://NAME.vault.azure.net in the public cloud, without a slash at its end. It takes
// the address in any form that Azure prints, or the name alone. The error is a [*VaultError].
func (c *Cloud) VaultURL(vault string) (string, error) {
	if !strings.ContainsAny(vault, ":/.") {
		if len(vault) > 24 || !vaultName.MatchString(vault) {
			return "", &VaultError{fmt.Sprintf("%q: a name has 3 to 24 letters, digits and hyphens, a letter first", vault)}
		}
		return "https://" + vault + "." + c.endpoints.Suffixes.Vault, nil
	}
	at, err := url.Parse(vault)
	if err != nil || at.Scheme != "https" || at.Host == "" || at.User != nil || strings.Trim(at.Path, "/") != "" || at.RawQuery != "" || at.Fragment != "" {
		return "", &VaultError{"is not an address such as https://NAME." + c.endpoints.Suffixes.Vault}
	}
	// The token goes there, and is for vaults alone.
	if !strings.HasSuffix(strings.ToLower(at.Hostname()), "."+c.endpoints.Suffixes.Vault) {
		return "", &VaultError{fmt.Sprintf("%s: vaults of this cloud end in .%s", at.Hostname(), c.endpoints.Suffixes.Vault)}
	}
	return "https://" + at.Host, nil
}

// rightsWait is for how long [Cloud.Secrets] waits for a right to read. A new role counts after up to ten minutes
// (learn.microsoft.com/azure/role-based-access-control/troubleshooting).
const rightsWait = 10 * time.Minute

// SecretsQuery says which secrets [Cloud.Secrets] reads.
type SecretsQuery struct {
	// Vault is as for [Cloud.VaultURL].
	Vault string
	// Names are those that must be there; Optional are those that need not.
	Names, Optional []string
	// Waiting is told before each wait. Nil: nobody is told.
	Waiting func(Wait)
}

// Secrets reads the newest values of secrets, by their names. An optional one that is not there is left out.
//
// It waits for ten minutes for what passes at a container's start: a role that does not count yet, an identity that is not there
// yet. Lost answers are repeated as by [Repeat]. Errors never have a value in them.
func (c *Cloud) Secrets(ctx context.Context, q SecretsQuery) (map[string]string, error) {
	address, err := c.VaultURL(q.Vault)
	if err != nil {
		return nil, err
	}
	credential, err := c.Credential()
	if err != nil {
		return nil, err
	}
	client, err := azsecrets.NewClient(address, credential, &azsecrets.ClientOptions{ClientOptions: c.ClientOptions()})
	if err != nil {
		return nil, fmt.Errorf("preparing to read secrets: %w", err)
	}
	values := map[string]string{}
	for _, name := range slices.Concat(q.Names, q.Optional) {
		var value *string
		err := c.untilAllowed(ctx, q.Waiting, func(ctx context.Context) error {
			answer, err := client.GetSecret(ctx, name, "", nil)
			value = answer.Value
			return err
		})
		if e := Explain(err); e != nil && e.NotFound() && slices.Contains(q.Optional, name) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("reading the secret %s of %s: %w", name, address, err)
		}
		values[name] = Text(value)
	}
	return values, nil
}

// untilAllowed asks until there is an answer that is not a missing right, for [rightsWait].
func (c *Cloud) untilAllowed(ctx context.Context, waiting func(Wait), ask func(context.Context) error) error {
	began, next := time.Now(), firstRepeat
	for {
		o := RepeatOptions{For: "the key vault", Waiting: waiting}
		err := Repeat(ctx, o, ask)
		wait := Wait{For: "the right to read the key vault's secrets", Err: Explain(err), Next: next, Since: time.Since(began)}
		if failed, ok := errors.AsType[*CredentialError](err); ok && failed.hasIdentity() {
			wait.For, wait.Err = "the identity of this machine or container", &Error{Class: ClassAuthentication, Message: failed.cause.Error(), cause: failed}
		} else if wait.Err == nil || !mayGetRight(wait.Err) {
			return err
		}
		if wait.Since >= rightsWait {
			return err
		}
		if waiting != nil {
			waiting(wait)
		}
		if err := Sleep(ctx, next); err != nil {
			return err
		}
		next = min(next*3/2, mostRepeat)
	}
}

// mayGetRight reports whether Key Vault refused for want of a role or an access policy. What a firewall or a disabled secret
// refuses does not change by waiting.
func mayGetRight(e *Error) bool {
	return e.Status == http.StatusForbidden && !e.Has("ForbiddenByFirewall") && !e.Has("ForbiddenByConnection") && !e.Has("SecretDisabled")
}

// hasIdentity reports whether this machine has an identity endpoint, which gave no token.
func (e *CredentialError) hasIdentity() bool {
	return e.cause != nil && slices.ContainsFunc(e.Attempts, func(a Attempt) bool { return a.Method == MethodManagedIdentity && a.Begun })
}
