// Package images is a registry of container images: the OCI distribution specification, version 1.1, as an http.Handler.
// It decides nothing about rights: package registry asks [ParsePath] what a request is about, and lets through what its
// caller may do.
//
// Manifests and small blobs are kept in memory, other blobs in files. A blob belongs to the repositories that it was
// uploaded to or mounted in, and is forgotten when no manifest of theirs needs it any more:
//
//	POST uploads ─▶ upload ──PATCH──▶ upload ──PUT digest──▶ blob ──▶ linked by a repository
//	                  │                 │                     ▲              │
//	                  └──── DELETE, or unused for a day       │       the last manifest that
//	                                    ▼                  mount      names it is deleted
//	                                  gone                                   ▼
//	                                                                        gone
//
// No lock is held while a request's body is read or an answer is written.
package images

import (
	"encoding/json"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync"
)

// Options of [New].
type Options struct {
	// Folder returns the folder for large blobs. It is called when the first one comes. Nil keeps all blobs in memory.
	Folder func() (string, error)
}

// Registry holds repositories. Make it with [New], end it with [Registry.Close]; it is safe for concurrent use.
type Registry struct {
	folder func() (string, error)

	mu      sync.Mutex
	closed  bool
	repos   map[string]*repository
	blobs   map[string]*blob // by digest
	uploads map[string]*upload
}

// repository is guarded by its registry's mu.
type repository struct {
	blobs     map[string]bool      // digests
	manifests map[string]*manifest // by digest
	tags      map[string]string    // digests by tag
}

// New returns a registry without repositories.
func New(o Options) *Registry {
	return &Registry{folder: o.Folder, repos: map[string]*repository{}, blobs: map[string]*blob{}, uploads: map[string]*upload{}}
}

// Close forgets all images and removes their files. A request under way ends with an error, or finishes reading its blob.
func (r *Registry) Close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	for _, b := range r.blobs {
		b.content.remove()
	}
	for _, u := range r.uploads {
		if u.mu.TryLock() { // one that is in use goes when it is released
			u.drop()
			u.mu.Unlock()
		}
	}
	clear(r.repos)
	clear(r.blobs)
	clear(r.uploads)
}

// Error is a refusal in the form of the distribution specification.
type Error struct {
	Status        int
	Code, Message string
	// Detail is any JSON; it may be nil.
	Detail any
	// Header is added to the answer.
	Header http.Header
}

// Error is the code with the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Write answers with the error.
func (e *Error) Write(w http.ResponseWriter) {
	maps.Copy(w.Header(), e.Header)
	WriteJSON(w, e.Status, map[string]any{"errors": []map[string]any{{"code": e.Code, "message": e.Message, "detail": e.Detail}}})
}

func refuse(status int, code, message string) *Error {
	return &Error{Status: status, Code: code, Message: message}
}

// WriteJSON answers with a value, as JSON unless the answer has a type of its own.
func WriteJSON(w http.ResponseWriter, status int, body any) {
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the client may have gone
}

// ServeHTTP serves the paths under /v2/. It panics with what keeps it from storing a blob, such as a full disk.
func (r *Registry) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	t := ParsePath(hr.URL.Path)
	serve, err := r.handler(t, hr.Method)
	if err == nil {
		err = serve(w, hr, t)
	}
	if err == nil {
		return
	}
	refused, ok := errors.AsType[*Error](err)
	if !ok {
		panic(err)
	}
	refused.Write(w)
}

type handler func(w http.ResponseWriter, hr *http.Request, t Target) error

// handler finds what serves a method of a target.
func (r *Registry) handler(t Target, method string) (handler, error) {
	var methods map[string]handler
	switch t.Kind {
	case Version:
		methods = map[string]handler{http.MethodGet: version}
	case Catalog:
		methods = map[string]handler{http.MethodGet: r.listRepositories}
	case Tags:
		methods = map[string]handler{http.MethodGet: r.listTags}
	case Referrers:
		methods = map[string]handler{http.MethodGet: r.listReferrers}
	case Manifest:
		methods = map[string]handler{http.MethodGet: r.getManifest, http.MethodPut: r.putManifest, http.MethodDelete: r.deleteManifest}
	case Blob:
		methods = map[string]handler{http.MethodGet: r.getBlob, http.MethodDelete: r.deleteBlob}
	case Uploads:
		methods = map[string]handler{http.MethodPost: r.startUpload}
	case Upload:
		methods = map[string]handler{
			http.MethodGet: r.getUpload, http.MethodPatch: r.patchUpload, http.MethodPut: r.putUpload, http.MethodDelete: r.deleteUpload,
		}
	default:
		return nil, refuse(http.StatusNotFound, "NOT_FOUND", "404 page not found")
	}
	if method == http.MethodHead && t.Kind != Upload {
		method = http.MethodGet
	}
	serve, ok := methods[method]
	switch {
	case !ok:
		e := refuse(http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported.")
		e.Header = http.Header{"Allow": {strings.Join(allowed(methods), ", ")}}
		return nil, e
	case t.Name != "" && !validName(t.Name):
		return nil, refuse(http.StatusBadRequest, "NAME_INVALID", "invalid repository name")
	}
	return serve, nil
}

// version answers that the specification is served.
func version(w http.ResponseWriter, _ *http.Request, _ Target) error {
	WriteJSON(w, http.StatusOK, struct{}{})
	return nil
}

// repository finds a repository that has a manifest; it is called with mu held.
func (r *Registry) repository(name string) (*repository, error) {
	repo := r.repos[name]
	if repo == nil || len(repo.manifests) == 0 {
		return nil, &Error{Status: http.StatusNotFound, Code: "NAME_UNKNOWN", Message: "repository name not known to registry", Detail: map[string]string{"name": name}}
	}
	return repo, nil
}
