package image

import (
	"fmt"
	"io"
	"log/slog"

	"github.com/google/go-containerregistry/pkg/authn"
)

// TokenUser is the user name with which a refresh token of Azure Container Registry is a password
// (learn.microsoft.com/azure/container-registry/container-registry-authentication).
const TokenUser = "00000000-0000-0000-0000-000000000000"

// Credential signs in to a registry. Printing or logging it shows no secret.
type Credential struct {
	// Username and Password are sent together; empty for a credential that is a Token alone.
	Username, Password string
	// Token is a refresh token, also called identity token: it is exchanged for access tokens. It counts instead of Password.
	Token string
}

// Empty reports whether there is nothing to sign in with.
func (c Credential) Empty() bool { return c.Password == "" && c.Token == "" }

// String is the user name and the kind of credential.
func (c Credential) String() string {
	switch {
	case c.Token != "":
		return "a token"
	case c.Password != "":
		return fmt.Sprintf("the password of %q", c.Username)
	}
	return "no credential"
}

// Format writes what String returns, whatever the verb.
func (c Credential) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// LogValue is the credential as package slog shows it.
func (c Credential) LogValue() slog.Value { return slog.StringValue(c.String()) }

func (c Credential) authenticator() authn.Authenticator {
	if c.Empty() {
		return authn.Anonymous
	}
	if c.Token != "" {
		return authn.FromConfig(authn.AuthConfig{IdentityToken: c.Token})
	}
	return authn.FromConfig(authn.AuthConfig{Username: c.Username, Password: c.Password})
}
