package registry

import (
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/registry/images"
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
		(&images.Error{Status: http.StatusNotFound, Code: "NOT_FOUND", Message: "404 page not found"}).Write(w)
	}
}

// serveImages lets a request through to the images if its caller may do what it is about.
func (s *Service) serveImages(reg *registry, w http.ResponseWriter, r *http.Request) {
	target := images.ParsePath(r.URL.Path)
	need := needed(target, r.Method)
	may, known := s.permission(reg, r)
	if !known || need != nil && !may(*need) {
		challenge(reg, w, need)
		return
	}
	if target.Kind == images.Uploads {
		r = withoutMount(r, may)
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
		return live(caller{principal: p}), s.mayEnter(r.Context(), reg, p)
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

// needed is what a request needs; nil for what needs a credential alone: the check of the version, and paths of nothing.
func needed(t images.Target, method string) *access {
	need := &access{Type: "repository", Name: t.Name}
	read := method == http.MethodGet || method == http.MethodHead
	switch {
	case t.Kind == images.Unknown, t.Kind == images.Version:
		return nil
	case t.Kind == images.Catalog:
		return &access{Type: "registry", Name: "catalog", Actions: []string{actionAll}}
	case t.Kind == images.Uploads, t.Kind == images.Upload: // to cancel one is a part of pushing
		need.Actions = []string{actionPull, actionPush}
	case read:
		need.Actions = []string{actionPull}
	case method == http.MethodDelete:
		need.Actions = []string{actionDelete}
	default:
		need.Actions = []string{actionPull, actionPush}
	}
	return need
}

// withoutMount is a request whose mount, if it asks for one from a repository that its caller may not pull from, is left
// out: the client then has to upload the blob, as from a registry without mounts.
func withoutMount(r *http.Request, may func(access) bool) *http.Request {
	query := r.URL.Query()
	from := query.Get("from")
	if from == "" || may(access{Type: "repository", Name: from, Actions: []string{actionPull}}) {
		return r
	}
	query.Del("mount")
	changed := r.Clone(r.Context())
	changed.URL.RawQuery = query.Encode()
	return changed
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
	case strings.HasPrefix(path, "/v2"):
		t := images.ParsePath(path)
		if t.Kind == images.Uploads && r.Method == http.MethodPost && r.URL.Query().Get("mount") != "" {
			return "ContainerRegistryBlob_MountBlob"
		}
		return imageOperations[t.Kind][r.Method]
	}
	return ""
}

// imageOperations are the operations under /v2/, by what the path is about and the request's method.
var imageOperations = map[images.Kind]map[string]string{
	images.Version: {http.MethodGet: "ContainerRegistry_CheckDockerV2Support", http.MethodHead: "ContainerRegistry_CheckDockerV2Support"},
	images.Catalog: {http.MethodGet: "ContainerRegistry_GetRepositories"},
	images.Tags:    {http.MethodGet: "ContainerRegistry_GetTags"},
	images.Manifest: {
		http.MethodGet: "ContainerRegistry_GetManifest", http.MethodHead: "ContainerRegistry_GetManifest",
		http.MethodPut: "ContainerRegistry_CreateManifest", http.MethodDelete: "ContainerRegistry_DeleteManifest",
	},
	images.Blob: {
		http.MethodGet: "ContainerRegistryBlob_GetBlob", http.MethodHead: "ContainerRegistryBlob_CheckBlobExists",
		http.MethodDelete: "ContainerRegistryBlob_DeleteBlob",
	},
	images.Uploads: {http.MethodPost: "ContainerRegistryBlob_StartUpload"},
	images.Upload: {
		http.MethodGet: "ContainerRegistryBlob_GetUploadStatus", http.MethodPatch: "ContainerRegistryBlob_UploadChunk",
		http.MethodPut: "ContainerRegistryBlob_CompleteUpload", http.MethodDelete: "ContainerRegistryBlob_CancelUpload",
	},
}
