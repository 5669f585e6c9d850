package images

import (
	"errors"
	"io/fs"
	"net/http"
	"time"
)

// blob is content with the number of repositories that link it, which its registry's mu guards.
type blob struct {
	content *spool
	links   int
}

var (
	errBlobUnknown   = refuse(http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry")
	errDigestInvalid = refuse(http.StatusBadRequest, "DIGEST_INVALID", "provided digest did not match uploaded content")
)

// blob finds a blob of a repository.
func (r *Registry) blob(t Target) (*spool, error) {
	if !validDigest(t.Reference) {
		return nil, refuse(http.StatusBadRequest, "DIGEST_INVALID", "the digest is not sha256: and 64 hexadecimal digits")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if repo := r.repos[t.Name]; repo == nil || !repo.blobs[t.Reference] {
		return nil, errBlobUnknown
	}
	return r.blobs[t.Reference].content, nil
}

// getBlob serves a blob, or the ranges of it that the request asks for.
func (r *Registry) getBlob(w http.ResponseWriter, hr *http.Request, t Target) error {
	content, err := r.blob(t)
	if err != nil {
		return err
	}
	reader, err := content.open()
	if errors.Is(err, fs.ErrNotExist) { // deleted in between
		return errBlobUnknown
	}
	if err != nil {
		return err
	}
	defer reader.Close()
	w.Header().Set("Content-Type", "application/octet-stream")
	w.Header().Set("Docker-Content-Digest", t.Reference)
	w.Header().Set("Etag", `"`+t.Reference+`"`)
	http.ServeContent(w, hr, "", time.Time{}, reader)
	return nil
}

// deleteBlob takes a blob out of a repository.
func (r *Registry) deleteBlob(w http.ResponseWriter, _ *http.Request, t Target) error {
	if _, err := r.blob(t); err != nil {
		return err
	}
	r.mu.Lock()
	r.unlink(t.Name, t.Reference)
	r.mu.Unlock()
	w.Header().Set("Docker-Content-Digest", t.Reference)
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// link makes a blob one of a repository's; it is called with mu held, and the blob is there.
func (r *Registry) link(name, digest string) {
	repo := r.ensure(name)
	if !repo.blobs[digest] {
		repo.blobs[digest] = true
		r.blobs[digest].links++
	}
}

// unlink takes a blob out of a repository, and removes it if no other has it; it is called with mu held.
func (r *Registry) unlink(name, digest string) {
	repo := r.repos[name]
	if repo == nil || !repo.blobs[digest] {
		return
	}
	delete(repo.blobs, digest)
	b := r.blobs[digest]
	if b.links--; b.links == 0 {
		delete(r.blobs, digest)
		b.content.remove()
	}
	r.prune(name)
}

// ensure finds a repository, which comes to be with what is first put into it; it is called with mu held.
func (r *Registry) ensure(name string) *repository {
	repo := r.repos[name]
	if repo == nil {
		repo = &repository{blobs: map[string]bool{}, manifests: map[string]*manifest{}, tags: map[string]string{}}
		r.repos[name] = repo
	}
	return repo
}

// prune forgets a repository with nothing in it; it is called with mu held.
func (r *Registry) prune(name string) {
	if repo := r.repos[name]; repo != nil && len(repo.blobs) == 0 && len(repo.manifests) == 0 {
		delete(r.repos, name)
	}
}
