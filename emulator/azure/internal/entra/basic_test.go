package entra_test

import (
	"strings"
	"testing"

	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
)

func TestSignIn(t *testing.T) {
	s := service(t, nil)
	p, err := s.SignIn(t.Context(), strings.ToUpper(clientID), secret)
	if err != nil || p.ObjectID != objectID || p.AppID != clientID || p.TenantID != tenantID {
		t.Errorf("%+v, %v", p, err)
	}
	for id, password := range map[string]string{clientID: "wrong", objectID: secret, "": "", tenantID: ""} {
		if _, err := s.SignIn(t.Context(), id, password); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%q signs in: %v", id, err)
		}
	}
	disabled := service(t, func(o *entra.Options) { o.Applications[0].Disabled = true })
	if _, err := disabled.SignIn(t.Context(), clientID, secret); err == nil {
		t.Error("a disabled application signs in")
	}
}
