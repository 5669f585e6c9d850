// Package graph is Microsoft Graph as far as applications without users need it: applications, service principals, their
// secrets and certificates, and a look-up of objects by id. [Register] serves it at graph.microsoft.com.
//
// All that it shows is in the core's directory. Only principals that are administrators of the directory may use it, as in
// a tenant where nobody else was given a right.
package graph

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
)

// Host is Microsoft Graph's.
const Host = "graph.microsoft.com"

// audience is what tokens for Microsoft Graph are issued for.
const audience = "https://" + Host

type service struct {
	core      *arm.Core
	directory *directory.Directory
	// upserts keeps two requests from creating an application of one unique name.
	upserts sync.Mutex
}

// Register adds Microsoft Graph to the core.
func Register(core *arm.Core) {
	s := &service{core: core, directory: core.Directory}
	core.HandleHost(Host, s, operation)
}

// call is a request, taken apart.
type call struct {
	*http.Request
	target
	body []byte
}

// reply is an answer. A nil body is none.
type reply struct {
	status int
	body   any
}

// row is one of Microsoft Graph's calls.
type row struct {
	// id is its name in the request log and for faults.
	id, method, collection string
	// one says that it is about one object, action what is done with it.
	one    bool
	action string
	// open calls need no right in the directory.
	open    bool
	handler func(*service, *call) (reply, error)
}

const get, post, patch, del = http.MethodGet, http.MethodPost, http.MethodPatch, http.MethodDelete

// rows are the calls that are served.
var rows = []row{
	{"Graph_ListApplications", get, "applications", false, "", false, (*service).listApplications},
	{"Graph_CreateApplication", post, "applications", false, "", false, (*service).createApplication},
	{"Graph_GetApplication", get, "applications", true, "", false, (*service).getApplication},
	{"Graph_UpdateApplication", patch, "applications", true, "", false, (*service).updateApplication},
	{"Graph_DeleteApplication", del, "applications", true, "", false, (*service).deleteApplication},
	{"Graph_AddApplicationPassword", post, "applications", true, "addpassword", false, (*service).addPassword},
	{"Graph_RemoveApplicationPassword", post, "applications", true, "removepassword", false, (*service).removePassword},
	{"Graph_ListApplicationFederatedCredentials", get, "applications", true, "federatedidentitycredentials", false, (*service).listFederated},
	{"Graph_CreateApplicationFederatedCredential", post, "applications", true, "federatedidentitycredentials", false, (*service).createFederated},
	{"Graph_ListApplicationOwners", get, "applications", true, "owners", false, (*service).listNothing},

	{"Graph_ListServicePrincipals", get, "serviceprincipals", false, "", false, (*service).listPrincipals},
	{"Graph_CreateServicePrincipal", post, "serviceprincipals", false, "", false, (*service).createPrincipal},
	{"Graph_GetServicePrincipal", get, "serviceprincipals", true, "", false, (*service).getPrincipal},
	{"Graph_UpdateServicePrincipal", patch, "serviceprincipals", true, "", false, (*service).updatePrincipal},
	{"Graph_DeleteServicePrincipal", del, "serviceprincipals", true, "", false, (*service).deletePrincipal},
	{"Graph_AddServicePrincipalPassword", post, "serviceprincipals", true, "addpassword", false, (*service).addPassword},
	{"Graph_RemoveServicePrincipalPassword", post, "serviceprincipals", true, "removepassword", false, (*service).removePassword},
	{"Graph_ListServicePrincipalOwners", get, "serviceprincipals", true, "owners", false, (*service).listNothing},

	{"Graph_GetObjectsByIds", post, "directoryobjects", true, "", false, (*service).getByIDs},
	{"Graph_GetObject", get, "directoryobjects", true, "", false, (*service).getObject},
	{"Graph_ListUsers", get, "users", false, "", false, (*service).listNothing},
	{"Graph_ListGroups", get, "groups", false, "", false, (*service).listNothing},
	{"Graph_GetMe", get, "me", false, "", true, (*service).getMe},
	{"Graph_ListOrganizations", get, "organization", false, "", true, (*service).listOrganizations},
}

