package azureemulator

import (
	"slices"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/containers"
	"github.com/pacific-aci/pacific/emulator/azure/internal/deployments"
	"github.com/pacific-aci/pacific/emulator/azure/internal/entra"
	"github.com/pacific-aci/pacific/emulator/azure/internal/graph"
	"github.com/pacific-aci/pacific/emulator/azure/internal/identity"
	"github.com/pacific-aci/pacific/emulator/azure/internal/network"
	"github.com/pacific-aci/pacific/emulator/azure/internal/rbac"
	"github.com/pacific-aci/pacific/emulator/azure/internal/registry"
	"github.com/pacific-aci/pacific/emulator/azure/internal/resources"
	"github.com/pacific-aci/pacific/emulator/azure/internal/storage"
	"github.com/pacific-aci/pacific/emulator/azure/internal/vault"
)

// managementHost is Azure Resource Manager's.
const managementHost = arm.Host

// services are the rooms that hold more than the core knows.
type services struct {
	closers []func()
}

// register makes the service rooms and wires them to the core; it is the only place that knows all of them.
func (s *Server) register(o Options) error {
	signIn, err := s.signIn()
	if err != nil {
		return err
	}
	s.core.Authenticate, s.core.Verify, s.core.SignIn = signIn.AuthenticateARM, signIn.Verify, signIn.SignIn
	for _, host := range entra.Hosts() {
		s.core.HandleHost(host, signIn, entra.Operation)
	}
	s.identity = s.core.Watched(signIn.Identity(), entra.Operation)
	resources.Register(s.core)
	resources.KeepOthers(s.core)
	graph.Register(s.core)
	rbac.Register(s.core, s.ownPrincipal())
	identity.Register(s.core)
	network.Register(s.core)
	storage.Register(s.core, storage.Options{Folder: s.scratch.path, Log: s.log})
	registry.Register(s.core, registry.Options{Folder: s.scratch.path})
	vault.Register(s.core)
	deployments.Register(s.core)
	groups := containers.Register(s.core, containers.Options{Engine: s.engine, Log: s.log, StopGrace: o.StopGrace, OutputWaits: o.OutputWaits})
	s.services.closers = append(s.services.closers, groups.Close)
	return nil
}

// close ends the rooms in the reverse order of their making.
func (v *services) close() {
	for _, end := range slices.Backward(v.closers) {
		end()
	}
}
