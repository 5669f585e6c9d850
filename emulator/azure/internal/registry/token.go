package registry

import (
	"errors"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// How long tokens are good. A refresh token's three hours are documented, an access token's time is assumed.
const (
	refreshLifetime = 3 * time.Hour
	accessLifetime  = 75 * time.Minute
)

// The kinds of a registry's tokens, as the claim grant_type says them.
const (
	refreshKind = "refresh_token"
	accessKind  = "access_token"
)

// claims are those of a registry's own tokens.
type claims struct {
	jwt.RegisteredClaims
	// Audience is one string, as in Azure; the library would write a list.
	Audience string   `json:"aud"`
	Version  string   `json:"version"`
	Registry string   `json:"rid"`
	Kind     string   `json:"grant_type"`
	AppID    string   `json:"appid,omitempty"`
	ObjectID string   `json:"oid,omitempty"`
	Tenant   string   `json:"tenant,omitempty"`
	Admin    bool     `json:"admin,omitempty"`
	Access   []access `json:"access,omitempty"`
}

// issuer is the iss of a registry's tokens.
const issuer = "Azure Container Registry"

// sign makes a token for a caller; an access token carries what it grants.
func (s *Service) sign(reg *registry, who caller, kind string, grants []access) (string, error) {
	now, lifetime := time.Now(), refreshLifetime
	if kind == accessKind {
		lifetime = accessLifetime
	}
	c := claims{
		RegisteredClaims: jwt.RegisteredClaims{
			ID: uuid.NewString(), Issuer: issuer, NotBefore: jwt.NewNumericDate(now.Add(-15 * time.Minute)), IssuedAt: jwt.NewNumericDate(now),
			ExpiresAt: jwt.NewNumericDate(now.Add(lifetime)),
		},
		Audience: reg.loginServer, Version: "1.0", Registry: reg.uid, Kind: kind, Admin: who.admin, Access: grants,
	}
	if p := who.principal; p != nil {
		c.Subject, c.AppID, c.ObjectID, c.Tenant = p.AppID, p.AppID, p.ObjectID, p.TenantID
	}
	return jwt.NewWithClaims(jwt.SigningMethodHS256, c).SignedString(s.key)
}

var errForeign = errors.New("the token is of another kind, or of another registry")

// verify reads a token of this registry's.
func (s *Service) verify(reg *registry, token, kind string) (claims, caller, error) {
	var c claims
	_, err := jwt.NewParser(jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}), jwt.WithExpirationRequired(), jwt.WithTimeFunc(time.Now)).
		ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return s.key, nil })
	if err != nil {
		return c, caller{}, err
	}
	if c.Kind != kind || c.Registry != reg.uid {
		return c, caller{}, errForeign
	}
	who := caller{admin: c.Admin}
	if c.ObjectID != "" {
		who.principal = &arm.Principal{ObjectID: c.ObjectID, AppID: c.AppID, TenantID: c.Tenant, Name: c.AppID}
	}
	return c, who, nil
}
