package entra

import (
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// assertionType is the only kind of client assertion that Entra takes.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// credential is what a client says of itself.
type credential struct {
	clientID string
	// secrets are the readings of one client secret; more than one only for Basic,
	// where some clients encode it as the standard says and some do not.
	secrets                  []string
	assertion, assertionType string
}

func readCredential(r *http.Request, form url.Values) credential {
	c := credential{
		clientID:      form.Get("client_id"),
		assertion:     form.Get("client_assertion"),
		assertionType: form.Get("client_assertion_type"),
	}
	if secret := form.Get("client_secret"); secret != "" {
		c.secrets = []string{secret}
		return c
	}
	id, secret, ok := r.BasicAuth()
	if !ok {
		return c
	}
	if c.clientID == "" {
		c.clientID = id
		if decoded, err := url.QueryUnescape(id); err == nil {
			c.clientID = decoded
		}
	}
	if secret != "" {
		c.secrets = []string{secret}
		if decoded, err := url.QueryUnescape(secret); err == nil && decoded != secret {
			c.secrets = append(c.secrets, decoded)
		}
	}
	return c
}

// authenticate checks the client's credential and says which kind it was.
func (s *Service) authenticate(app Application, c credential, host string) (auth string, p *problem) {
	switch {
	case c.assertion != "":
		return authCertificate, s.checkAssertion(app, c, host)
	case len(c.secrets) > 0:
		return authSecret, checkSecrets(app, c.secrets)
	}
	return "", aadsts(http.StatusUnauthorized, "AADSTS7000218", "invalid_client",
		"The request body must contain the following parameter: 'client_assertion' or 'client_secret'.")
}

func checkSecrets(app Application, readings []string) *problem {
	now := time.Now()
	best := secretWrong
	for _, secret := range readings {
		best = max(best, app.checkSecret(secret, now))
	}
	switch best {
	case secretValid:
		return nil
	case secretExpired:
		return aadsts(http.StatusUnauthorized, "AADSTS7000222", "invalid_client",
			"The provided client secret keys for app '%s' are expired. Visit the Azure portal to create new keys for your app: https://aka.ms/NewClientSecret, or consider using certificate credentials for added security: https://aka.ms/certCreds.", app.ClientID)
	}
	return aadsts(http.StatusUnauthorized, "AADSTS7000215", "invalid_client",
		"Invalid client secret provided. Ensure the secret being sent in the request is the client secret value, not the client secret ID, for a secret added to app '%s'.", app.ClientID)
}

// checkAssertion checks a JWT that stands for a secret. One whose issuer is the
// client itself is signed with a registered certificate; any other is a federated
// token.
func (s *Service) checkAssertion(app Application, c credential, host string) *problem {
	if c.assertionType != assertionType {
		return missingParameter("client_assertion_type")
	}
	var said jwt.RegisteredClaims
	if _, _, err := jwt.NewParser().ParseUnverified(c.assertion, &said); err != nil {
		return aadsts(http.StatusUnauthorized, "AADSTS50027", "invalid_client", "JWT token is invalid or malformed.")
	}
	if strings.EqualFold(said.Issuer, app.ClientID) {
		if !strings.EqualFold(said.Subject, said.Issuer) {
			return aadsts(http.StatusUnauthorized, "AADSTS50048", "invalid_client",
				"Subject must match the issuer claim in the client assertion.")
		}
		return parseAssertion(c.assertion, certificateKeys(app), func(aud string) bool { return s.ownAudience(aud, host) })
	}
	issuer := slices.DeleteFunc(slices.Clone(app.Federated), func(f FederatedCredential) bool { return f.Issuer != said.Issuer })
	if len(issuer) == 0 {
		return aadsts(http.StatusUnauthorized, "AADSTS700211", "invalid_client",
			"No matching federated identity record found for presented assertion issuer '%s'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.", quote(said.Issuer))
	}
	i := slices.IndexFunc(issuer, func(f FederatedCredential) bool { return f.Subject == said.Subject })
	if i < 0 {
		return aadsts(http.StatusUnauthorized, "AADSTS700213", "invalid_client",
			"No matching federated identity record found for presented assertion subject '%s'. Check your federated identity credential Subject, Audience and Issuer against the presented assertion.", quote(said.Subject))
	}
	federated := issuer[i]
	want := federated.Audience
	if want == "" {
		want = TokenExchangeAudience
	}
	keys := func(t *jwt.Token) (any, error) {
		kid, _ := t.Header["kid"].(string)
		if key, ok := federated.Keys[kid]; ok {
			return key, nil
		}
		return nil, errors.New("the key was not found")
	}
	return parseAssertion(c.assertion, keys, func(aud string) bool { return aud == want })
}

// parseAssertion verifies signature, dates and audience of an assertion.
func parseAssertion(assertion string, keys jwt.Keyfunc, audience func(string) bool) *problem {
	var c jwt.RegisteredClaims
	_, err := jwt.NewParser(
		jwt.WithValidMethods([]string{"PS256", "RS256", "ES256"}),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(time.Now),
		// Entra allows clocks to be five minutes apart.
		jwt.WithLeeway(5*time.Minute),
	).ParseWithClaims(assertion, &c, keys)
	switch {
	case err == nil:
	case errors.Is(err, jwt.ErrTokenExpired), errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued), errors.Is(err, jwt.ErrTokenRequiredClaimMissing):
		return aadsts(http.StatusUnauthorized, "AADSTS700024", "invalid_client",
			"Client assertion is not within its valid time range. Current time: %s, assertion valid from %s, expiry time of assertion %s. Review the documentation at https://learn.microsoft.com/entra/identity-platform/certificate-credentials .",
			assertionTime(jwt.NewNumericDate(time.Now())), assertionTime(c.NotBefore), assertionTime(c.ExpiresAt))
	default:
		return aadsts(http.StatusUnauthorized, "AADSTS700027", "invalid_client",
			"The certificate with identifier used to sign the client assertion is not registered on application, or the client assertion contains an invalid signature. [Reason - The key was not found or its use to verify the signature failed.]")
	}
	if !slices.ContainsFunc(c.Audience, audience) {
		return aadsts(http.StatusUnauthorized, "AADSTS700212", "invalid_client",
			"No matching federated identity record or token endpoint found for presented assertion audience '%s'. The audience of a client assertion is the token endpoint, that of a federated token the credential's audience.", quote(strings.Join(c.Audience, " ")))
	}
	return nil
}

