package entra

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/subtle"
	"crypto/x509"
	"fmt"
	"strings"
	"time"
)

// Application is a registered application together with its service principal.
// One with no credential at all exists but cannot sign in.
type Application struct {
	// ClientID is the application's id (appid), a GUID by custom.
	ClientID string
	// ObjectID is the service principal's id (oid), which role assignments name. An application that [Options].Lookup
	// finds may be without one, and then gets no token.
	ObjectID string
	// Disabled applications get no token.
	Disabled bool
	// Secrets are the client secrets that are accepted.
	Secrets []Secret
	// Certificates are the certificates whose keys may sign client assertions. Their
	// own dates are not looked at.
	Certificates []*x509.Certificate
	// Federated are the outside issuers whose tokens are accepted instead of a secret.
	Federated []FederatedCredential
}

// Secret is a client secret.
type Secret struct {
	// Value is the secret itself; it is never shown again.
	Value string
	// Starts is when Entra begins to accept it; zero is always.
	Starts time.Time
	// Expires is when Entra stops accepting it; zero is never.
	Expires time.Time
}

// FederatedCredential lets tokens of another issuer stand for the application's own
// credential (workload identity federation).
type FederatedCredential struct {
	// Issuer and Subject must equal the token's iss and sub, in the same case.
	Issuer, Subject string
	// Audience must be in the token's aud; empty is [TokenExchangeAudience].
	Audience string
	// Keys are the issuer's public keys by key id; a token without kid is tried with
	// the key named "". The emulator fetches no keys by itself: it makes no
	// connections to the outside.
	Keys map[string]crypto.PublicKey
}

// TokenExchangeAudience is the audience that Entra recommends for federated tokens.
const TokenExchangeAudience = "api://AzureADTokenExchange"

// application finds an application that may sign in.
func (s *Service) application(clientID string) (Application, bool) {
	if app, ok := s.apps[strings.ToLower(clientID)]; ok {
		return app, true
	}
	return s.lookup(clientID)
}

func (a Application) validate() error {
	if a.ClientID == "" || a.ObjectID == "" {
		return fmt.Errorf("registering application %q: ClientID and ObjectID must both be set", a.ClientID)
	}
	for i, secret := range a.Secrets {
		// An empty secret would let in everyone who sends none.
		if secret.Value == "" {
			return fmt.Errorf("registering application %q: secret %d is empty: leave it out or give a value", a.ClientID, i)
		}
	}
	for i, f := range a.Federated {
		if f.Issuer == "" || f.Subject == "" {
			return fmt.Errorf("registering application %q: federated credential %d needs Issuer and Subject", a.ClientID, i)
		}
		for id, key := range f.Keys {
			if !usableKey(key) {
				return fmt.Errorf("registering application %q: federated credential %d: key %q is a %T: use an RSA or P-256 public key", a.ClientID, i, id, key)
			}
		}
	}
	for i, cert := range a.Certificates {
		if cert == nil || !usableKey(cert.PublicKey) {
			return fmt.Errorf("registering application %q: certificate %d has no RSA or P-256 key: use one that has", a.ClientID, i)
		}
	}
	return nil
}

func usableKey(key crypto.PublicKey) bool {
	switch k := key.(type) {
	case *rsa.PublicKey:
		return k != nil
	case *ecdsa.PublicKey:
		return k != nil && k.Curve != nil && k.Curve.Params().BitSize == 256
	}
	return false
}

// secretState is what became of a presented secret.
type secretState int

const (
	secretWrong secretState = iota
	secretExpired
	secretValid
)

// checkSecret compares with every secret in constant time, so that neither how
// much of one is right nor which one it was can be measured.
func (a Application) checkSecret(presented string, now time.Time) secretState {
	state := secretWrong
	for _, secret := range a.Secrets {
		if subtle.ConstantTimeCompare([]byte(secret.Value), []byte(presented)) != 1 || now.Before(secret.Starts) {
			continue
		}
		if secret.Expires.IsZero() || now.Before(secret.Expires) {
			state = secretValid
		} else if state == secretWrong {
			state = secretExpired
		}
	}
	return state
}