// find looks a call up; nil if there is none. other says that the path is served by other methods.
func find(method string, t target) (found *row, other bool) {
	for i := range rows {
		r := &rows[i]
		if r.collection != t.collection || r.one != t.one || r.action != t.action {
			continue
		}
		if r.method == method {
			return r, false
		}
		other = true
	}
	return nil, other
}

// operation names a call for the request log and the faults.
func operation(r *http.Request) string {
	if found, _ := find(r.Method, parsePath(r.URL.EscapedPath())); found != nil {
		return found.id
	}
	return ""
}

// ServeHTTP serves the host graph.microsoft.com.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Request-Id", uuid.NewString())
	client := r.Header.Get("Client-Request-Id")
	if uuid.Validate(client) != nil {
		client = h.Get("Request-Id")
	}
	h.Set("Client-Request-Id", client)
	h.Set("Cache-Control", "no-cache")
	answer, err := s.serve(r)
	if err != nil {
		refused, ok := errors.AsType[*Error](err)
		if !ok {
			panic(err) // the core logs it and answers 500
		}
		answer = refused.reply(h)
	}
	if answer.body == nil {
		w.WriteHeader(answer.status)
		return
	}
	h.Set("Odata-Version", "4.0")
	h.Set("Content-Type", "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8")
	w.WriteHeader(answer.status)
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	_ = enc.Encode(answer.body) // the client may have gone
}

func (s *service) serve(r *http.Request) (reply, error) {
	c := &call{Request: r, target: parsePath(r.URL.EscapedPath())}
	caller, err := s.authenticate(r)
	if err != nil {
		return reply{}, err
	}
	found, other := find(r.Method, c.target)
	switch {
	case found == nil && other:
		return reply{}, refuse(http.StatusMethodNotAllowed, "Request_BadRequest", "Specified HTTP method is not allowed for the request target.")
	case found == nil:
		return reply{}, refuse(http.StatusBadRequest, "BadRequest", "Resource not found for the segment '%s'.", c.segment)
	case !found.open && !s.mayUse(caller):
		return reply{}, refuse(http.StatusForbidden, "Authorization_RequestDenied", "Insufficient privileges to complete the operation.")
	}
	if c.body, err = io.ReadAll(r.Body); err != nil {
		if _, large := errors.AsType[*http.MaxBytesError](err); large {
			return reply{}, refuse(http.StatusRequestEntityTooLarge, "RequestEntityTooLarge", "The request content size exceeds the maximum size of 4 MB.")
		}
		panic(http.ErrAbortHandler)
	}
	return found.handler(s, c)
}

// authenticate verifies the caller's token.
func (s *service) authenticate(r *http.Request) (*arm.Principal, error) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return nil, refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token is empty.")
	}
	if s.core.Verify == nil {
		return nil, refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure.")
	}
	caller, err := s.core.Verify(r.Context(), strings.TrimSpace(token), audience)
	if err != nil {
		return nil, refuse(http.StatusUnauthorized, "InvalidAuthenticationToken", "Access token validation failure. %s", err)
	}
	arm.NotePrincipal(r.Context(), caller.AppID)
	return caller, nil
}

// mayUse reports whether a caller may read and change the directory.
func (s *service) mayUse(caller *arm.Principal) bool {
	p, ok := s.directory.Principal(caller.ObjectID)
	return ok && p.Administrator
}

// listNothing answers for what this tenant has none of: users, groups, owners.
func (s *service) listNothing(c *call) (reply, error) {
	if c.one {
		if _, err := s.object(c); err != nil {
			return reply{}, err
		}
	}
	return c.page([]object{}, "directoryObjects")
}

// object is a thing of the directory in JSON.
type object = map[string]any

// timestamp is a time as Microsoft Graph writes it, or null.
func timestamp(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UTC().Truncate(time.Second).Format(time.RFC3339)
}

// context is the metadata address of an answer.
func (c *call) context(what string) string {
	return "https://" + arm.HostName(c.Host) + "/" + c.version + "/$metadata#" + what
}
