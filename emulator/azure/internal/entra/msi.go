package entra

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// Identity is the handler under /msi/. It speaks two protocols, so that clients
// which know but one find it:
//
//	GET /msi/token?resource=…                              App Service 2019-08-01, secret in X-IDENTITY-HEADER
//	GET /msi/SECRET/metadata/identity/oauth2/token?resource=…   IMDS, secret in the path
func (s *Service) Identity() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/msi/token", s.appService)
	mux.HandleFunc("/msi/token/{$}", s.appService)
	mux.HandleFunc("/msi/{secret}/metadata/identity/oauth2/token", s.instanceMetadata)
	mux.HandleFunc("/msi/{secret}/metadata/identity/oauth2/token/{$}", s.instanceMetadata)
	return mux
}

// identityToken is the answer of both protocols. Numbers are text.
type identityToken struct {
	AccessToken  string `json:"access_token"`
	ClientID     string `json:"client_id"`
	ExpiresIn    string `json:"expires_in"`
	ExpiresOn    string `json:"expires_on"`
	ExtExpiresIn string `json:"ext_expires_in"`
	NotBefore    string `json:"not_before"`
	Resource     string `json:"resource"`
	TokenType    string `json:"token_type"`
}

// refusal is why no token is given; each protocol words it in its own shape.
type refusal struct {
	status int
	// oauth is IMDS's error word.
	oauth, message string
}

