package arm

import (
	"net/http"
	"strings"
	"time"
)

// identify demands an api-version, verifies the token and asks for the right. Azure
// complains of a missing api-version even to callers without a token.
func (c *Core) identify(e *entry, r *Request) error {
	if err := checkVersion(r); err != nil {
		return err
	}
	principal, err := c.authenticate(r)
	if err != nil {
		return c.challenge(err)
	}
	r.Principal = principal
	e.record.Principal = principal.AppID
	if e.record.Principal == "" {
		e.record.Principal = principal.ObjectID
	}
	return c.authorize(r)
}

// authenticate verifies the call's bearer token. A call of [Core.Do] has none and says whose it is.
func (c *Core) authenticate(r *Request) (*Principal, error) {
	if p := Caller(r.Context()); p != nil {
		return p, nil
	}
	header := r.Header.Get("Authorization")
	if header == "" {
		return nil, AuthenticationFailed()
	}
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return nil, Errorf(http.StatusUnauthorized, "AuthenticationFailedInvalidHeader",
			"Authentication failed. The 'Authorization' header is provided in an invalid format.")
	}
	if c.Authenticate == nil {
		return nil, InvalidToken("No sign-in service is there to verify it.")
	}
	p, err := c.Authenticate(r.Context(), strings.TrimSpace(token))
	if err == nil && p == nil {
		err = InvalidToken("It names no caller.")
	}
	return p, err
}

// challenge adds WWW-Authenticate, from which clients learn the tenant.
func (c *Core) challenge(err error) error {
	e, ok := err.(*Error)
	if !ok {
		e = InvalidToken("It cannot be verified.")
	}
	if e.Status != http.StatusUnauthorized || e.Header.Get("Www-Authenticate") != "" {
		return e
	}
	copied := *e
	description := strings.ReplaceAll(e.Message, `"`, "'")
	if e.Code == "AuthenticationFailed" {
		description = "The authentication failed because of missing 'Authorization' header."
	}
	copied.Header = e.Header.Clone()
	if copied.Header == nil {
		copied.Header = http.Header{}
	}
	copied.Header.Set("Www-Authenticate", `Bearer authorization_uri="https://login.windows.net/`+c.options.TenantID+
		`", error="invalid_token", error_description="`+description+`"`)
	return &copied
}

// checkVersion demands an api-version of the right form: a date with an optional suffix.
func checkVersion(r *Request) error {
	version := r.URL.Query().Get("api-version")
	if version == "" {
		return BadRequest("MissingApiVersionParameter", "The api-version query parameter (?api-version=) is required for all requests.")
	}
	if !validVersion(version) {
		return BadRequest("InvalidApiVersionParameter", "The api-version '%s' is invalid. The supported versions are dates such as '2023-05-01', with or without '-preview'.", version)
	}
	return nil
}

func validVersion(v string) bool {
	v = strings.ToLower(v)
	for _, suffix := range []string{"-preview", "-privatepreview", "-alpha", "-beta", "-rc"} {
		v = strings.TrimSuffix(v, suffix)
	}
	_, err := time.Parse(time.DateOnly, v)
	return err == nil
}
