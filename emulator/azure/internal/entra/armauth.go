package entra

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// AuthenticateARM is [Service.Verify] for Azure Resource Manager: a refusal is an
// *arm.Error with ARM's own code, words and challenge, always a 401.
func (s *Service) AuthenticateARM(ctx context.Context, bearer string) (*arm.Principal, error) {
	p, err := s.Verify(ctx, bearer, AudienceManagement)
	if err == nil {
		return p, nil
	}
	refused, ok := errors.AsType[*TokenError](err)
	if !ok {
		return nil, fmt.Errorf("verifying the caller's token: %w", err)
	}
	return nil, s.armError(refused)
}

func (s *Service) armError(refused *TokenError) *arm.Error {
	e := &arm.Error{
		Status: http.StatusUnauthorized,
		Header: http.Header{"Www-Authenticate": {fmt.Sprintf(
			`Bearer authorization_uri="https://login.windows.net/%s", error="invalid_token", error_description="The access token is missing or not valid."`, s.tenant)}},
	}
	switch refused.Reason {
	case Missing:
		e.Code, e.Message = "AuthenticationFailed", "Authentication failed. The 'Authorization' header is missing."
	case Expired:
		// The dates are American, whatever the client's language.
		const format = "1/2/2006 3:04:05 PM"
		e.Code = "ExpiredAuthenticationToken"
		e.Message = fmt.Sprintf("The access token expiry UTC time '%s' is earlier than current UTC time '%s'.",
			refused.Expires.UTC().Format(format), time.Now().UTC().Format(format))
	case WrongAudience:
		e.Code = "InvalidAuthenticationTokenAudience"
		e.Message = fmt.Sprintf("The access token has been obtained for wrong audience or resource '%s'. It should exactly match with one of the allowed audiences '%s'.",
			refused.Audience, strings.Join(s.spellings(AudienceManagement), "','"))
	case WrongTenant:
		e.Code = "InvalidAuthenticationTokenTenant"
		e.Message = fmt.Sprintf("The access token is from the wrong issuer '%s'. It must match the tenant '%s' associated with this subscription. Please use the authority (URL) 'https://login.windows.net/%s' to get the token.",
			refused.Issuer, s.issuer(), s.tenant)
	case NotYetValid:
		e.Code, e.Message = "InvalidAuthenticationToken", "The access token is not yet valid. Check the clock of the machine that it comes from."
	case Forged:
		e.Code = "InvalidAuthenticationToken"
		e.Message = "The access token is invalid: its signature is not from this tenant. Sign in again: an emulator that was started anew has new keys."
	default:
		e.Code, e.Message = "InvalidAuthenticationToken", "The access token is invalid."
	}
	return e
}
