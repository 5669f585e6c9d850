package provision

import (
	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
)

// DisabledError says that nobody can sign in as the pool's application, because it was disabled. Pacific does not enable it:
// whoever disabled it may have had a reason.
type DisabledError = access.DisabledError

// disabled is the error if the pool's application is disabled, as the directory shows it or as Entra says when it is
// to sign in.
func (s *state) disabled() *DisabledError {
	if s.principal == nil || s.application == nil || !s.principal.Disabled && (s.credentials == nil || !s.credentials.disabled) {
		return nil
	}
	return &DisabledError{Name: s.application.Name, ClientID: s.application.ClientID}
}

// saysDisabled reports whether Entra refuses a sign-in because the application is disabled.
func saysDisabled(err error) bool {
	e := azure.Explain(err)
	return e != nil && e.Has(codeDisabled)
}
