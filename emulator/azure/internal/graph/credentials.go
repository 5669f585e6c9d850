package graph

import (
	"crypto/sha1"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
)

// The most secrets that an application may have: two where personal accounts may sign in, else what the limit for all
// collections of an object leaves (learn.microsoft.com/entra/identity-platform/supported-accounts-validation).
const maxPersonalPasswords, maxPasswords = 2, 1000

func viewPassword(p directory.Password) object {
	return object{
		"customKeyIdentifier": nil, "displayName": nullable(p.DisplayName), "endDateTime": timestamp(p.Ends), "hint": nullable(p.Hint),
		"keyId": p.KeyID, "secretText": nil, "startDateTime": timestamp(p.Starts),
	}
}

func viewPasswords(list []directory.Password) []object {
	views := []object{}
	for _, p := range list {
		views = append(views, viewPassword(p))
	}
	return views
}

// shownOnce is how the answer that creates secrets shows them: with their text, which no other answer has.
func shownOnce(list []directory.Password) []object {
	views := viewPasswords(list)
	for i, p := range list {
		views[i]["secretText"] = p.Value
	}
	return views
}

func viewKeys(list []directory.Key) []object {
	views := []object{}
	for _, k := range list {
		sum := sha1.Sum(k.Certificate.Raw)
		views = append(views, object{
			"customKeyIdentifier": strings.ToUpper(hex.EncodeToString(sum[:])), "displayName": nullable(k.DisplayName), "endDateTime": timestamp(k.Ends),
			"key": nil, "keyId": k.KeyID, "startDateTime": timestamp(k.Starts), "type": k.Type, "usage": k.Usage,
		})
	}
	return views
}

func nullable(text string) any {
	if text == "" {
		return nil
	}
	return text
}

// credentialBody is a password or key as clients write it.
type credentialBody struct {
	KeyID         string     `json:"keyId"`
	DisplayName   string     `json:"displayName"`
	StartDateTime *time.Time `json:"startDateTime"`
	EndDateTime   *time.Time `json:"endDateTime"`
	Type          string     `json:"type"`
	Usage         string     `json:"usage"`
	Key           *string    `json:"key"`
}

// newPassword makes a secret: valid from now on, and for two years, unless the body says otherwise.
func newPassword(b credentialBody) (directory.Password, error) {
	starts := time.Now().UTC()
	if b.StartDateTime != nil {
		starts = b.StartDateTime.UTC()
	}
	ends := starts.AddDate(2, 0, 0)
	if b.EndDateTime != nil {
		ends = b.EndDateTime.UTC()
	}
	if !ends.After(starts) {
		return directory.Password{}, badRequest("Invalid value specified for property 'endDateTime' of the resource: it must be after 'startDateTime'.")
	}
	return directory.NewPassword(b.DisplayName, starts, ends), nil
}

// setPasswords is passwordCredentials of a body. A new application's are made; those of an existing one can only be
// left out.
func setPasswords(value field, old []directory.Password, isNew bool) ([]directory.Password, error) {
	var bodies []credentialBody
	if err := value.into("passwordCredentials", &bodies); err != nil {
		return nil, err
	}
	var list []directory.Password
	for _, b := range bodies {
		i := slices.IndexFunc(old, func(p directory.Password) bool { return b.KeyID != "" && strings.EqualFold(p.KeyID, b.KeyID) })
		switch {
		case i >= 0:
			list = append(list, old[i])
		case !isNew:
			return nil, badRequest("New password credentials must be generated with service actions.")
		default:
			p, err := newPassword(b)
			if err != nil {
				return nil, err
			}
			list = append(list, p)
		}
	}
	return list, nil
}

// setKeys is keyCredentials of a body: all that there are to be. Those that were there may stand without their key.
func setKeys(value field, old []directory.Key) ([]directory.Key, error) {
	var bodies []credentialBody
	if err := value.into("keyCredentials", &bodies); err != nil {
		return nil, err
	}
	var list []directory.Key
	for _, b := range bodies {
		i := slices.IndexFunc(old, func(k directory.Key) bool { return b.KeyID != "" && strings.EqualFold(k.KeyID, b.KeyID) })
		if b.Key == nil && i >= 0 {
			list = append(list, old[i])
			continue
		}
		k, err := newKey(b)
		if err != nil {
			return nil, err
		}
		list = append(list, k)
	}
	return list, nil
}

