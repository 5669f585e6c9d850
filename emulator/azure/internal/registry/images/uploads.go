package images

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"
)

// uploadLifetime is how long an upload is kept that nobody goes on with. What Azure's registries do is not documented; the
// API file only says that they do forget them.
const uploadLifetime = 24 * time.Hour

// upload is a blob that is being sent.
type upload struct {
	id, name string

	// mu is held while a request adds to the upload.
	mu      sync.Mutex
	content *spool // nil when the upload has ended

	used time.Time // guarded by the registry's mu
}

var (
	errUploadUnknown = refuse(http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
	errUploadInUse   = refuse(http.StatusConflict, "BLOB_UPLOAD_INVALID", "another request is sending a part of this blob")
)

// startUpload begins an upload (202), takes a whole blob (201), or mounts one from another repository (201).
func (r *Registry) startUpload(w http.ResponseWriter, hr *http.Request, t Target) error {
	query := hr.URL.Query()
	if r.mount(t.Name, query.Get("mount"), query.Get("from")) {
		return created(w, t.Name, query.Get("mount"))
	}
	u := &upload{id: uuid.NewString(), name: t.Name, content: newSpool(r.folder), used: time.Now()}
	if query.Has("digest") {
		u.mu.Lock()
		if err := r.finish(hr, u); err != nil {
			return err
		}
		return created(w, t.Name, query.Get("digest"))
	}
	if err := r.enter(u); err != nil {
		return err
	}
	u.describe(w, 0)
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// mount links a blob of one repository in another, and reports whether it was there.
func (r *Registry) mount(name, digest, from string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	source := r.repos[from]
	if source == nil || !source.blobs[digest] {
		return false
	}
	r.link(name, digest)
	return true
}

// enter adds an upload, and drops those that nobody goes on with.
func (r *Registry) enter(u *upload) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errUploadUnknown
	}
	for id, other := range r.uploads {
		if time.Since(other.used) > uploadLifetime && other.mu.TryLock() {
			other.drop()
			other.mu.Unlock()
			delete(r.uploads, id)
		}
	}
	r.uploads[u.id] = u
	return nil
}

// take finds an upload and keeps others from it until [Registry.release], which has to come before the answer: the client
// goes on when it has that.
func (r *Registry) take(t Target) (*upload, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	u := r.uploads[t.Reference]
	if u == nil || u.name != t.Name {
		return nil, errUploadUnknown
	}
	if !u.mu.TryLock() {
		return nil, errUploadInUse
	}
	u.used = time.Now()
	return u, nil
}

// release lets others at an upload again. The files of one that was in use when the registry was closed go now.
func (r *Registry) release(u *upload) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		u.drop()
	}
	u.mu.Unlock()
}

// end forgets an upload; it is called with the upload's mu held.
func (r *Registry) end(u *upload) {
	r.mu.Lock()
	delete(r.uploads, u.id)
	r.mu.Unlock()
	u.drop()
}

// drop removes what has come so far; it is called with the upload's mu held.
func (u *upload) drop() {
	if u.content != nil {
		u.content.remove()
		u.content = nil
	}
}

// describe says where an upload goes on, and how much has come: 0-0 for nothing too, as registries have it.
func (u *upload) describe(w http.ResponseWriter, size int64) {
	h := w.Header()
	h.Set("Location", "/v2/"+u.name+"/blobs/uploads/"+u.id)
	h.Set("Range", fmt.Sprintf("0-%d", max(size-1, 0)))
	h.Set("Docker-Upload-Uuid", u.id)
	h.Set("Content-Length", "0")
}

