package azureemulator

import (
	"crypto/x509"
	"slices"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
)

// ownPrincipal is the object id of the principal that owns the subscription, the same at every start.
func (s *Server) ownPrincipal() string {
	return uuid.NewSHA1(uuid.NameSpaceURL, []byte("service principal:"+s.account.ClientID)).String()
}

// signIn makes the sign-in service for the directory's applications, with the account among them.
func (s *Server) signIn() (*entra.Service, error) {
	const name = "emulator-owner"
	s.core.Directory.StartWith(directory.Application{
		ID: uuid.NewSHA1(uuid.NameSpaceURL, []byte("application:"+s.account.ClientID)).String(), AppID: s.account.ClientID, DisplayName: name, Audience: "AzureADMyOrg",
		Passwords: []directory.Password{{
			KeyID: uuid.NewSHA1(uuid.NameSpaceURL, []byte("secret:"+s.account.ClientID)).String(), DisplayName: "emulator", Value: s.account.ClientSecret,
		}},
	}, directory.Principal{ID: s.ownPrincipal(), AppID: s.account.ClientID, DisplayName: name, Administrator: true})
	return entra.New(entra.Options{
		TenantID: s.account.TenantID,
		Lookup:   s.application,
		Workload: s.core.Workloads.Get,
		Present: func(objectID string) bool {
			p, ok := s.core.Directory.Principal(objectID)
			return ok && !p.Disabled
		},
		IdentityDelay: func() time.Duration { return s.core.Faults.Settings().Propagation.ManagedIdentity.Std() },
	})
}

// application is an application as sign-in sees it: what is too new (propagation.directory) is not there yet.
func (s *Server) application(clientID string) (entra.Application, bool) {
	d := s.core.Directory
	app, ok := d.ApplicationOf(clientID)
	if !ok || !d.Settled(app.Created) {
		return entra.Application{}, false
	}
	view := entra.Application{ClientID: app.AppID}
	principal, ok := d.PrincipalOf(clientID)
	if ok && d.Settled(principal.Created) {
		view.ObjectID, view.Disabled = principal.ID, principal.Disabled
	}
	for _, p := range slices.Concat(app.Passwords, principal.Passwords) {
		if d.Settled(p.Created) {
			view.Secrets = append(view.Secrets, entra.Secret{Value: p.Value, Starts: p.Starts, Expires: p.Ends})
		}
	}
	view.Certificates = certificates(slices.Concat(app.Keys, principal.Keys), time.Now())
	return view, true
}

// certificates are those of the keys that are valid now.
func certificates(keys []directory.Key, now time.Time) []*x509.Certificate {
	var list []*x509.Certificate
	for _, key := range keys {
		if !now.Before(key.Starts) && (key.Ends.IsZero() || now.Before(key.Ends)) {
			list = append(list, key.Certificate)
		}
	}
	return list
}