func assertionTime(d *jwt.NumericDate) string {
	t := time.Unix(0, 0)
	if d != nil {
		t = d.Time
	}
	return t.UTC().Format("2006-01-02T15:04:05.0000000Z")
}

// ownAudience reports whether an audience is this tenant's sign-in: its token endpoint
// or issuer, of either version, at any of its host names.
func (s *Service) ownAudience(audience, host string) bool {
	u, err := url.Parse(strings.ToLower(audience))
	if err != nil || u.Scheme != "https" || u.Host != strings.ToLower(host) && !slices.Contains(Hosts(), u.Host) {
		return false
	}
	tenant, rest, _ := strings.Cut(strings.TrimPrefix(u.Path, "/"), "/")
	if common, p := s.checkTenant(tenant, "invalid_request"); p != nil || common {
		return false
	}
	return slices.Contains([]string{"", "v2.0", "oauth2/token", "oauth2/v2.0/token"}, strings.TrimSuffix(rest, "/"))
}

// certificateKeys finds the registered certificate that an assertion's header names
// by thumbprint. Without a thumbprint, or with one that names none, there is no key:
// Entra does not try them in turn.
func certificateKeys(app Application) jwt.Keyfunc {
	return func(t *jwt.Token) (any, error) {
		for _, name := range []string{"x5t#S256", "x5t", "kid"} {
			thumbprint, _ := t.Header[name].(string)
			if thumbprint == "" {
				continue
			}
			for _, cert := range app.Certificates {
				if matchesThumbprint(cert, thumbprint) {
					return crypto.PublicKey(cert.PublicKey), nil
				}
			}
		}
		return nil, fmt.Errorf("none of %d certificates has the thumbprint", len(app.Certificates))
	}
}

// matchesThumbprint compares with SHA-1 and SHA-256, each in the spellings that
// clients are known to send: base64 (MSAL for Go), base64url (the standard) and
// hexadecimal (kid).
func matchesThumbprint(cert *x509.Certificate, thumbprint string) bool {
	one, two := sha1.Sum(cert.Raw), sha256.Sum256(cert.Raw)
	for _, sum := range [][]byte{one[:], two[:]} {
		if strings.EqualFold(thumbprint, hex.EncodeToString(sum)) ||
			strings.TrimRight(thumbprint, "=") == base64.RawURLEncoding.EncodeToString(sum) ||
			strings.TrimRight(thumbprint, "=") == base64.RawStdEncoding.EncodeToString(sum) {
			return true
		}
	}
	return false
}
