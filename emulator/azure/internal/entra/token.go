package entra

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// maxForm bounds a token request. The largest true ones carry an assertion with a
// certificate chain, some 10 KB.
const maxForm = 256 << 10

// token answers the token endpoint of version "" (1.0, resource=) or "/v2.0" (scope=).
func (s *Service) token(version string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		form, p := readForm(w, r)
		if p == nil {
			var body any
			if body, p = s.clientCredentials(r, form, version); p == nil {
				// Clients' telemetry: the version, the error, the sub-error, the token's age, the ring.
				w.Header().Set("X-Ms-Clitelem", "1,0,0,,")
				writeJSON(w, http.StatusOK, body)
				return
			}
		}
		w.Header().Set("X-Ms-Clitelem", fmt.Sprintf("1,%d,0,,", p.code))
		p.write(w, r)
	}
}

// tokenV2 is the answer of version 2.0, tokenV1 that of 1.0, where numbers are text.
type tokenV2 struct {
	TokenType    string `json:"token_type"`
	ExpiresIn    int64  `json:"expires_in"`
	ExtExpiresIn int64  `json:"ext_expires_in"`
	AccessToken  string `json:"access_token"`
}

type tokenV1 struct {
	TokenType    string `json:"token_type"`
	ExpiresIn    string `json:"expires_in"`
	ExtExpiresIn string `json:"ext_expires_in"`
	ExpiresOn    string `json:"expires_on"`
	NotBefore    string `json:"not_before"`
	Resource     string `json:"resource"`
	AccessToken  string `json:"access_token"`
}

// clientCredentials is the one grant that applications without users need.
func (s *Service) clientCredentials(r *http.Request, form url.Values, version string) (any, *problem) {
	common, p := s.checkTenant(r.PathValue("tenant"), "invalid_request")
	if p != nil {
		return nil, p
	}
	switch grant := form.Get("grant_type"); grant {
	case "":
		return nil, missingParameter("grant_type")
	case "client_credentials":
	default:
		return nil, aadsts(http.StatusBadRequest, "AADSTS70003", "unsupported_grant_type",
			"The app requested an unsupported grant type '%s'.", quote(grant))
	}
	cred := readCredential(r, form)
	if cred.clientID == "" {
		return nil, missingParameter("client_id")
	}
	if common {
		return nil, aadsts(http.StatusBadRequest, "AADSTS50059", "invalid_request",
			"No tenant-identifying information found in either the request or implied by any provided credentials.")
	}
	app, ok := s.application(cred.clientID)
	if !ok {
		return nil, aadsts(http.StatusBadRequest, "AADSTS700016", "unauthorized_client",
			"Application with identifier '%s' was not found in the directory '%s'. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You may have sent your authentication request to the wrong tenant.",
			quote(cred.clientID), s.tenant)
	}
	auth, p := s.authenticate(app, cred, r.Host)
	if p != nil {
		return nil, p
	}
	if p := s.checkPrincipal(app); p != nil {
		return nil, p
	}
	audience, p := requestedAudience(form, version)
	if p != nil {
		return nil, p
	}
	if !s.knownAudience(audience) {
		return nil, s.unknownResource(audience)
	}
	token, err := s.Issue(Grant{ClientID: app.ClientID, ObjectID: app.ObjectID, Audience: audience, auth: auth})
	if err != nil {
		return nil, aadsts(http.StatusInternalServerError, "AADSTS90033", "temporarily_unavailable",
			"A transient error has occurred. Please try again.")
	}
	return tokenAnswer(token, audience, version), nil
}

// checkPrincipal refuses an application that has no service principal in the tenant, or a disabled one.
func (s *Service) checkPrincipal(app Application) *problem {
	switch {
	case app.ObjectID == "":
		return aadsts(http.StatusUnauthorized, "AADSTS7000229", "invalid_client",
			"The client application %s is missing service principal in the tenant %s. See instructions here: https://go.microsoft.com/fwlink/?linkid=2225119", app.ClientID, s.tenant)
	case app.Disabled:
		return aadsts(http.StatusUnauthorized, "AADSTS7000112", "unauthorized_client", "Application '%s' is disabled.", app.ClientID)
	}
	return nil
}

