package blob

import (
	"context"
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// caller is who sends a request. One that has neither a principal nor a signature holds an account key.
type caller struct {
	principal *arm.Principal
	signature *signature
}

// place is what a right is about: an account, a container or a blob.
type place struct {
	account         Account
	container, blob string
}

// scope is the id at which roles are looked for.
func (p place) scope() arm.ResourceID {
	id := p.account.ID.Child("blobServices", "default")
	if p.container != "" {
		id = id.Child("containers", p.container)
	}
	return id
}

// level is the letter of what a place is in the signatures of accounts.
func (p place) level() string {
	switch {
	case p.blob != "":
		return "o"
	case p.container != "":
		return "c"
	}
	return "s"
}

// identify verifies a call's credential. A call that another service sends in process has none and says whose it is.
func (s *Service) identify(c *call) (caller, *problem) {
	if p := arm.Caller(c.Context()); p != nil {
		return caller{principal: p}, nil
	}
	scheme, credential, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	credential = strings.TrimSpace(credential)
	switch {
	case strings.EqualFold(scheme, "Bearer"):
		if c.version < oldestBearer {
			return caller{}, notAuthenticated().because("Authentication scheme Bearer is not supported in this version.")
		}
		return s.bearer(c.Context(), credential)
	case strings.EqualFold(scheme, "SharedKey"):
		return caller{}, s.sharedKey(c, credential)
	case scheme != "":
		return caller{}, notAuthenticated().because("Authentication scheme %s is not supported.", scheme)
	case c.query.Has("sig"):
		sig, p := s.verify(c.query, place{c.account, c.container, c.blob})
		if p != nil {
			return caller{}, p
		}
		return caller{principal: sig.principal, signature: sig}, nil
	}
	p := refuse(http.StatusUnauthorized, "NoAuthenticationInformation", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.")
	p.challenge = s.challenge()
	return caller{}, p
}

func (s *Service) challenge() string {
	return "Bearer authorization_uri=https://login.microsoftonline.com/" + s.core.TenantID() + "/oauth2/authorize resource_id=" + audience
}

// bearer verifies a token of Entra ID.
func (s *Service) bearer(ctx context.Context, token string) (caller, *problem) {
	if s.core.Verify != nil {
		p, err := s.core.Verify(ctx, token, audience)
		if err == nil {
			return caller{principal: p}, nil
		}
	}
	p := refuse(http.StatusUnauthorized, "InvalidAuthenticationInfo", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header.")
	p.challenge = s.challenge()
	return caller{}, p.because("Issuer, audience, signature or lifetime of the token is not valid for %s.", audience)
}

// authorize asks for a caller's right to an operation. createOnly says that it ends where a blob would be replaced.
func (s *Service) authorize(c *call, n need, where place) (createOnly bool, refused *problem) {
	who := c.caller
	if sig := who.signature; sig != nil {
		if createOnly, refused = sig.permits(n, where); refused != nil {
			return false, refused
		}
	}
	if who.principal == nil {
		if who.signature == nil && n.permission == "" { // a user delegation key is a user's
			return false, notAuthenticated().because("Only authentication scheme Bearer is supported for this operation.")
		}
		return createOnly, nil
	}
	const prefix = "Microsoft.Storage/storageAccounts/blobServices/"
	ask := arm.Access{Principal: who.principal, Action: prefix + n.action, Data: n.data, Scope: where.scope()}
	if s.core.Allowed(c.Context(), ask) == nil {
		return createOnly, nil
	}
	if ask.Action = prefix + "containers/blobs/add/action"; n.makes && s.core.Allowed(c.Context(), ask) == nil {
		return true, nil
	}
	return false, permissionMismatch()
}
