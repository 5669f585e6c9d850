package azure

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"unicode"
)

// Method is a way to sign in.
type Method string

const (
	// MethodDefault takes what is there: a client secret or a workload identity if their
	// settings are complete, else a managed identity if the machine has one, else az's login.
	MethodDefault Method = ""
	// MethodClientSecret is a service principal with a secret; it needs all of tenant, client
	// and secret.
	MethodClientSecret Method = "client-secret"
	// MethodManagedIdentity is the identity that Azure gives to the machine or container. ClientID
	// picks one of several user-assigned ones; empty: the system-assigned one.
	MethodManagedIdentity Method = "managed-identity"
	// MethodWorkloadIdentity swaps a token of another issuer, read from a file, for Azure's. It
	// needs tenant, client and file.
	MethodWorkloadIdentity Method = "workload-identity"
	// MethodAzureCLI asks az, which must be on the PATH and signed in; TenantID picks one of
	// several tenants.
	MethodAzureCLI Method = "az"
)

// Methods lists the values that [CredentialOptions] takes for Method, but for the empty one.
func Methods() []Method {
	return []Method{MethodClientSecret, MethodManagedIdentity, MethodWorkloadIdentity, MethodAzureCLI}
}

// CredentialOptions say how to sign in. Empty fields are filled from the environment, each by
// itself: AZURE_TENANT_ID, AZURE_CLIENT_ID, AZURE_CLIENT_SECRET, AZURE_FEDERATED_TOKEN_FILE.
// Printing or logging it shows no secret.
type CredentialOptions struct {
	// Method is the way to sign in; empty: [MethodDefault].
	Method Method
	// TenantID is the Entra tenant, an id or a domain.
	TenantID string
	// ClientID is the application's id, or that of a user-assigned managed identity.
	ClientID string
	// ClientSecret is the application's secret.
	ClientSecret string
	// TokenFile holds the other issuer's token for [MethodWorkloadIdentity]; it is read again as it
	// changes.
	TokenFile string
	// Authority is the host that signs in, such as login.microsoftonline.us, with or without https:// before it; empty: the
	// cloud's. It counts for a client secret only.
	Authority string
}

// SecretError is a client secret with a line break or another control character, which no secret of
// Entra's has. It is refused before it is sent, and not shown.
type SecretError struct{}

// Error says what is wrong with it.
func (*SecretError) Error() string {
	return "preparing to sign in: the client secret has a line break or another control character in it"
}

// Hint says what to do.
func (*SecretError) Hint() string { return "copy the secret again, as one line" }

// redacted stands for a secret that is there.
const redacted = "(hidden)"

func (o CredentialOptions) shown() string {
	if o.ClientSecret == "" {
		return ""
	}
	return redacted
}

// String shows everything but the secret.
func (o CredentialOptions) String() string {
	return fmt.Sprintf("method=%q tenant=%q client=%q secret=%q tokenFile=%q authority=%q", string(o.Method), o.TenantID, o.ClientID, o.shown(),
		o.TokenFile, o.Authority)
}

// GoString is [CredentialOptions.String], for %#v.
func (o CredentialOptions) GoString() string { return "azure.CredentialOptions{" + o.String() + "}" }

// LogValue is [CredentialOptions.String] as a group.
func (o CredentialOptions) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("method", string(o.Method)), slog.String("tenant", o.TenantID), slog.String("client", o.ClientID),
		slog.String("secret", o.shown()), slog.String("tokenFile", o.TokenFile),
	)
}

// MarshalJSON keeps the secret out of JSON too, the log handler's for instance.
func (o CredentialOptions) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{
		"method": string(o.Method), "tenant": o.TenantID, "client": o.ClientID, "secret": o.shown(), "tokenFile": o.TokenFile,
	})
}

// The environment's names; Azure's own clients read the same.
const (
	envTenantID  = "AZURE_TENANT_ID"
	envClientID  = "AZURE_CLIENT_ID"
	envSecret    = "AZURE_CLIENT_SECRET"
	envTokenFile = "AZURE_FEDERATED_TOKEN_FILE"
	envAzFolder  = "AZURE_CONFIG_DIR"
)

// resolve fills empty fields from the environment and refuses what cannot work.
func (o CredentialOptions) resolve(lookup func(string) (string, bool)) (CredentialOptions, error) {
	env := func(name string) string {
		v, _ := lookup(name)
		return strings.TrimSpace(v)
	}
	o.TenantID = cmp.Or(o.TenantID, env(envTenantID))
	o.ClientID = cmp.Or(o.ClientID, env(envClientID))
	o.ClientSecret = cmp.Or(o.ClientSecret, env(envSecret))
	o.TokenFile = cmp.Or(o.TokenFile, env(envTokenFile))
	if strings.ContainsFunc(o.ClientSecret, unicode.IsControl) {
		return o, &SecretError{}
	}
	switch o.Method {
	case MethodDefault:
		// A secret alone means somebody wanted it used; going on to az would act as somebody else.
		if o.ClientSecret != "" {
			return o, o.require(MethodClientSecret)
		}
	case MethodClientSecret, MethodWorkloadIdentity:
		return o, o.require(o.Method)
	case MethodManagedIdentity, MethodAzureCLI:
	default:
		names := make([]string, 0, len(Methods()))
		for _, m := range Methods() {
			names = append(names, string(m))
		}
		return o, fmt.Errorf("unknown sign-in method %q; use one of %s, or leave it empty for the default chain", string(o.Method), strings.Join(names, ", "))
	}
	return o, nil
}

// missing names what m lacks, each with the variable that sets it.
func (o CredentialOptions) missing(m Method) []string {
	var lacks []string
	add := func(value, what, variable string) {
		if value == "" {
			lacks = append(lacks, what+" ("+variable+")")
		}
	}
	add(o.TenantID, "the tenant id", envTenantID)
	add(o.ClientID, "the client id", envClientID)
	if m == MethodClientSecret {
		add(o.ClientSecret, "the client secret", envSecret)
	} else {
		add(o.TokenFile, "the token file", envTokenFile)
	}
	return lacks
}

func (o CredentialOptions) require(m Method) error {
	if lacks := o.missing(m); len(lacks) > 0 {
		return fmt.Errorf("preparing to sign in with a %s: %s not set; set all of its values, or none to sign in another way",
			strings.ReplaceAll(string(m), "-", " "), strings.Join(lacks, ", "))
	}
	return nil
}

// principal is the client id, or a hash of what decides who we are.
func (o CredentialOptions) principal() string {
	if o.ClientID != "" {
		return strings.ToLower(o.ClientID)
	}
	sum := sha256.Sum256([]byte(string(o.Method) + "\x00" + o.TenantID))
	return hex.EncodeToString(sum[:8])
}
