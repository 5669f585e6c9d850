package entra

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// Reason says why a token was refused.
type Reason string

// The reasons, in the order in which they are looked for.
const (
	// Missing is no token at all.
	Missing Reason = "missing"
	// Malformed is something that is no JWT.
	Malformed Reason = "malformed"
	// WrongTenant is a token that names another tenant as its issuer. Its signature is
	// not known here, so nothing is granted on it.
	WrongTenant Reason = "wrong tenant"
	// Forged is a token that our key did not sign: tampered with, unsigned, or from an
	// earlier start of the emulator.
	Forged Reason = "forged"
	// Expired and NotYetValid are tokens outside their time.
	Expired     Reason = "expired"
	NotYetValid Reason = "not yet valid"
	// WrongAudience is a good token for another service.
	WrongAudience Reason = "wrong audience"
)

// TokenError is why [Service.Verify] refused a token. It never holds the token.
type TokenError struct {
	Reason Reason
	// Audience is the token's aud, for WrongAudience.
	Audience string
	// Issuer is the token's iss, for WrongTenant.
	Issuer string
	// Expires is the token's exp, for Expired.
	Expires time.Time
}

func (e *TokenError) Error() string {
	switch e.Reason {
	case WrongAudience:
		return fmt.Sprintf("the access token is for %q: ask for one for this service", e.Audience)
	case WrongTenant:
		return fmt.Sprintf("the access token is from the issuer %q: sign in to this tenant", e.Issuer)
	case Expired:
		return fmt.Sprintf("the access token expired at %s: ask for a new one", e.Expires.UTC().Format(time.RFC3339))
	}
	return fmt.Sprintf("the access token is %s: sign in again", e.Reason)
}

// maxToken bounds what is parsed. Real tokens are 1 to 4 KB, with many groups 10.
const maxToken = 64 << 10

// Verify checks a bearer token (what follows "Bearer " in the header) for a service
// that goes by the given audiences; one of them must be the token's. A refusal is a
// *[TokenError].
func (s *Service) Verify(_ context.Context, bearer string, audiences ...string) (*arm.Principal, error) {
	if bearer == "" {
		return nil, &TokenError{Reason: Missing}
	}
	if len(bearer) > maxToken {
		return nil, &TokenError{Reason: Malformed}
	}
	c, err := s.parse(bearer)
	if err != nil {
		return nil, s.refusal(err, c)
	}
	if c.Issuer != s.issuer() || c.TenantID != s.tenant {
		return nil, &TokenError{Reason: WrongTenant, Issuer: c.Issuer}
	}
	if !slices.ContainsFunc(audiences, func(service string) bool { return s.sameAudience(c.Audience, service) }) {
		return nil, &TokenError{Reason: WrongAudience, Audience: c.Audience}
	}
	return &arm.Principal{ObjectID: c.ObjectID, AppID: c.AppID, TenantID: c.TenantID, Name: c.AppID}, nil
}

// parse takes a token apart. A signature is checked once: clients send the same token
// with each request, for an hour.
func (s *Service) parse(bearer string) (c claims, err error) {
	// The algorithm is pinned: what the token's header says chooses nothing.
	options := []jwt.ParserOption{
		jwt.WithValidMethods([]string{jwt.SigningMethodES256.Alg()}),
		jwt.WithExpirationRequired(),
		jwt.WithTimeFunc(time.Now),
	}
	sum := sha256.Sum256([]byte(bearer))
	if known, ok := s.signed.get(sum); ok {
		return known, jwt.NewValidator(options...).Validate(known)
	}
	_, err = jwt.NewParser(options...).ParseWithClaims(bearer, &c, func(t *jwt.Token) (any, error) {
		if kid, _ := t.Header["kid"].(string); kid != s.keyID {
			return nil, errors.New("unknown key")
		}
		return &s.key.PublicKey, nil
	})
	if err == nil {
		s.signed.add(sum, c)
	}
	return c, err
}

// signedTokens are the claims of tokens whose signature was found good, by the tokens'
// SHA-256.
type signedTokens struct {
	mu    sync.Mutex
	known map[[sha256.Size]byte]claims
}

// mostSigned bounds what is remembered; beyond it everything is forgotten.
const mostSigned = 1024

func (t *signedTokens) get(sum [sha256.Size]byte) (claims, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c, ok := t.known[sum]
	return c, ok
}

func (t *signedTokens) add(sum [sha256.Size]byte, c claims) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.known == nil || len(t.known) >= mostSigned {
		t.known = map[[sha256.Size]byte]claims{}
	}
	t.known[sum] = c
}

// refusal names the reason of a failed parse. c holds what the token claims, which
// nobody has vouched for unless the signature was good.
func (s *Service) refusal(err error, c claims) error {
	switch {
	case errors.Is(err, jwt.ErrTokenMalformed):
		return &TokenError{Reason: Malformed}
	case errors.Is(err, jwt.ErrTokenSignatureInvalid), errors.Is(err, jwt.ErrTokenUnverifiable):
		// A token of real Azure that strays in here deserves the true cause.
		if other := tenantOfIssuer(c.Issuer); other != "" && other != s.tenant {
			return &TokenError{Reason: WrongTenant, Issuer: "https://sts.windows.net/" + other + "/"}
		}
		return &TokenError{Reason: Forged}
	case errors.Is(err, jwt.ErrTokenExpired):
		return &TokenError{Reason: Expired, Expires: c.ExpiresAt.Time}
	case errors.Is(err, jwt.ErrTokenNotValidYet), errors.Is(err, jwt.ErrTokenUsedBeforeIssued):
		return &TokenError{Reason: NotYetValid}
	}
	return &TokenError{Reason: Malformed}
}

// tenantOfIssuer takes the tenant id out of an issuer of Entra's, of either version;
// empty for any other text, which is then not repeated to anyone.
func tenantOfIssuer(issuer string) string {
	rest, ok := strings.CutPrefix(issuer, "https://sts.windows.net/")
	if !ok {
		rest, ok = strings.CutPrefix(issuer, "https://login.microsoftonline.com/")
	}
	if !ok {
		return ""
	}
	tenant, _, _ := strings.Cut(rest, "/")
	id, err := uuid.Parse(tenant)
	if err != nil {
		return ""
	}
	return id.String()
}