func tokenAnswer(t Token, audience, version string) any {
	left := int64(time.Until(t.Expires) / time.Second)
	if version != "" {
		return tokenV2{TokenType: "Bearer", ExpiresIn: left, ExtExpiresIn: left, AccessToken: t.AccessToken}
	}
	text := strconv.FormatInt(left, 10)
	return tokenV1{
		TokenType: "Bearer", ExpiresIn: text, ExtExpiresIn: text,
		ExpiresOn: epoch(t.Expires), NotBefore: epoch(t.NotBefore),
		Resource: audience, AccessToken: t.AccessToken,
	}
}

func epoch(t time.Time) string { return strconv.FormatInt(t.Unix(), 10) }

func missingParameter(name string) *problem {
	return aadsts(http.StatusBadRequest, "AADSTS900144", "invalid_request",
		"The request body must contain the following parameter: '%s'.", name)
}

func (s *Service) unknownResource(audience string) *problem {
	return aadsts(http.StatusBadRequest, "AADSTS500011", "invalid_resource",
		"The resource principal named %s was not found in the tenant named %s. This can happen if the application has not been installed by the administrator of the tenant or consented to by any user in the tenant. You might have sent your authentication request to the wrong tenant.",
		quote(audience), s.tenant)
}

// readForm reads a token request's body, and only that: what stands in the query
// does not count.
func readForm(w http.ResponseWriter, r *http.Request) (url.Values, *problem) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return nil, aadsts(http.StatusBadRequest, "AADSTS900561", "invalid_request",
			"The endpoint only accepts POST requests. Received a %s request.", quote(r.Method))
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxForm))
	if err != nil {
		status := http.StatusBadRequest
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			status = http.StatusRequestEntityTooLarge
		}
		return nil, aadsts(status, "AADSTS90013", "invalid_request", "Invalid input received from the user.")
	}
	// JSON and the like hold no parameters, so the first one is missed below.
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/x-www-form-urlencoded" {
		return url.Values{}, nil
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, aadsts(http.StatusBadRequest, "AADSTS90013", "invalid_request", "Invalid input received from the user.")
	}
	for name, values := range form {
		if len(values) > 1 {
			return nil, aadsts(http.StatusBadRequest, "AADSTS9000411", "invalid_request",
				"The request is not properly formatted. The parameter '%s' is duplicated.", quote(name))
		}
	}
	return form, nil
}

// requestedAudience takes the audience out of resource (version 1.0) or scope (2.0).
func requestedAudience(form url.Values, version string) (string, *problem) {
	if version == "" {
		resource := form.Get("resource")
		if resource == "" {
			return "", missingParameter("resource")
		}
		return resource, nil
	}
	scopes := strings.Fields(form.Get("scope"))
	if len(scopes) == 0 {
		return "", missingParameter("scope")
	}
	var audiences []string
	for _, scope := range scopes {
		switch strings.ToLower(scope) {
		case "openid", "offline_access", "profile", "email":
			// MSAL for Go adds them to every request.
			continue
		}
		audience, ok := trimDefault(scope)
		if !ok || audience == "" {
			return "", aadsts(http.StatusBadRequest, "AADSTS1002012", "invalid_scope",
				"The provided value for scope %s is not valid. Client credential flows must have a scope value with /.default suffixed to the resource identifier (application ID URI).", quote(scope))
		}
		audiences = append(audiences, audience)
	}
	if len(audiences) != 1 {
		return "", aadsts(http.StatusBadRequest, "AADSTS70011", "invalid_scope",
			"The provided value for the input parameter 'scope' is not valid. The scope %s is not valid.", quote(strings.Join(scopes, " ")))
	}
	return audiences[0], nil
}
