package registry

import (
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// ServeHTTP serves the hosts of registries: the token exchange and, to who may, the images.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	host := arm.HostName(r.Host)
	reg, ok := s.named(strings.TrimSuffix(host, Suffix))
	if !ok {
		http.Error(w, "no registry "+host, http.StatusMisdirectedRequest) // it has gone while the client was connected
		return
	}
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	w.Header().Set("Strict-Transport-Security", "max-age=31536000; includeSubDomains")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	switch {
	case r.URL.Path == "/oauth2/exchange" && r.Method == http.MethodPost:
		s.exchange(reg, w, r)
	case r.URL.Path == "/oauth2/token" && (r.Method == http.MethodPost || r.Method == http.MethodGet):
		s.token(reg, w, r)
	case r.URL.Path == "/v2" || strings.HasPrefix(r.URL.Path, "/v2/"):
		s.serveImages(reg, w, r)
	default:
		writeErrors(w, http.StatusNotFound, registryError{Code: "NOT_FOUND", Message: "404 page not found"})
	}
}

// serveImages lets a request through to the images if its caller may do what it is about.
func (s *Service) serveImages(reg *registry, w http.ResponseWriter, r *http.Request) {
	need := needed(r)
	may, known := s.permission(reg, r)
	if !known || need != nil && !may(*need) {
		challenge(reg, w, need)
		return
	}
	reg.images.ServeHTTP(w, r)
}

// permission is what the caller of a request may: what its access token says, or what its rights say now. known is false
// for a caller without a good credential.
func (s *Service) permission(reg *registry, r *http.Request) (may func(access) bool, known bool) {
	live := func(who caller) func(access) bool {
		return func(need access) bool {
			return covers(s.granted(r.Context(), reg, who, []access{need}), need)
		}
	}
	if p := arm.Caller(r.Context()); p != nil {
		arm.NotePrincipal(r.Context(), p.AppID)
		return live(caller{principal: p}), s.mayPullOrPush(r.Context(), reg, p)
	}
	if user, password, ok := r.BasicAuth(); ok {
		who, known := s.basic(r.Context(), reg, user, password)
		note(r, who)
		return live(who), known
	}
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return nil, false
	}
	c, who, err := s.verify(reg, strings.TrimSpace(token), accessKind)
	note(r, who)
	return func(need access) bool { return covers(c.Access, need) }, err == nil
}

// note enters the caller in the request log.
func note(r *http.Request, who caller) {
	if who.principal != nil {
		arm.NotePrincipal(r.Context(), who.principal.AppID)
	}
}

// needed is what a request needs; nil for the check of the version, which needs a credential alone.
func needed(r *http.Request) *access {
	path := strings.Trim(strings.TrimPrefix(r.URL.Path, "/v2"), "/")
	switch path {
	case "":
		return nil
	case "_catalog":
		return &access{Type: "registry", Name: "catalog", Actions: []string{actionAll}}
	}
	name, _ := splitPath(path)
	need := &access{Type: "repository", Name: name}
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		need.Actions = []string{actionPull}
	case http.MethodDelete:
		need.Actions = []string{actionDelete}
	default:
		need.Actions = []string{actionPull, actionPush}
	}
	return need
}

// splitPath splits what follows /v2/ into the repository's name and the rest, such as manifests/latest.
func splitPath(path string) (name, rest string) {
	at := -1
	for _, kind := range []string{"/manifests/", "/blobs/", "/tags/", "/referrers/"} {
		at = max(at, strings.LastIndex("/"+path, kind))
	}
	if at < 0 {
		return path, ""
	}
	return strings.TrimPrefix(("/" + path)[:at], "/"), ("/" + path)[at+1:]
}

// hostOperation names a call for the request log and the faults, by Microsoft's API files where they have it.
func hostOperation(r *http.Request) string {
	switch path := r.URL.Path; {
	case path == "/oauth2/exchange":
		return "Authentication_ExchangeAadAccessTokenForAcrRefreshToken"
	case path == "/oauth2/token" && r.Method == http.MethodGet:
		return "Authentication_GetAcrAccessTokenFromLogin"
	case path == "/oauth2/token":
		return "Authentication_ExchangeAcrRefreshTokenForAcrAccessToken"
	case path == "/v2" || path == "/v2/":
		return "ContainerRegistry_CheckDockerV2Support"
	case path == "/v2/_catalog":
		return "ContainerRegistry_GetRepositories"
	case strings.HasPrefix(path, "/v2/"):
		_, rest := splitPath(strings.TrimPrefix(path, "/v2/"))
		kind, rest, _ := strings.Cut(rest, "/")
		if kind == "blobs" && (rest == "uploads" || strings.HasPrefix(rest, "uploads/")) {
			kind = "uploads"
		}
		return imageOperations[kind][r.Method]
	}
	return ""
}

// imageOperations are the operations on what is in a repository, by its kind and the request's method.
var imageOperations = map[string]map[string]string{
	"manifests": {
		http.MethodGet: "ContainerRegistry_GetManifest", http.MethodHead: "ContainerRegistry_GetManifest",
		http.MethodPut: "ContainerRegistry_CreateManifest", http.MethodDelete: "ContainerRegistry_DeleteManifest",
	},
	"blobs": {
		http.MethodGet: "ContainerRegistryBlob_GetBlob", http.MethodHead: "ContainerRegistryBlob_CheckBlobExists",
		http.MethodDelete: "ContainerRegistryBlob_DeleteBlob",
	},
	"uploads": {
		http.MethodPost: "ContainerRegistryBlob_StartUpload", http.MethodGet: "ContainerRegistryBlob_GetUploadStatus",
		http.MethodPatch: "ContainerRegistryBlob_UploadChunk", http.MethodPut: "ContainerRegistryBlob_CompleteUpload",
		http.MethodDelete: "ContainerRegistryBlob_CancelUpload",
	},
	"tags": {http.MethodGet: "ContainerRegistry_GetTags"},
}
