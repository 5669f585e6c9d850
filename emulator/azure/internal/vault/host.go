package vault

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// audience is what tokens for vaults are issued for.
const audience = "https://vault.azure.net"

// validVersion is the form of an api-version: a number such as 7.4 or, from 2025 on, a date.
var validVersion = regexp.MustCompile(`^(\d+\.\d+|\d{4}-\d{2}-\d{2})(-preview(\.\d+)?)?$`)

// problem is Key Vault's error: {"error":{"code","message","innererror"}}.
type problem struct {
	// Status is the HTTP status.
	Status  int      `json:"-"`
	Code    string   `json:"code"`
	Message string   `json:"message,omitempty"`
	Inner   *problem `json:"innererror,omitempty"`
}

func (p *problem) Error() string { return p.Code + ": " + p.Message }

func refuse(status int, code, format string, args ...any) *problem {
	return &problem{Status: status, Code: code, Message: fmt.Sprintf(format, args...)}
}

// because adds the inner error, whose code is the exact reason.
func (p *problem) because(code string) *problem {
	p.Inner = &problem{Code: code}
	return p
}

func badParameter(format string, args ...any) *problem {
	return refuse(http.StatusBadRequest, "BadParameter", format, args...)
}

// a call is one request to a vault's host whose caller is known.
type call struct {
	*http.Request
	caller *arm.Principal
	// scope is the vault's id, and region where it is.
	scope  arm.ResourceID
	region string
	// name and version are the path's; empty where it has none.
	name, version string
}

// ServeHTTP serves the hosts of vaults: their secrets, to who may.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := arm.HostName(r.Host)
	s.mu.Lock()
	v, ok := s.live(strings.TrimSuffix(host, Suffix))
	c := &call{Request: r}
	if ok {
		c.scope, c.region = v.id, v.location
	}
	s.mu.Unlock()
	if !ok {
		http.Error(w, "no vault "+host, http.StatusMisdirectedRequest) // it has gone while the client was connected
		return
	}
	h := w.Header()
	h.Set("Cache-Control", "no-cache")
	h.Set("Pragma", "no-cache")
	h.Set("Expires", "-1")
	h.Set("Strict-Transport-Security", "max-age=31536000;includeSubDomains")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Ms-Keyvault-Region", c.region)
	h.Set("X-Ms-Request-Id", uuid.NewString())
	answer, err := s.serveCall(c)
	if err != nil {
		if err.Status == http.StatusUnauthorized {
			h.Set("Www-Authenticate", `Bearer authorization="https://login.microsoftonline.com/`+s.core.TenantID()+`", resource="`+audience+`"`)
		}
		write(w, err.Status, struct {
			Error *problem `json:"error"`
		}{err})
		return
	}
	if answer == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	write(w, http.StatusOK, answer)
}

func write(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(body) // the client has gone
}

// serveCall finds the caller, then the operation, then the caller's right; in that order, so that nobody learns without a
// token what is there. A nil answer is an empty 204.
func (s *Service) serveCall(c *call) (answer any, refused *problem) {
	if refused := s.identify(c); refused != nil {
		return nil, refused
	}
	switch given := c.URL.Query().Get("api-version"); {
	case given == "":
		return nil, badParameter("The api-version query parameter (?api-version=) is required for all requests.")
	case !validVersion.MatchString(given):
		return nil, badParameter("The specified version (%s) is not recognized. Consider using a version such as 7.6.", given)
	}
	op, refused := c.operation()
	if refused != nil {
		return nil, refused
	}
	if c.name != "" && !validSecretName.MatchString(c.name) {
		return nil, badParameter("The request URI contains an invalid name: %s", c.name)
	}
	if refused := s.authorize(c, op); refused != nil {
		return nil, refused
	}
	var body secretBody
	if op.body {
		if err := json.NewDecoder(c.Body).Decode(&body); err != nil {
			return nil, badParameter("The request body is not valid JSON.")
		}
		if why := body.fault(); why != "" {
			return nil, badParameter("%s", why)
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, ok := s.live(c.scope.Name())
	if !ok || v.id.Key() != c.scope.Key() {
		return nil, refuse(http.StatusNotFound, "VaultNotFound", "The vault %s has gone.", c.scope.Name())
	}
	return op.serve(s, v, c, &body)
}

// identify verifies the call's token. A call that another service sends in process has none and says whose it is.
func (s *Service) identify(c *call) *problem {
	if c.caller = arm.Caller(c.Context()); c.caller != nil {
		arm.NotePrincipal(c.Context(), c.caller.AppID)
		return nil
	}
	scheme, token, _ := strings.Cut(c.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" || s.core.Verify == nil {
		return refuse(http.StatusUnauthorized, "Unauthorized", "AKV10000: Request is missing a Bearer or PoP token.")
	}
	p, err := s.core.Verify(c.Context(), strings.TrimSpace(token), audience)
	if err != nil {
		return refuse(http.StatusUnauthorized, "Unauthorized", "AKV10022: Invalid token for %s: %v.", audience, err)
	}
	c.caller = p
	arm.NotePrincipal(c.Context(), p.AppID)
	return nil
}

// authorize asks for the caller's right by the vault's own rule: roles, or access policies.
func (s *Service) authorize(c *call, op *operation) *problem {
	s.mu.Lock()
	v, ok := s.live(c.scope.Name())
	var set settings
	if ok {
		set = v.settings
	}
	s.mu.Unlock()
	who := fmt.Sprintf("appid=%s;oid=%s;iss=https://sts.windows.net/%s/", c.caller.AppID, c.caller.ObjectID, s.core.TenantID())
	where := c.scope.Name() + ";location=" + c.region
	if !set.rbac {
		if set.permits(c.caller, op.permission) {
			return nil
		}
		return refuse(http.StatusForbidden, "Forbidden",
			"The user, group or application '%s' does not have secrets %s permission on key vault '%s'. For help resolving this issue, please see https://go.microsoft.com/fwlink/?linkid=2125287",
			who, op.permission, where).because("AccessDenied")
	}
	scope := c.scope
	if c.name != "" {
		scope = c.scope.Child("secrets", c.name)
	}
	action := secretType + "/" + op.action
	if s.core.Allowed(c.Context(), arm.Access{Principal: c.caller, Action: action, Data: true, Scope: scope}) == nil {
		return nil
	}
	return refuse(http.StatusForbidden, "Forbidden",
		"Caller is not authorized to perform action on resource.\r\nIf role assignments, deny assignments or role definitions were changed recently, please observe propagation time.\r\nCaller: %s\r\nAction: '%s'\r\nResource: '%s'\r\nAssignment: (not found)\r\nDenyAssignmentId: null\r\nDecisionReason: null \r\nVault: %s\r\n",
		who, action, scope.Key(), where).because("ForbiddenByRbac")
}
