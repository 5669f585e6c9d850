package containers

import (
	"context"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// repairing is how long an unhealthy group stays Unhealthy, and then Repairing.
const repairing = 10 * time.Second

// happen carries out an event of the control API, which nobody asked Azure for:
//
//	restart    maintenance moves the group to another node: the containers end and start again, and restart counts go up
//	evict      the platform takes the containers: Terminated without an exit code, and the group is Failed
//	unhealthy  the node is lost for a while: the provisioning state alone changes, the containers run on
//	vanish     the group is gone at once, whatever else is under way
//
// All but vanish are refused where a client's request would be too: during a stop or delete, and after the end.
func (s *Service) happen(_ context.Context, id arm.ResourceID, kind string) error {
	s.deciding.Lock()
	defer s.deciding.Unlock()
	stored, ok := s.core.Get(id)
	if !ok {
		return arm.ResourceNotFound(id)
	}
	g := stored.Value.(*group)
	if kind == "vanish" {
		s.vanish(g)
		return nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case kind != "restart" && kind != "evict" && kind != "unhealthy":
		return arm.BadRequest("InvalidEvent", "kind: %q is not known here; known are restart, evict, unhealthy, vanish", kind)
	case g.ending != nil || g.deleting:
		return transitioning(g)
	case g.ended():
		return stopped(g)
	}
	switch kind {
	case "restart":
		s.relaunch(g, &cause{reason: "the platform moves the container group", grace: s.stopGrace}, launching{again: true, counted: true})
	case "evict":
		s.evict(g)
	case "unhealthy":
		s.markUnhealthy(g)
	}
	return nil
}

// evict ends the containers without notice and without an exit code, whatever the
// restart policy says.
func (s *Service) evict(g *group) {
	s.end(g, &cause{reason: "Evicted", codeless: true}, 0, func() {})
}

// markUnhealthy shows the group Unhealthy, then Repairing, then as before. The containers go on
// running: only the platform has lost contact with the node.
func (s *Service) markUnhealthy(g *group) {
	inc := g.run
	before := g.provisioning
	if before == provisioningUnhealthy || before == provisioningRepairing {
		return
	}
	g.provision(provisioningUnhealthy)
	s.run(func() {
		if faults.Sleep(inc.ctx, repairing) == nil {
			g.swap(provisioningUnhealthy, provisioningRepairing)
			_ = faults.Sleep(inc.ctx, repairing) // the end of the incarnation ends the repair too
		}
		g.swap(provisioningUnhealthy, before)
		g.swap(provisioningRepairing, before)
	})
}

// swap changes the provisioning state, if it is still from.
func (g *group) swap(from, to string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.provisioning == from {
		g.provision(to)
	}
}
