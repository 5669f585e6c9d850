package entra

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

// How a client proved who it is, as the claim appidacr says it.
const (
	authSecret      = "1"
	authCertificate = "2"
)

// Grant says for whom and for what a token is to be.
type Grant struct {
	// ClientID and ObjectID are the application and its service principal.
	ClientID, ObjectID string
	// Audience is the service, in the spelling that the token shall carry, such as
	// [AudienceManagement].
	Audience string
	// ManagedIdentity is the resource id of the identity or, for one that belongs to a
	// resource itself, of that resource; empty for an application.
	ManagedIdentity string
	// auth is appidacr; empty is a certificate, which managed identities have.
	auth string
}

// Token is an access token.
type Token struct {
	// AccessToken is the signed JWT.
	AccessToken string
	// NotBefore and Expires bound its validity, in whole seconds.
	NotBefore, Expires time.Time
}

// claims are what Entra's version 1.0 access tokens of applications carry, as far
// as Azure's services or clients look at it.
type claims struct {
	jwt.RegisteredClaims
	// Audience is one string, as Entra writes it; the library would write a list.
	Audience         string `json:"aud"`
	AppID            string `json:"appid"`
	AppIDACR         string `json:"appidacr"`
	IdentityProvider string `json:"idp"`
	IDType           string `json:"idtyp"`
	ObjectID         string `json:"oid"`
	TenantID         string `json:"tid"`
	UTI              string `json:"uti"`
	Version          string `json:"ver"`
	// TenantCreated is the tenant's age, in epoch seconds.
	TenantCreated   int64  `json:"xms_tcdt"`
	ManagedIdentity string `json:"xms_mirid,omitempty"`
}

// Issue signs a token. Nothing about the grant is checked: the caller has done so.
func (s *Service) Issue(g Grant) (Token, error) {
	// JWT dates are whole seconds; rounding here keeps expires_in and exp in step.
	now := time.Now().Truncate(time.Second)
	expires := now.Add(s.lifetime)
	auth := g.auth
	if auth == "" {
		auth = authCertificate
	}
	uti := make([]byte, 16)
	rand.Read(uti)
	issuer := s.issuer()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, claims{
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer:    issuer,
			IssuedAt:  jwt.NewNumericDate(now),
			NotBefore: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(expires),
			Subject:   g.ObjectID,
		},
		Audience:         g.Audience,
		AppID:            g.ClientID,
		AppIDACR:         auth,
		IdentityProvider: issuer,
		IDType:           "app",
		ObjectID:         g.ObjectID,
		TenantID:         s.tenant,
		UTI:              base64.RawURLEncoding.EncodeToString(uti),
		Version:          "1.0",
		TenantCreated:    tenantCreated,
		ManagedIdentity:  g.ManagedIdentity,
	})
	token.Header["kid"] = s.keyID
	signed, err := token.SignedString(s.key)
	if err != nil {
		return Token{}, fmt.Errorf("signing a token: %w", err)
	}
	return Token{AccessToken: signed, NotBefore: now, Expires: expires}, nil
}

// tenantCreated is 2020-01-01: some day in the past, the same at every start.
const tenantCreated = 1577836800

// issuer is the iss of version 1.0 tokens, which Azure's own services ask for.
func (s *Service) issuer() string { return "https://sts.windows.net/" + s.tenant + "/" }
