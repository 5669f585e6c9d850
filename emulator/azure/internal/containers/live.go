package containers

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// live runs an incarnation, on a goroutine of its own; see [incarnation]. What it ends with comes in this order, and the next
// incarnation relies on it: the engine's containers are freed, the cloned repositories removed, finish has shown how it
// ended, and done is closed.
func (g *group) live(inc *incarnation) {
	defer close(inc.done)
	defer g.finish(inc)
	timeout := time.AfterFunc(provisioningTimeout, func() { g.timeOut(inc) })
	defer timeout.Stop()
	if faults.Sleep(inc.ctx, g.svc.latency().Place.Std()) != nil {
		return
	}
	g.place(inc)
	spec := g.groupSpec()
	if g.mountShares(inc, spec.Volumes) != nil {
		return
	}
	clones, err := g.cloneRepositories(inc.ctx, spec.Volumes)
	defer clones.remove()
	var home engine.Group
	if err == nil {
		home, err = g.svc.engine.NewGroup(inc.ctx, spec)
	}
	if err != nil {
		g.placementFailed(inc, err)
		return
	}
	// What the engine made is freed even if the incarnation's context has ended.
	defer func() {
		if err := home.Remove(context.WithoutCancel(inc.ctx)); err != nil {
			g.svc.log.Error("removing a container group's containers", "group", g.id.Name(), "error", err)
		}
	}()
	for _, c := range inc.inits {
		d := driver{group: g, inc: inc, home: home, container: c}
		if !d.drive() {
			return
		}
	}
	var others sync.WaitGroup
	for _, c := range inc.containers[1:] {
		others.Go(func() { (&driver{group: g, inc: inc, home: home, container: c}).drive() })
	}
	(&driver{group: g, inc: inc, home: home, container: inc.containers[0]}).drive()
	others.Wait()
}

// place shows the group on a node: addresses and instance views exist from now on. A group that is restarted in place stays as
// it is.
func (g *group) place(inc *incarnation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.run == inc && !inc.over && !inc.again {
		g.provision(provisioningCreating)
	}
	g.placed = true
}

// timeOut fails the provisioning of an incarnation that did not start in time. The incarnation goes on, as in Azure: if it
// starts after all, settle makes the group Succeeded.
func (g *group) timeOut(inc *incarnation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !inc.over {
		g.settle(inc, arm.Conflict("ContainerGroupProvisioningTimeout",
			"The container group '%s' has not been provisioned within %d minutes. It is not stopped by that: stop or delete it.", g.id.Name(), int(provisioningTimeout.Minutes())))
	}
}

// placementFailed fails an incarnation that the engine could not prepare. It is not tried again: what is missing here is this
// machine's, such as docker, and the log of the emulator says so too.
func (g *group) placementFailed(inc *incarnation, err error) {
	g.svc.log.Error("preparing a container group", "group", g.id.Name(), "error", err)
	g.mu.Lock()
	defer g.mu.Unlock()
	g.events.add(time.Now(), eventSandbox, "Failed to create the container group's sandbox: "+err.Error(), typeWarning)
	g.settle(inc, arm.Errorf(http.StatusInternalServerError, "ContainerGroupSandboxFailed", "The container group '%s' could not be placed: %s.", g.id.Name(), err))
}

// finish records how an incarnation ended. It settles one that never started, so that no operation waits for ever. It leaves
// the state to whoever cancelled the incarnation, such as showStopped, but for an eviction.
func (g *group) finish(inc *incarnation) {
	g.mu.Lock()
	defer g.mu.Unlock()
	why, _ := errors.AsType[*cause](context.Cause(inc.ctx))
	if !inc.over {
		if why != nil {
			g.settle(inc, arm.Conflict("ContainerGroupOperationCanceled", "Provisioning of the container group '%s' has ended: %s.", g.id.Name(), why))
		} else {
			g.settle(inc, arm.Conflict("ContainerGroupFailed", "The container group '%s' has ended before all of its containers started; its containers' events and logs say why.", g.id.Name()))
		}
	}
	switch {
	case g.run != inc: // an update has replaced it
	case why == nil:
		g.state = g.outcome()
	case why.codeless:
		g.state = stateFailed
		g.events.add(time.Now(), eventEvicted, "The platform has taken the container group's containers", typeWarning)
		for _, c := range g.everything() {
			c.showEnded(why.reason)
		}
	}
	inc.cancel(nil)
}

// outcome is the state of a group whose containers have all ended by themselves.
func (g *group) outcome() string {
	for _, c := range g.everything() {
		if !c.over || c.code != 0 {
			return stateFailed
		}
	}
	return stateSucceeded
}

// groupSpec is the group as the engine needs it.
func (g *group) groupSpec() engine.GroupSpec {
	spec := engine.GroupSpec{
		ID: uuid.NewString(), Name: g.id.Name(),
		Labels: map[string]string{"azure.resource-id": g.id.String()},
	}
	for _, v := range g.definition().Properties.Volumes {
		vol := engine.Volume{Name: v.Name}
		if v.Secret != nil {
			vol.Files = map[string][]byte{}
			for name, encoded := range v.Secret {
				vol.Files[name], _ = base64.StdEncoding.DecodeString(encoded) // validated before
			}
		}
		spec.Volumes = append(spec.Volumes, vol)
	}
	return spec
}

// definition returns the group's definition, which is never changed in place.
func (g *group) definition() *groupBody {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.spec
}

// imageFailure is the error of an operation whose image cannot be pulled, in real Azure's words where they are known.
func (g *group) imageFailure(image string, err *engine.ImageError) *arm.Error {
	if err.Code == "InaccessibleImage" || err.Code == "" {
		return arm.BadRequest("InaccessibleImage", "The image '%s' in container group '%s' is not accessible. Please check the image and registry credential.", image, g.id.Name())
	}
	return arm.Conflict(err.Code, "%s", err.Message)
}

// startFailure is the error of an operation whose container cannot start.
func (g *group) startFailure(name string, err error) *arm.Error {
	return arm.BadRequest("ContainerStartFailed", "%s", fmt.Sprintf("The container '%s' in container group '%s' cannot be started: %s.", name, g.id.Name(), err))
}