func newKey(b credentialBody) (directory.Key, error) {
	if b.Key == nil {
		return directory.Key{}, badRequest("Invalid value specified for property 'key' of the resource.")
	}
	raw, err := base64.StdEncoding.DecodeString(*b.Key)
	var certificate *x509.Certificate
	if err == nil {
		certificate, err = x509.ParseCertificate(raw)
	}
	if err != nil {
		return directory.Key{}, badRequest("Key credential is not a valid certificate in DER, written in base64.")
	}
	k := directory.Key{KeyID: b.KeyID, DisplayName: b.DisplayName, Type: b.Type, Usage: b.Usage, Starts: certificate.NotBefore, Ends: certificate.NotAfter, Certificate: certificate}
	if uuid.Validate(k.KeyID) != nil {
		k.KeyID = uuid.NewString()
	}
	if b.StartDateTime != nil {
		k.Starts = b.StartDateTime.UTC()
	}
	if b.EndDateTime != nil {
		k.Ends = b.EndDateTime.UTC()
	}
	return k, nil
}

// checkPasswordCount holds Entra's limits.
func checkPasswordCount(list []directory.Password, audience string) error {
	most := maxPasswords
	if audience == personalAudience || audience == "PersonalMicrosoftAccount" {
		most = maxPersonalPasswords
	}
	if len(list) > most {
		return refuse(http.StatusBadRequest, "PasswordCredentialsLimitExceeded",
			"The application already has the maximum number of credentials, %d, that its signInAudience '%s' allows: remove one first.", most, audience)
	}
	return nil
}

// addPassword serves applications and service principals.
func (s *service) addPassword(c *call) (reply, error) {
	body := fields{}
	if len(c.body) > 0 { // a body is optional
		var err error
		if body, err = c.decode(); err != nil {
			return reply{}, err
		}
	}
	var b credentialBody
	if value, ok := body["passwordCredential"]; ok {
		if err := value.into("passwordCredential", &b); err != nil {
			return reply{}, err
		}
	}
	p, err := newPassword(b)
	if err != nil {
		return reply{}, err
	}
	err = s.changePasswords(c, func(list []directory.Password) ([]directory.Password, error) {
		return append(slices.Clip(list), p), nil
	})
	if err != nil {
		return reply{}, err
	}
	return c.single(http.StatusOK, shownOnce([]directory.Password{p})[0], "microsoft.graph.passwordCredential"), nil
}

// removePassword serves applications and service principals.
func (s *service) removePassword(c *call) (reply, error) {
	body, err := c.decode()
	if err != nil {
		return reply{}, err
	}
	var keyID string
	if err := body["keyId"].into("keyId", &keyID); err != nil {
		return reply{}, err
	}
	return reply{status: http.StatusNoContent}, s.changePasswords(c, func(list []directory.Password) ([]directory.Password, error) {
		kept := slices.DeleteFunc(slices.Clone(list), func(p directory.Password) bool { return strings.EqualFold(p.KeyID, keyID) })
		if len(kept) == len(list) {
			return nil, refuse(http.StatusNotFound, "Request_ResourceNotFound", "No password credential found with keyId '%s'.", keyID)
		}
		return kept, nil
	})
}

// changePasswords alters the secrets of what the path names.
func (s *service) changePasswords(c *call, change func([]directory.Password) ([]directory.Password, error)) error {
	if c.collection == "serviceprincipals" {
		p, err := s.principal(c)
		if err != nil {
			return err
		}
		_, err = s.directory.ChangePrincipal(p.ID, func(p *directory.Principal) (err error) {
			p.Passwords, err = change(p.Passwords)
			return err
		})
		return err
	}
	a, err := s.application(c)
	if err != nil {
		return err
	}
	_, err = s.directory.Change(a.ID, func(a *directory.Application) (err error) {
		if a.Passwords, err = change(a.Passwords); err == nil {
			err = checkPasswordCount(a.Passwords, a.Audience)
		}
		return err
	})
	return err
}
