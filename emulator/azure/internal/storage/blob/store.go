package blob

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// Store holds the containers of one account. Make it with [Service.NewStore].
type Store struct {
	service *Service
	// account is the account's id.
	account arm.ResourceID

	// mu guards all below.
	mu         sync.Mutex
	containers map[string]*container
	// last is the number in the newest ETag.
	last uint64
	// closed says that the account has gone.
	closed bool
}

// container is guarded by its store's mu.
type container struct {
	name     string
	etag     string
	modified time.Time
	metadata map[string]string
	blobs    map[string]*blob
	// staged are the blocks that wait for a block list, by the names of their blobs.
	staged map[string]map[string]block
}

// blob is replaced and never changed.
type blob struct {
	etag              string
	created, modified time.Time
	metadata          map[string]string
	headers           headers
	tier              string
	content           content
	// blocks are those of its block list; none for a blob that was put whole.
	blocks []block
	copied *copied
}

// block is a named piece of content.
type block struct {
	id      string
	content content
}

// NewStore is an empty store for the account with an id.
func (s *Service) NewStore(account arm.ResourceID) *Store {
	return &Store{service: s, account: account, containers: map[string]*container{}}
}

// Close drops all that the store holds; the account has gone.
func (st *Store) Close() {
	st.mu.Lock()
	defer st.mu.Unlock()
	st.closed = true
	for name := range st.containers {
		st.drop(name)
	}
}

// drop removes a container with all that is in it, and reports whether it was there. It is called with mu held.
func (st *Store) drop(name string) bool {
	c, ok := st.containers[name]
	if !ok {
		return false
	}
	delete(st.containers, name)
	st.service.core.Delete(st.containerID(name))
	for _, b := range c.blobs {
		st.service.memory.free(b.content.size)
	}
	for name := range c.staged {
		st.dropStaged(c, name)
	}
	return true
}

// dropStaged forgets the blocks that wait for a block list of a blob. It is called with mu held.
func (st *Store) dropStaged(c *container, name string) {
	for _, b := range c.staged[name] {
		st.service.memory.free(b.content.size)
	}
	delete(c.staged, name)
}

func (st *Store) containerID(name string) arm.ResourceID {
	return st.account.Child("blobServices", "default").Child("containers", name)
}

// now is the time of a change, to the second as the service tells it, and an ETag that no other change has. It is called
// with mu held.
func (st *Store) now() (etag string, at time.Time) {
	at = time.Now().UTC()
	st.last = max(st.last+1, uint64(at.UnixNano()/100))
	return fmt.Sprintf(`"0x8D%013X"`, st.last), at.Truncate(time.Second)
}

// find finds the container of a call, or its 404. It is called with mu held.
func (c *call) find() (*container, *problem) {
	if found, ok := c.account.Store.containers[c.container]; ok {
		return found, nil
	}
	return nil, noContainer()
}

// held finds the blob of a call and its container, or the 404 of either. It is called with mu held.
func (c *call) held() (*container, *blob, *problem) {
	in, p := c.find()
	if p != nil {
		return nil, nil, p
	}
	if b, ok := in.blobs[c.blob]; ok {
		return in, b, nil
	}
	return nil, nil, noBlob()
}

// findBlob finds the blob of a call, or its 404. It takes the store's mu.
func (c *call) findBlob() (*blob, *problem) {
	c.account.Store.mu.Lock()
	defer c.account.Store.mu.Unlock()
	_, b, p := c.held()
	return b, p
}

// replace puts a blob in the place of a call's, if the conditions hold and the caller may, and drops what was staged for
// it. make gets the blob that is there, or nil, and returns the new one, whose content is charged for already, without
// what the store knows. If it fails the charge is the caller's to free.
func (c *call) replace(q conditions, make func(in *container, old *blob) (*blob, *problem)) (*blob, *problem) {
	st := c.account.Store
	st.mu.Lock()
	defer st.mu.Unlock()
	in, p := c.find()
	if p != nil {
		return nil, p
	}
	old := in.blobs[c.blob]
	if old != nil && c.createOnly {
		return nil, refuse(http.StatusForbidden, "UnauthorizedBlobOverwrite", "This request is not authorized to perform blob overwrites.")
	}
	if p := q.forWrite(old); p != nil {
		return nil, p
	}
	b, p := make(in, old)
	if p != nil {
		return nil, p
	}
	b.etag, b.modified = st.now()
	b.created = b.modified
	if old != nil {
		b.created = old.created
		st.service.memory.free(old.content.size)
	}
	st.dropStaged(in, c.blob)
	in.blobs[c.blob] = b
	return b, nil
}

// change is replace for a blob that is there and keeps its content and blocks.
func (c *call) change(q conditions, change func(*blob)) (*blob, *problem) {
	st := c.account.Store
	st.mu.Lock()
	defer st.mu.Unlock()
	in, old, p := c.held()
	if p != nil {
		return nil, p
	}
	if p := q.forWriteOf(old.etag, old.modified); p != nil {
		return nil, p
	}
	b := *old
	change(&b)
	b.etag, b.modified = st.now()
	in.blobs[c.blob] = &b
	return &b, nil
}

// stagedIDs are the sorted ids of the blocks that wait for a block list of a blob.
func (in *container) stagedIDs(name string) []string {
	var ids []string
	for id := range in.staged[name] {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	return ids
}
