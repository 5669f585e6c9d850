package api

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Version is the API's own version: what GET /version answers, the same in 2.20 and 3.x.
const Version = "0.8.4"

var versionForm = regexp.MustCompile(`^\d+\.\d+\.\d+$`)

// admit decides whether a request may be looked at.
func (r *Router) admit(req *http.Request) error {
	probe := req.Method == http.MethodGet && slices.Contains([]string{Prefix + "/health", Prefix + "/ready"}, req.URL.Path)
	if r.o.AuthString != "" && !probe && !r.signedIn(req.Header.Get("Authorization")) {
		return &Error{Status: http.StatusUnauthorized, Body: map[string]any{"exception_message": "Unauthorized"}}
	}
	if r.o.CSRF && slices.Contains([]string{http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete}, req.Method) {
		if err := r.csrf.check(req); err != nil {
			return err
		}
	}
	return checkVersion(req.Header.Get("X-Prefect-Api-Version"))
}

func (r *Router) signedIn(header string) bool {
	parts := strings.Fields(header)
	if len(parts) != 2 || parts[0] != "Basic" { // with that capital: the server is strict here
		return false
	}
	got, err := base64.StdEncoding.DecodeString(parts[1])
	return err == nil && subtle.ConstantTimeCompare(got, []byte(r.o.AuthString)) == 1
}

// minimumVersion is the oldest API version that the server talks to.
const minimumVersion = "0.8.0"

// checkVersion refuses an API version that is malformed or too old; a newer one is let through, as the server does.
func checkVersion(header string) error {
	if header == "" {
		return nil
	}
	if !versionForm.MatchString(header) {
		return Problem(http.StatusBadRequest, "Invalid X-PREFECT-API-VERSION header format.Expected header in format 'x.y.z' but received "+header)
	}
	if slices.Compare(versionParts(header), versionParts(minimumVersion)) < 0 {
		return Problem(http.StatusBadRequest, fmt.Sprintf("The request specified API version %s but this server requires version %s or higher.", header, minimumVersion))
	}
	return nil
}

func versionParts(version string) []int {
	var parts []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part) // the form was checked: only a number too big for an int becomes 0
		parts = append(parts, n)
	}
	return parts
}

// csrfLife is how long a token is good: the server's default of one hour.
const csrfLife = time.Hour

// csrfTokens are by client.
type csrfTokens struct {
	mu       sync.Mutex
	byClient map[string]csrfToken
}

// check wants the token that was made for the client.
func (c *csrfTokens) check(req *http.Request) error {
	token, client := req.Header.Get("Prefect-Csrf-Token"), req.Header.Get("Prefect-Csrf-Client")
	switch {
	case token == "":
		return Problem(http.StatusForbidden, "Missing CSRF token.")
	case client == "":
		return Problem(http.StatusForbidden, "Missing client identifier.")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	known, ok := c.byClient[client]
	if !ok || !time.Now().Before(known.Expiration.Time) || subtle.ConstantTimeCompare([]byte(known.Token), []byte(token)) != 1 {
		return Problem(http.StatusForbidden, "Invalid CSRF token or client identifier.")
	}
	return nil
}

type csrfToken struct {
	ID         uuid.UUID `json:"id"`
	Created    Time      `json:"created"`
	Updated    Time      `json:"updated"`
	Token      string    `json:"token"`
	Client     string    `json:"client"`
	Expiration Time      `json:"expiration"`
}

func (r *Router) createToken(req *Request) (Reply, error) {
	if !r.o.CSRF {
		return Reply{}, Problem(http.StatusUnprocessableEntity, "CSRF protection is disabled.")
	}
	client := req.HTTP.URL.Query().Get("client")
	if client == "" {
		return Reply{}, Invalid(nil, Detail{Type: "missing", Loc: []any{"query", "client"}, Message: "Field required"})
	}
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	now := Now()
	token := csrfToken{ID: uuid.New(), Created: now, Updated: now, Token: hex.EncodeToString(raw), Client: client, Expiration: At(now.Add(csrfLife))}
	r.csrf.mu.Lock()
	defer r.csrf.mu.Unlock()
	if r.csrf.byClient == nil {
		r.csrf.byClient = map[string]csrfToken{}
	}
	maps.DeleteFunc(r.csrf.byClient, func(_ string, t csrfToken) bool { return !now.Before(t.Expiration.Time) })
	if known, ok := r.csrf.byClient[client]; ok {
		token.ID, token.Created = known.ID, known.Created
	}
	r.csrf.byClient[client] = token
	return OK(token)
}
