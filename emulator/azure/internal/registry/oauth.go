package registry

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/registry/images"
)

// maxForm bounds a token request.
const maxForm = 256 << 10

// The audiences of the Entra tokens that a registry takes; the first only while its policy says so.
const (
	audienceARM      = "https://management.azure.com"
	audienceRegistry = "https://containerregistry.azure.net"
)

// tokenUser is the user name that goes with a refresh token as the password.
const tokenUser = "00000000-0000-0000-0000-000000000000"

// exchange gives a refresh token for an Entra access token.
func (s *Service) exchange(reg *registry, w http.ResponseWriter, r *http.Request) {
	form, ok := readForm(reg, w, r)
	if !ok {
		return
	}
	if grant := form.Get("grant_type"); grant != "access_token" && grant != "access_token_refresh_token" {
		badRequest(w, fmt.Sprintf("grant_type %q is not supported: give an access token", grant))
		return
	}
	audiences := []string{audienceRegistry}
	if reg.armTokens() {
		audiences = append(audiences, audienceARM)
	}
	tenant := form.Get("tenant")
	principal, err := s.verifyEntra(r.Context(), form.Get("access_token"), audiences...)
	if err != nil || tenant != "" && !strings.EqualFold(tenant, s.core.TenantID()) || !s.mayEnter(r.Context(), reg, principal) {
		challenge(reg, w, nil)
		return
	}
	note(r, caller{principal: principal})
	s.answer(reg, w, caller{principal: principal}, refreshKind, nil)
}

func (s *Service) verifyEntra(ctx context.Context, token string, audiences ...string) (*arm.Principal, error) {
	if s.core.Verify == nil {
		return nil, errForeign
	}
	return s.core.Verify(ctx, token, audiences...)
}

// token gives an access token, to a GET with Basic credentials as docker sends it, and to a POST with a refresh token or a
// password. What the caller may not is left out of it; the registry then refuses the request.
func (s *Service) token(reg *registry, w http.ResponseWriter, r *http.Request) {
	form, ok := readForm(reg, w, r)
	if !ok {
		return
	}
	who, ok := s.tokenCaller(reg, r, form)
	if !ok {
		challenge(reg, w, nil)
		return
	}
	note(r, who)
	var asked []access
	for scope := range strings.FieldsSeq(strings.Join(form["scope"], " ")) {
		if want, ok := parseScope(scope); ok {
			asked = append(asked, want)
		}
	}
	s.answer(reg, w, who, accessKind, s.granted(r.Context(), reg, who, asked))
}

// tokenCaller says who asks for an access token. Only where images may be pulled anonymously is that nobody.
func (s *Service) tokenCaller(reg *registry, r *http.Request, form url.Values) (caller, bool) {
	if r.Method == http.MethodPost {
		switch form.Get("grant_type") {
		case "refresh_token":
			_, who, err := s.verify(reg, form.Get("refresh_token"), refreshKind)
			return who, err == nil
		case "password":
			return s.basic(r.Context(), reg, form.Get("username"), form.Get("password"))
		}
		return caller{}, false
	}
	if user, password, ok := r.BasicAuth(); ok {
		return s.basic(r.Context(), reg, user, password)
	}
	return caller{}, reg.anonymousPull()
}

// basic checks a user name and a password: a refresh token's, the admin user's, or a service principal's.
func (s *Service) basic(ctx context.Context, reg *registry, user, password string) (caller, bool) {
	if user == tokenUser {
		_, who, err := s.verify(reg, password, refreshKind)
		return who, err == nil
	}
	if reg.isAdmin(user, password) {
		return caller{admin: true}, true
	}
	if s.core.SignIn == nil || password == "" {
		return caller{}, false
	}
	principal, err := s.core.SignIn(ctx, user, password)
	if err != nil || !s.mayEnter(ctx, reg, principal) {
		return caller{}, false
	}
	return caller{principal: principal}, true
}

// answer sends a token under its kind's name.
func (s *Service) answer(reg *registry, w http.ResponseWriter, who caller, kind string, grants []access) {
	token, err := s.sign(reg, who, kind, grants)
	if err != nil {
		panic(err) // the core logs it and answers 500
	}
	images.WriteJSON(w, http.StatusOK, map[string]string{kind: token})
}

// readForm reads the parameters of a token request and checks that it is for this registry.
func readForm(reg *registry, w http.ResponseWriter, r *http.Request) (url.Values, bool) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if err := r.ParseForm(); err != nil {
		badRequest(w, "the request's form cannot be read")
		return nil, false
	}
	form := r.PostForm
	if r.Method == http.MethodGet {
		form = r.Form
	}
	if service := form.Get("service"); !strings.EqualFold(arm.HostName(service), reg.loginServer) {
		badRequest(w, fmt.Sprintf("service %q is not this registry, which is %s", service, reg.loginServer))
		return nil, false
	}
	return form, true
}

func badRequest(w http.ResponseWriter, why string) {
	(&images.Error{Status: http.StatusBadRequest, Code: "BAD_REQUEST", Message: why}).Write(w)
}

// challenge is the 401 that tells a client where tokens are and, if need is not nil, what the request needs. az splits the
// header at blanks, so it has one.
func challenge(reg *registry, w http.ResponseWriter, need *access) {
	header := fmt.Sprintf(`Bearer realm="https://%s/oauth2/token",service="%s"`, reg.loginServer, reg.loginServer)
	var detail any
	if need != nil {
		header += fmt.Sprintf(`,scope="%s"`, need)
		detail = []map[string]string{{"Type": need.Type, "Class": "", "Name": need.Name, "Action": strings.Join(need.Actions, ",")}}
	}
	(&images.Error{
		Status: http.StatusUnauthorized, Code: "UNAUTHORIZED", Message: "authentication required, visit https://aka.ms/acr/authorization for more information.",
		Detail: detail, Header: http.Header{"Www-Authenticate": {header}},
	}).Write(w)
}
