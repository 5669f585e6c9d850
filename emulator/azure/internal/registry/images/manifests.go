package images

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"maps"
	"mime"
	"net/http"
	"slices"
	"strings"
	"time"
)

// maxManifest is the largest manifest: 4 MB, which the specification demands that registries take at least.
const maxManifest = 4 << 20

// manifest is a manifest or an index. It is never changed.
type manifest struct {
	mediaType string
	body      []byte
	document
}

// document is what a registry reads of a manifest, of whatever kind.
type document struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType"`
	ArtifactType  string            `json:"artifactType"`
	Config        *descriptor       `json:"config"`
	Layers        []descriptor      `json:"layers"`
	Blobs         []descriptor      `json:"blobs"`
	Manifests     []descriptor      `json:"manifests"`
	Subject       *descriptor       `json:"subject"`
	Annotations   map[string]string `json:"annotations"`
}

type descriptor struct {
	MediaType    string            `json:"mediaType"`
	Digest       string            `json:"digest"`
	Size         int64             `json:"size"`
	ArtifactType string            `json:"artifactType,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	URLs         []string          `json:"urls,omitempty"`
}

// elsewhere reports whether a layer may be missing here, because clients get it from where its URLs lead.
func (d descriptor) elsewhere() bool {
	return len(d.URLs) > 0 || strings.Contains(d.MediaType, "nondistributable") || strings.Contains(d.MediaType, "foreign")
}

// needs are the digests of the blobs that have to be there.
func (d *document) needs() []string {
	var digests []string
	if d.Config != nil {
		digests = append(digests, d.Config.Digest)
	}
	for _, layer := range slices.Concat(d.Layers, d.Blobs) {
		if !layer.elsewhere() {
			digests = append(digests, layer.Digest)
		}
	}
	return digests
}

// find finds a manifest by tag or digest; it is called with mu held.
func (r *Registry) find(t Target) (digest string, m *manifest, err error) {
	repo, err := r.repository(t.Name)
	if err != nil {
		return "", nil, err
	}
	digest = t.Reference
	if !isDigest(digest) {
		digest = repo.tags[t.Reference]
	}
	if m = repo.manifests[digest]; m == nil {
		return "", nil, &Error{Status: http.StatusNotFound, Code: "MANIFEST_UNKNOWN", Message: "manifest unknown to registry",
			Detail: map[string]string{"name": t.Name, "reference": t.Reference}}
	}
	return digest, m, nil
}

func (r *Registry) getManifest(w http.ResponseWriter, hr *http.Request, t Target) error {
	r.mu.Lock()
	digest, m, err := r.find(t)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", m.mediaType)
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("Etag", `"`+digest+`"`)
	http.ServeContent(w, hr, "", time.Time{}, bytes.NewReader(m.body))
	return nil
}

// putManifest takes a manifest whose blobs and manifests are all in the repository.
func (r *Registry) putManifest(w http.ResponseWriter, hr *http.Request, t Target) error {
	m, digest, err := readManifest(hr)
	switch {
	case err != nil:
		return err
	case isDigest(t.Reference) && t.Reference != digest:
		return errDigestInvalid
	case !isDigest(t.Reference) && !tagPattern.MatchString(t.Reference):
		return refuse(http.StatusBadRequest, "TAG_INVALID", "manifest tag did not match the form of tags")
	}
	r.mu.Lock()
	err = r.keep(t, digest, m)
	r.mu.Unlock()
	if err != nil {
		return err
	}
	if m.Subject != nil {
		w.Header().Set("Oci-Subject", m.Subject.Digest)
	}
	w.Header().Set("Location", "/v2/"+t.Name+"/manifests/"+digest)
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusCreated)
	return nil
}

// readManifest reads a manifest that a client sends.
func readManifest(hr *http.Request) (*manifest, string, error) {
	invalid := func(why string) (*manifest, string, error) {
		return nil, "", &Error{Status: http.StatusBadRequest, Code: "MANIFEST_INVALID", Message: "manifest invalid", Detail: why}
	}
	body, err := io.ReadAll(io.LimitReader(hr.Body, maxManifest+1))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if len(body) > maxManifest {
		return nil, "", refuse(http.StatusRequestEntityTooLarge, "SIZE_INVALID", "the manifest is larger than 4 MB")
	}
	mediaType, _, err := mime.ParseMediaType(hr.Header.Get("Content-Type"))
	if err != nil {
		return invalid("the Content-Type is missing or no media type")
	}
	m := &manifest{mediaType: mediaType, body: body}
	switch err := json.Unmarshal(body, &m.document); {
	case err != nil:
		return invalid("it is no JSON object of a manifest")
	case m.SchemaVersion == 1:
		return invalid("schema version 1 is no longer supported")
	case m.MediaType != "" && m.MediaType != mediaType:
		return invalid("the Content-Type is another than the manifest's mediaType")
	}
	sum := sha256.Sum256(body)
	return m, "sha256:" + hex.EncodeToString(sum[:]), nil
}

// keep adds a manifest to its repository; it is called with mu held.
func (r *Registry) keep(t Target, digest string, m *manifest) error {
	repo := r.repos[t.Name]
	if repo == nil {
		repo = &repository{} // without anything; it is added only if the manifest needs nothing
	}
	for _, needed := range m.needs() {
		if !repo.blobs[needed] {
			return &Error{Status: http.StatusBadRequest, Code: "MANIFEST_BLOB_UNKNOWN", Message: "blob unknown to registry", Detail: map[string]string{"digest": needed}}
		}
	}
	for _, below := range m.Manifests {
		if repo.manifests[below.Digest] == nil {
			return &Error{Status: http.StatusBadRequest, Code: "MANIFEST_BLOB_UNKNOWN", Message: "manifest unknown to registry", Detail: map[string]string{"digest": below.Digest}}
		}
	}
	if r.closed {
		return refuse(http.StatusNotFound, "NAME_UNKNOWN", "repository name not known to registry")
	}
	repo = r.ensure(t.Name)
	repo.manifests[digest] = m
	if !isDigest(t.Reference) {
		repo.tags[t.Reference] = digest
	}
	return nil
}

// deleteManifest deletes a manifest with its tags and the blobs that no other manifest of the repository needs. A tag
// alone cannot be deleted so, as Microsoft's API file says.
func (r *Registry) deleteManifest(w http.ResponseWriter, _ *http.Request, t Target) error {
	if !isDigest(t.Reference) {
		return refuse(http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported.")
	}
	if err := r.dropManifest(t); err != nil {
		return err
	}
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusAccepted)
	return nil
}

func (r *Registry) dropManifest(t Target) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, m, err := r.find(t)
	if err != nil {
		return err
	}
	repo := r.repos[t.Name]
	delete(repo.manifests, t.Reference)
	maps.DeleteFunc(repo.tags, func(_, digest string) bool { return digest == t.Reference })
	for _, digest := range m.needs() {
		if !repo.needed(digest) {
			r.unlink(t.Name, digest)
		}
	}
	r.prune(t.Name)
	return nil
}

// needed reports whether a manifest names a blob.
func (repo *repository) needed(digest string) bool {
	for _, m := range repo.manifests {
		if slices.Contains(m.needs(), digest) {
			return true
		}
	}
	return false
}