func (r *Registry) getUpload(w http.ResponseWriter, _ *http.Request, t Target) error {
	u, err := r.take(t)
	if err != nil {
		return err
	}
	size := u.content.size
	r.release(u)
	u.describe(w, size)
	w.Header().Del("Content-Length")
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func (r *Registry) deleteUpload(w http.ResponseWriter, _ *http.Request, t Target) error {
	u, err := r.take(t)
	if err != nil {
		return err
	}
	r.end(u)
	r.release(u)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// contentRange is the header of a chunk: FROM-TO.
var contentRange = regexp.MustCompile(`^(\d{1,18})-(\d{1,18})$`)

// patchUpload adds a part. What came of one that broke off stays, and a client may go on after it.
func (r *Registry) patchUpload(w http.ResponseWriter, hr *http.Request, t Target) error {
	u, err := r.take(t)
	if err != nil {
		return err
	}
	size, err := r.addPart(hr, u)
	if err != nil {
		return err
	}
	u.describe(w, size)
	w.WriteHeader(http.StatusAccepted)
	return nil
}

// addPart adds a part, releases the upload and returns how much has come of it.
func (r *Registry) addPart(hr *http.Request, u *upload) (size int64, err error) {
	defer r.release(u)
	if err := u.checkRange(hr); err != nil {
		return 0, err
	}
	if err := r.receive(hr, u); err != nil {
		return 0, err
	}
	return u.content.size, nil
}

// checkRange demands that a chunk follows on what has come.
func (u *upload) checkRange(hr *http.Request) error {
	text := hr.Header.Get("Content-Range")
	if text == "" {
		return nil
	}
	found := contentRange.FindStringSubmatch(text)
	if found != nil {
		from, _ := strconv.ParseInt(found[1], 10, 64) // 18 digits fit
		to, _ := strconv.ParseInt(found[2], 10, 64)
		if from == u.content.size && to >= from && (hr.ContentLength < 0 || hr.ContentLength == to-from+1) {
			return nil
		}
	}
	e := refuse(http.StatusRequestedRangeNotSatisfiable, "BLOB_UPLOAD_INVALID", "the chunk does not follow on what has been uploaded")
	e.Header = http.Header{"Location": {"/v2/" + u.name + "/blobs/uploads/" + u.id}, "Range": {fmt.Sprintf("0-%d", max(u.content.size-1, 0))}}
	return e
}

// receive adds a request's body to an upload; it is called with the upload's mu held. A client that goes away in the middle
// gets no answer.
func (r *Registry) receive(hr *http.Request, u *upload) error {
	if hr.Body == nil {
		return nil
	}
	body := &trackedReader{r: hr.Body}
	_, err := io.Copy(u.content, body)
	r.mu.Lock()
	u.used = time.Now()
	closed := r.closed
	r.mu.Unlock()
	switch {
	case closed:
		return errUploadUnknown
	case body.err != nil:
		panic(http.ErrAbortHandler)
	}
	return err
}

// trackedReader tells an error of the client's from one of the file's.
type trackedReader struct {
	r   io.Reader
	err error
}

func (t *trackedReader) Read(p []byte) (int, error) {
	n, err := t.r.Read(p)
	if err != nil && err != io.EOF {
		t.err = err
	}
	return n, err
}

// putUpload ends an upload, with its last part if there is a body.
func (r *Registry) putUpload(w http.ResponseWriter, hr *http.Request, t Target) error {
	u, err := r.take(t)
	if err != nil {
		return err
	}
	if err := r.finish(hr, u); err != nil {
		return err
	}
	return created(w, t.Name, hr.URL.Query().Get("digest"))
}

// finish makes a blob of an upload whose digest the request names, and releases the upload. One that does not match ends
// the upload, as there is no way to take bytes back; so does any failure of one that was never entered.
func (r *Registry) finish(hr *http.Request, u *upload) error {
	defer r.release(u)
	if hr.Method == http.MethodPost {
		defer u.drop()
	}
	digest := hr.URL.Query().Get("digest")
	if !validDigest(digest) {
		return refuse(http.StatusBadRequest, "DIGEST_INVALID", "the query parameter digest is not sha256: and 64 hexadecimal digits")
	}
	if err := u.checkRange(hr); err != nil {
		return err
	}
	if err := r.receive(hr, u); err != nil {
		return err
	}
	if err := u.content.finish(); err != nil {
		r.end(u)
		return err
	}
	if u.content.digest() != digest {
		r.end(u)
		return errDigestInvalid
	}
	return r.add(u, digest)
}

// add makes an upload's content a blob of its repository. Where there is such a blob, that one stays.
func (r *Registry) add(u *upload, digest string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.uploads, u.id)
	if r.closed {
		return errUploadUnknown
	}
	if r.blobs[digest] == nil {
		r.blobs[digest] = &blob{content: u.content}
		u.content = nil
	}
	u.drop()
	r.link(u.name, digest)
	return nil
}

// created answers that a blob is there.
func created(w http.ResponseWriter, name, digest string) error {
	w.Header().Set("Location", "/v2/"+name+"/blobs/"+digest)
	w.Header().Set("Docker-Content-Digest", digest)
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusCreated)
	return nil
}
