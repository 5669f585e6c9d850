package containers

import (
	"context"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// repairing is how long an unhealthy group stays Unhealthy, and then Repairing.
const repairing = 10 * time.Second

// happen makes an event of the control API happen to a group now: restart (maintenance
// moves it), evict (the platform takes its containers), unhealthy (its node is out of
// sight for a while), vanish (it is gone at once).
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

// markUnhealthy shows the group Unhealthy, then Repairing, then as before. Containers run on:
// it is the platform that has lost sight of them.
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
			_ = faults.Sleep(inc.ctx, repairing) // whatever ends it, the group is not under repair any more
		}
		g.swap(provisioningUnhealthy, before)
		g.swap(provisioningRepairing, before)
	})
}

func (g *group) swap(from, to string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.provisioning == from {
		g.provision(to)
	}
}
