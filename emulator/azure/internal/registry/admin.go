package registry

import (
	"crypto/subtle"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// credentialsView is the admin user's sign-in.
type credentialsView struct {
	Username  string         `json:"username"`
	Passwords []passwordView `json:"passwords"`
}

type passwordView struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

var passwordNames = [2]string{"password", "password2"}

// adminPasswords calls work with the passwords of a request's registry, whose admin user must be enabled, and shows them.
func (s *Service) adminPasswords(r *arm.Request, work func(reg *registry)) (*arm.Response, error) {
	reg, err := s.find(r)
	if err != nil {
		return nil, err
	}
	reg.mu.Lock()
	defer reg.mu.Unlock()
	if !reg.settings.admin {
		return nil, arm.BadRequest("UnAuthorizedForCredentialOperations", "Cannot perform credential operations for %s as admin user is disabled. Kindly enable admin user as per docs: https://docs.microsoft.com/en-us/azure/container-registry/container-registry-authentication#admin-account", reg.id)
	}
	work(reg)
	view := credentialsView{Username: reg.id.Name()}
	for i, name := range passwordNames {
		view.Passwords = append(view.Passwords, passwordView{name, reg.passwords[i]})
	}
	return &arm.Response{Body: view}, nil
}

func (s *Service) listCredentials(r *arm.Request) (*arm.Response, error) {
	return s.adminPasswords(r, func(*registry) {})
}

func (s *Service) regenerateCredential(r *arm.Request) (*arm.Response, error) {
	var body struct {
		Name string `json:"name"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	for i, name := range passwordNames {
		if strings.EqualFold(name, body.Name) {
			return s.adminPasswords(r, func(reg *registry) { reg.renew(i) })
		}
	}
	return nil, invalid("The value '%s' of the property 'name' is invalid. The value must be 'password' or 'password2'.", body.Name)
}

// isAdmin reports whether user name and password are the admin user's, and the admin user is enabled.
func (reg *registry) isAdmin(user, password string) bool {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	right := 0
	for _, known := range reg.passwords {
		right |= subtle.ConstantTimeCompare([]byte(known), []byte(password))
	}
	return reg.settings.admin && strings.EqualFold(user, reg.id.Name()) && right == 1
}

// listOperations lists what can be allowed, for role definitions.
func listOperations(*arm.Request) (*arm.Response, error) {
	type display struct {
		Provider  string `json:"provider"`
		Resource  string `json:"resource"`
		Operation string `json:"operation"`
	}
	type operation struct {
		Name    string  `json:"name"`
		Display display `json:"display"`
	}
	views := []operation{}
	for _, row := range [][3]string{
		{"registries/read", "Registry", "Get or list registries"},
		{"registries/write", "Registry", "Create or update a registry"},
		{"registries/delete", "Registry", "Delete a registry"},
		{"registries/listCredentials/action", "Registry", "List the admin user's credentials"},
		{"registries/regenerateCredential/action", "Registry", "Regenerate one of the admin user's passwords"},
		{"checkNameAvailability/read", "Registry", "Check whether a registry name is available"},
		{"registries/pull/read", "Image", "Pull images"},
		{"registries/push/write", "Image", "Push images"},
		{"registries/artifacts/delete", "Image", "Delete images"},
	} {
		views = append(views, operation{Name: namespace + "/" + row[0], Display: display{"Microsoft Azure Container Registry", row[1], row[2]}})
	}
	return &arm.Response{Body: arm.List[operation]{Value: views}}, nil
}