// appService answers as App Service's identity endpoint.
func (s *Service) appService(w http.ResponseWriter, r *http.Request) {
	answer, no := s.appServiceToken(r)
	if no != nil {
		writeJSON(w, no.status, map[string]any{"statusCode": no.status, "message": no.message})
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Service) appServiceToken(r *http.Request) (*identityToken, *refusal) {
	if r.Method != http.MethodGet {
		return nil, &refusal{status: http.StatusMethodNotAllowed, message: "The identity endpoint only takes GET requests."}
	}
	secret := r.Header.Get("X-Identity-Header")
	if secret == "" {
		return nil, &refusal{status: http.StatusUnauthorized, message: "The header X-IDENTITY-HEADER is missing: send the value of IDENTITY_HEADER in it."}
	}
	workload, ok := s.workload(secret)
	if !ok {
		return nil, &refusal{status: http.StatusForbidden, message: "The header X-IDENTITY-HEADER names no running container: send the value of this container's own IDENTITY_HEADER."}
	}
	if s.tooEarly(workload) {
		return nil, &refusal{status: http.StatusServiceUnavailable, message: identityNotReady}
	}
	query := r.URL.Query()
	if query.Get("api-version") != "2019-08-01" {
		return nil, &refusal{status: http.StatusBadRequest, message: "Unsupported/Invalid api-version parameter: use 2019-08-01."}
	}
	identity, no := pickIdentity(workload, query)
	switch no {
	case pickedNone:
		return nil, &refusal{status: http.StatusBadRequest, message: "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."}
	case pickedSeveral:
		return nil, &refusal{status: http.StatusBadRequest, message: severalIdentities}
	case pickedTwice:
		return nil, &refusal{status: http.StatusBadRequest, message: onlyOneIdentity}
	}
	return s.identityToken(identity, query.Get("resource"))
}

// instanceMetadata answers as the instance metadata service.
func (s *Service) instanceMetadata(w http.ResponseWriter, r *http.Request) {
	answer, no := s.instanceMetadataToken(r)
	if no != nil {
		writeJSON(w, no.status, map[string]string{"error": no.oauth, "error_description": no.message})
		return
	}
	writeJSON(w, http.StatusOK, answer)
}

func (s *Service) instanceMetadataToken(r *http.Request) (*identityToken, *refusal) {
	bad := func(message string) (*identityToken, *refusal) {
		return nil, &refusal{status: http.StatusBadRequest, oauth: "invalid_request", message: message}
	}
	if r.Method != http.MethodGet {
		return nil, &refusal{status: http.StatusMethodNotAllowed, oauth: "invalid_request", message: "The metadata service only takes GET requests."}
	}
	// Both rules keep a tricked proxy or web server from fetching a token for someone.
	if !strings.EqualFold(r.Header.Get("Metadata"), "true") {
		return bad("Required metadata header not specified")
	}
	if r.Header.Get("X-Forwarded-For") != "" {
		return bad("Requests with the header X-Forwarded-For are refused")
	}
	workload, ok := s.workload(r.PathValue("secret"))
	if !ok {
		return nil, &refusal{status: http.StatusForbidden, oauth: "access_denied", message: "The address names no running container: use this container's own AZURE_POD_IDENTITY_AUTHORITY_HOST"}
	}
	if s.tooEarly(workload) {
		return nil, &refusal{status: http.StatusServiceUnavailable, oauth: "temporarily_unavailable", message: identityNotReady}
	}
	query := r.URL.Query()
	if query.Get("api-version") == "" {
		return bad("Required query variable 'api-version' is missing")
	}
	if query.Get("resource") == "" {
		return bad("Required query variable 'resource' is missing")
	}
	identity, no := pickIdentity(workload, query)
	switch no {
	case pickedNone:
		return bad("Identity not found")
	case pickedSeveral:
		return bad(severalIdentities)
	case pickedTwice:
		return bad(onlyOneIdentity)
	}
	return s.identityToken(identity, query.Get("resource"))
}

// tooEarly reports whether a container is so young that its identities are not served yet (propagation.managedIdentity).
func (s *Service) tooEarly(w arm.Workload) bool { return time.Since(w.Started) < s.idDelay() }

const (
	identityNotReady  = "The managed identities of this container are not ready yet: try again in a few seconds."
	severalIdentities = "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request"
	onlyOneIdentity   = "Only one of client_id, mi_res_id, principal_id and object_id can name the identity"
)

// picked says why no identity could be picked; the zero value is that one was.
type picked int

const (
	pickedOne picked = iota
	pickedNone
	pickedSeveral
	pickedTwice
)

// pickIdentity finds the identity that the query names, or the one that needs no
// name: the group's own, else the only one.
func pickIdentity(w arm.Workload, query url.Values) (arm.Identity, picked) {
	var matches func(arm.Identity) bool
	for _, name := range []string{"client_id", "mi_res_id", "msi_res_id", "principal_id", "object_id"} {
		for _, want := range query[name] {
			if want == "" {
				continue
			}
			if matches != nil {
				return arm.Identity{}, pickedTwice
			}
			matches = func(id arm.Identity) bool { return strings.EqualFold(identityName(id, name), want) }
		}
	}
	if matches == nil {
		system := func(id arm.Identity) bool { return id.SystemAssigned }
		switch {
		case slices.ContainsFunc(w.Identities, system):
			matches = system
		case len(w.Identities) > 1:
			return arm.Identity{}, pickedSeveral
		default:
			matches = func(arm.Identity) bool { return true }
		}
	}
	i := slices.IndexFunc(w.Identities, matches)
	if i < 0 {
		return arm.Identity{}, pickedNone
	}
	return w.Identities[i], pickedOne
}

// identityName is an identity's name in the terms of a query parameter.
func identityName(id arm.Identity, parameter string) string {
	switch parameter {
	case "client_id":
		return id.ClientID
	case "principal_id", "object_id":
		return id.PrincipalID
	}
	return id.ResourceID
}

func (s *Service) identityToken(id arm.Identity, asked string) (*identityToken, *refusal) {
	resource, _ := trimDefault(asked)
	if resource == "" {
		return nil, &refusal{status: http.StatusBadRequest, oauth: "invalid_request", message: "Required query variable 'resource' is missing"}
	}
	if !s.present(id.PrincipalID) {
		return nil, &refusal{status: http.StatusBadRequest, oauth: "invalid_request", message: "Identity not found"}
	}
	if !s.knownAudience(resource) {
		return nil, &refusal{status: http.StatusBadRequest, oauth: "invalid_resource", message: "AADSTS500011: " + s.unknownResource(resource).description}
	}
	token, err := s.Issue(Grant{ClientID: id.ClientID, ObjectID: id.PrincipalID, Audience: resource, ManagedIdentity: id.ResourceID})
	if err != nil {
		return nil, &refusal{status: http.StatusInternalServerError, oauth: "unknown_error", message: "Failed to retrieve token from the Active directory"}
	}
	left := strconv.FormatInt(int64(time.Until(token.Expires)/time.Second), 10)
	return &identityToken{
		AccessToken: token.AccessToken, ClientID: id.ClientID, TokenType: "Bearer", Resource: resource,
		ExpiresIn: left, ExtExpiresIn: left, ExpiresOn: epoch(token.Expires), NotBefore: epoch(token.NotBefore),
	}, nil
}
