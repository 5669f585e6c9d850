package vault

import (
	"net/http"
	"slices"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// secretResource is a secret as Azure Resource Manager shows it: never with its value.
type secretResource struct {
	ID         string                   `json:"id"`
	Name       string                   `json:"name"`
	Type       string                   `json:"type"`
	Location   string                   `json:"location"`
	Tags       map[string]string        `json:"tags,omitempty"`
	Properties secretResourceProperties `json:"properties"`
}

type secretResourceProperties struct {
	Attributes           secretResourceAttributes `json:"attributes"`
	ContentType          string                   `json:"contentType,omitempty"`
	SecretURI            string                   `json:"secretUri"`
	SecretURIWithVersion string                   `json:"secretUriWithVersion"`
}

type secretResourceAttributes struct {
	Enabled   bool   `json:"enabled"`
	NotBefore *int64 `json:"nbf,omitempty"`
	Expires   *int64 `json:"exp,omitempty"`
	Created   int64  `json:"created"`
	Updated   int64  `json:"updated"`
}

// resourceView is called with mu held.
func (v *vault) resourceView(sec *secret) secretResource {
	ver := sec.newest()
	uri := "https://" + v.host() + "/secrets/" + sec.name
	return secretResource{
		ID: v.secretID(sec.name).String(), Name: sec.name, Type: secretType, Location: v.location, Tags: ver.Tags,
		Properties: secretResourceProperties{
			Attributes: secretResourceAttributes{
				Enabled: ver.Enabled, NotBefore: ver.NotBefore, Expires: ver.Expires, Created: ver.Created.Unix(), Updated: ver.Updated.Unix(),
			},
			ContentType: ver.ContentType, SecretURI: uri, SecretURIWithVersion: uri + "/" + ver.ID,
		},
	}
}

func (s *Service) listSecretResources(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	// The path's id ends with the vault.
	v, _, err := s.find(r.ResourceID())
	if err != nil {
		return nil, err
	}
	secrets := v.secretsThat(false)
	slices.SortFunc(secrets, func(a, b *secret) int { return compareKeys(v.secretID(a.name), v.secretID(b.name)) })
	page, err := arm.Paginate(r, secrets, pageSize, func(sec *secret) string { return v.secretID(sec.name).Key() })
	if err != nil {
		return nil, err
	}
	views := arm.List[secretResource]{Value: []secretResource{}, NextLink: page.NextLink}
	for _, sec := range page.Value {
		views.Value = append(views.Value, v.resourceView(sec))
	}
	return &arm.Response{Body: views}, nil
}

func (s *Service) getSecretResource(r *arm.Request) (*arm.Response, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	v, sec, err := s.secretOf(r)
	if err != nil {
		return nil, err
	}
	return &arm.Response{Body: v.resourceView(sec)}, nil
}

// secretOf finds the secret of a request's path. It is called with mu held.
func (s *Service) secretOf(r *arm.Request) (*vault, *secret, error) {
	v, _, err := s.find(r.ResourceID())
	if err != nil {
		return nil, nil, err
	}
	sec, ok := v.liveSecret(r.Params["secretName"])
	if !ok {
		return nil, nil, arm.ResourceNotFound(v.secretID(r.Params["secretName"]))
	}
	return v, sec, nil
}

// secretBodyOf reads the body of a request about a secret as a resource.
func secretBodyOf(r *arm.Request) (*secretBody, error) {
	var body struct {
		Tags       *map[string]string `json:"tags"`
		Properties secretBody         `json:"properties"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	b := &body.Properties
	b.Tags = body.Tags
	if why := b.fault(); why != "" {
		return nil, arm.BadRequest("BadParameter", "%s", why)
	}
	return b, nil
}

// putSecretResource makes a new version of a secret each time, 201 for a new secret. It needs the right to write to the
// vault through Azure Resource Manager, and none to the vault's secrets.
func (s *Service) putSecretResource(r *arm.Request) (*arm.Response, error) {
	b, err := secretBodyOf(r)
	if err != nil {
		return nil, err
	}
	name := r.Params["secretName"]
	if !validSecretName.MatchString(name) {
		return nil, arm.BadRequest("BadParameter", "The request URI contains an invalid name: %s", name)
	}
	if b.Value == nil {
		return nil, arm.BadRequest("BadParameter", "The parameter value is not specified.")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, _, err := s.find(r.ResourceID())
	if err != nil {
		return nil, err
	}
	if sec, ok := v.deletedSecret(name); ok {
		return nil, arm.Conflict("Conflict", deletedButRecoverable, sec.name)
	}
	sec, isNew := s.setSecret(v, name, b)
	res := &arm.Response{Body: v.resourceView(sec)}
	if isNew {
		res.Status = http.StatusCreated
	}
	return res, nil
}

// patchSecretResource changes the newest version or, with a value, makes another.
func (s *Service) patchSecretResource(r *arm.Request) (*arm.Response, error) {
	b, err := secretBodyOf(r)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, sec, err := s.secretOf(r)
	if err != nil {
		return nil, err
	}
	if b.Value != nil {
		s.setSecret(v, sec.name, b)
	} else {
		sec.newest().apply(b)
		sec.newest().Updated = nowSeconds()
	}
	return &arm.Response{Body: v.resourceView(sec)}, nil
}
