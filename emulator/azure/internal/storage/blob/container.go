package blob

import (
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// validContainer is Azure's rule
// (learn.microsoft.com/rest/api/storageservices/naming-and-referencing-containers--blobs--and-metadata).
var validContainer = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])*$`)

// ValidContainer reports whether a container can have a name.
func ValidContainer(name string) bool {
	return len(name) >= 3 && len(name) <= 63 && validContainer.MatchString(name)
}

// Container is what is known of a container. ETag is in quotes.
type Container struct {
	Name     string
	ETag     string
	Modified time.Time
	Metadata map[string]string
}

// Create makes a container, or changes the metadata of one that is there if it is not nil. ok is false if the account has
// gone.
func (st *Store) Create(name string, metadata map[string]string) (created, ok bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	in, there := st.containers[name]
	if !there {
		return true, st.create(name, metadata)
	}
	if metadata != nil {
		in.metadata = metadata
		in.etag, in.modified = st.now()
	}
	return false, true
}

// create makes a container that is not there. It is called with mu held.
func (st *Store) create(name string, metadata map[string]string) bool {
	if st.closed {
		return false
	}
	if _, err := st.service.core.Put(arm.Resource{ID: st.containerID(name)}); err != nil {
		return false // its group is on its way out
	}
	in := &container{name: name, metadata: metadata, blobs: map[string]*blob{}, staged: map[string]map[string]block{}}
	in.etag, in.modified = st.now()
	st.containers[name] = in
	return true
}

// Get finds a container.
func (st *Store) Get(name string) (Container, bool) {
	st.mu.Lock()
	defer st.mu.Unlock()
	in, ok := st.containers[name]
	if !ok {
		return Container{}, false
	}
	return in.view(), true
}

func (in *container) view() Container {
	return Container{Name: in.name, ETag: in.etag, Modified: in.modified, Metadata: in.metadata}
}

// List is all containers, sorted by name.
func (st *Store) List() []Container {
	st.mu.Lock()
	defer st.mu.Unlock()
	var list []Container
	for _, name := range slices.Sorted(maps.Keys(st.containers)) {
		list = append(list, st.containers[name].view())
	}
	return list
}

// Delete deletes a container, and reports whether it was there.
func (st *Store) Delete(name string) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.drop(name)
}

// createContainer serves Create Container.
func (s *Service) createContainer(c *call) *problem {
	metadata, p := readMetadata(c.Header)
	if p != nil {
		return p
	}
	if !ValidContainer(c.container) {
		return refuse(http.StatusBadRequest, "InvalidResourceName", "The specified resource name contains invalid characters.")
	}
	st := c.account.Store
	st.mu.Lock()
	defer st.mu.Unlock()
	if _, there := st.containers[c.container]; there {
		return refuse(http.StatusConflict, "ContainerAlreadyExists", "The specified container already exists.")
	}
	if !st.create(c.container, metadata) {
		return refuse(http.StatusNotFound, "ResourceNotFound", "The specified resource does not exist.")
	}
	in := st.containers[c.container]
	c.stamp(in.etag, in.modified)
	c.w.WriteHeader(http.StatusCreated)
	return nil
}

// getContainer serves Get Container Properties and Get Container Metadata.
func (s *Service) getContainer(c *call) *problem {
	in, ok := c.account.Store.Get(c.container)
	if !ok {
		return noContainer()
	}
	h := c.w.Header()
	c.stamp(in.ETag, in.Modified)
	writeMetadata(h, in.Metadata)
	if !strings.EqualFold(c.query.Get("comp"), "metadata") {
		h.Set("X-Ms-Lease-Status", "unlocked")
		h.Set("X-Ms-Lease-State", "available")
		h.Set("X-Ms-Has-Immutability-Policy", "false")
		h.Set("X-Ms-Has-Legal-Hold", "false")
		h.Set("X-Ms-Deny-Encryption-Scope-Override", "false")
		h.Set("X-Ms-Default-Encryption-Scope", "$account-encryption-key")
	}
	c.w.WriteHeader(http.StatusOK)
	return nil
}

// setContainerMetadata serves Set Container Metadata, which replaces all of it.
func (s *Service) setContainerMetadata(c *call) *problem {
	metadata, p := readMetadata(c.Header)
	if p != nil {
		return p
	}
	return c.changeContainer(func(in *container) {
		in.metadata = metadata
		in.etag, in.modified = c.account.Store.now()
		c.stamp(in.etag, in.modified)
		c.w.WriteHeader(http.StatusOK)
	})
}

// deleteContainer serves Delete Container.
func (s *Service) deleteContainer(c *call) *problem {
	return c.changeContainer(func(in *container) {
		c.account.Store.drop(in.name)
		c.w.WriteHeader(http.StatusAccepted)
	})
}

// changeContainer does what a call is for with its container, if the call's conditions hold. do is called with the store's
// mutex held.
func (c *call) changeContainer(do func(in *container)) *problem {
	q, p := readConditions(c.Header, "")
	if p != nil {
		return p
	}
	st := c.account.Store
	st.mu.Lock()
	defer st.mu.Unlock()
	in, p := c.find()
	if p != nil {
		return p
	}
	if p := q.forWriteOf(in.etag, in.modified); p != nil {
		return p
	}
	do(in)
	return nil
}

// accountInfo serves Get Account Information.
func (s *Service) accountInfo(c *call) *problem {
	h := c.w.Header()
	h.Set("X-Ms-Sku-Name", c.account.SKU)
	h.Set("X-Ms-Account-Kind", c.account.Kind)
	h.Set("X-Ms-Is-Hns-Enabled", "false")
	c.w.WriteHeader(http.StatusOK)
	return nil
}
