package entra

import (
	"context"
	"errors"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// SignIn checks a client id and its secret for a service that takes them as user name and password, as container
// registries do. The error is the same whatever is wrong, as that of such services.
func (s *Service) SignIn(_ context.Context, clientID, secret string) (*arm.Principal, error) {
	app, ok := s.application(clientID)
	if !ok || checkSecrets(app, []string{secret}) != nil || s.checkPrincipal(app) != nil {
		return nil, errors.New("the client id or its secret is wrong")
	}
	return &arm.Principal{ObjectID: app.ObjectID, AppID: app.ClientID, TenantID: s.tenant, Name: app.ClientID}, nil
}
