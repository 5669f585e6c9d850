package entra

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// AuthenticateARM is [Service.Verify] for Azure Resource Manager: a refusal is an
// *arm.Error with ARM's own code and words, always a 401.
func (s *Service) AuthenticateARM(ctx context.Context, bearer string) (*arm.Principal, error) {
	p, err := s.Verify(ctx, bearer, AudienceManagement)
	if err == nil {
		return p, nil
	}
	refused, ok := errors.AsType[*TokenError](err)
	if !ok {
		return nil, fmt.Errorf("verifying the caller's token: %w", err)
	}
	switch refused.Reason {
	case Missing:
		return nil, arm.AuthenticationFailed()
	case Expired:
		return nil, arm.ExpiredToken(refused.Expires, time.Now())
	case WrongAudience:
		return nil, arm.WrongAudience(refused.Audience, s.spellings(AudienceManagement))
	case WrongTenant:
		return nil, arm.WrongTenant(tenantOfIssuer(refused.Issuer), s.tenant)
	case NotYetValid:
		return nil, arm.InvalidToken("It is not valid yet: check the clock of the machine that it comes from.")
	case Forged:
		return nil, arm.InvalidToken("Its signature is not this tenant's. Sign in again: an emulator that was started anew has new keys.")
	}
	return nil, arm.InvalidToken("It is not a JSON web token.")
}
