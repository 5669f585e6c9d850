// Package registry is the service Microsoft.ContainerRegistry: registries as resources, and behind each of them a real
// OCI registry at NAME.azurecr.io with the token exchange of Azure Container Registry.
//
// [Register] adds both to the core. Who may pull and push is the core's decision ([arm.Core.Allowed]), asked when a token
// is given out, as in Azure; a request that another service sends in process ([arm.Core.Transport]) needs no token. What
// is pushed is kept until its registry is deleted: manifests and small blobs in memory, layers in a folder for temporary
// files.
package registry

import (
	"context"
	"crypto/rand"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/registry/images"
)

const (
	namespace    = "Microsoft.ContainerRegistry"
	registryType = namespace + "/registries"
	// Suffix is what the host of every registry ends in.
	Suffix = ".azurecr.io"
)

// apiVersions are those that Azure's own clients send; preview ones in between are served too.
var apiVersions = []string{"2026-09-01-preview", "2025-11-01", "2025-04-01", "2024-11-01-preview", "2023-11-01-preview", "2023-07-01", "2022-12-01",
	"2022-02-01-preview", "2021-09-01", "2019-05-01", "2017-10-01"}

// Service is the service Microsoft.ContainerRegistry. Make it with [Register].
type Service struct {
	core *arm.Core
	// folder is where layers are kept.
	folder func() (string, error)
	// key signs the tokens of this start.
	key []byte

	mu sync.Mutex
	// byName are the registries by their lower-case name, which is theirs alone in all of Azure.
	byName map[string]*registry
}

// A registry is one registry resource. Fields below mu are guarded by it.
type registry struct {
	id arm.ResourceID
	// uid tells a registry from another that had its name earlier.
	uid         string
	loginServer string
	created     time.Time
	createdBy   string
	// images serves what the OCI distribution specification says, to everyone.
	images *images.Registry

	mu        sync.Mutex
	settings  settings
	state     string
	passwords [2]string
}

// Options of [Register].
type Options struct {
	// Folder returns the folder for layers, which the caller removes in the end; it is called when the first one comes. Nil
	// keeps all in memory.
	Folder func() (string, error)
}

// Register adds registries, their hosts and their provider to the core.
func Register(core *arm.Core, o Options) *Service {
	s := &Service{core: core, folder: o.Folder, key: []byte(rand.Text()), byName: map[string]*registry{}}
	core.AddType(arm.ResourceType{Type: registryType, APIVersions: apiVersions, Delete: s.deleteResource, Purge: s.purge})
	s.routes()
	core.AddHost(arm.HostService{Pattern: "*" + Suffix, Handler: s, Operation: hostOperation, Serves: s.serves, LargeBodies: true})
	return s
}

func (s *Service) newRegistry(id arm.ResourceID, by *arm.Principal) *registry {
	reg := &registry{
		id: id, uid: uuid.NewString(), loginServer: strings.ToLower(id.Name()) + Suffix, created: time.Now().UTC(), createdBy: by.AppID,
		images: images.New(images.Options{Folder: s.folder}),
	}
	reg.renew(0)
	reg.renew(1)
	return reg
}

// renew makes a new admin password. Call it with mu held, or before others know the registry.
func (reg *registry) renew(i int) { reg.passwords[i] = rand.Text() + rand.Text() }

// named finds a registry by the name in its host's.
func (s *Service) named(name string) (*registry, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	reg, ok := s.byName[strings.ToLower(name)]
	return reg, ok
}

// serves reports whether a host is a registry's: until one is made, the name of none resolves.
func (s *Service) serves(host string) bool {
	reg, ok := s.named(strings.TrimSuffix(host, Suffix))
	return ok && reg.provisioningState() == arm.Succeeded
}

func (reg *registry) provisioningState() string {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	return reg.state
}

// find returns the registry of a request's path, or ARM's 404.
func (s *Service) find(r *arm.Request) (*registry, error) {
	stored, ok := s.core.Get(r.ResourceID())
	if !ok {
		return nil, arm.ResourceNotFound(r.ResourceID())
	}
	return stored.Value.(*registry), nil
}

func (s *Service) deleteResource(_ context.Context, id arm.ResourceID) error {
	s.remove(id)
	return nil
}

// remove takes a registry with its images away and reports whether it was there.
func (s *Service) remove(id arm.ResourceID) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	stored, ok := s.core.Get(id)
	if !ok || !s.core.Delete(id) {
		return false
	}
	reg := stored.Value.(*registry)
	if name := strings.ToLower(id.Name()); s.byName[name] == reg {
		delete(s.byName, name)
	}
	reg.images.Close()
	return true
}

func (s *Service) purge(context.Context) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, reg := range s.byName {
		reg.images.Close()
	}
	clear(s.byName)
}
