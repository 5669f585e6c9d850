package containers

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
	"strconv"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// putGroup creates a group (201) or changes one (200). The work goes on in the
// background; Azure-AsyncOperation tells its end. What the body alone decides is refused first. What depends on other
// groups (names, quota, labels) is decided with deciding held, so that of two requests at the same time one is refused.
func (s *Service) putGroup(r *arm.Request) (*arm.Response, error) {
	var body groupBody
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	if err := s.checkLinked(r, &body); err != nil {
		return nil, err
	}
	id := groupID(r.ResourceID())
	if err := validate(id.Name(), &body); err != nil {
		return nil, err
	}
	if err := s.checkIdentities(id, &body); err != nil {
		return nil, err
	}
	if err := arm.CheckTags(body.Tags); err != nil {
		return nil, err
	}
	location, err := s.core.CheckLocation(body.Location, groupType)
	if err != nil {
		return nil, err
	}
	s.deciding.Lock()
	defer s.deciding.Unlock()
	if stored, ok := s.core.Get(id); ok {
		return s.replace(r, stored.Value.(*group), &body)
	}
	g := newGroup(s, id, location)
	if err := s.admit(g, &body); err != nil {
		return nil, err
	}
	inc, err := s.begin(g, &body, r.Fault.ProvisioningState)
	if err != nil {
		return nil, err
	}
	view := g.view(true, r.APIVersion)
	pending(view)
	op := s.core.StartOperation(r, s.operation(g, inc))
	return &arm.Response{Status: http.StatusCreated, Header: s.remaining(op.Header(), location), Body: view}, nil
}

// begin enters a new group, unless its resource group has gone meanwhile, and starts it. Both happen under the group's mu:
// who finds the group in the store finds it launched.
func (s *Service) begin(g *group, body *groupBody, forced string) (*incarnation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s.keepOwnIdentity(g.id, body)
	if _, err := s.core.Put(g.resource(body)); err != nil {
		s.core.Directory.DeleteIdentity(g.id.String())
		s.core.Subnets.Leave(g.id)
		return nil, err
	}
	g.define(body)
	g.forced = forced
	return g.launch(launching{}), nil
}

// pending shows a group as it is at the moment of its acceptance: its goroutine may
// have come further, but a body that says Succeeded would end the client's polling.
func pending(view *groupBody) {
	view.Properties.ProvisioningState = provisioningPending
	view.Properties.InstanceView = &groupView{Events: []event{}, State: statePending}
	for _, c := range slices.Concat(view.Properties.InitContainers, view.Properties.Containers) {
		c.Properties.InstanceView = nil
	}
}

// replace changes an existing group. Call it with deciding held.
func (s *Service) replace(r *arm.Request, g *group, body *groupBody) (*arm.Response, error) {
	next, err := s.update(g, body, r.Fault.ProvisioningState)
	if err != nil {
		return nil, err
	}
	view := g.view(true, r.APIVersion)
	pending(view)
	op := s.core.StartOperation(r, s.operation(g, next))
	return &arm.Response{Header: op.Header(), Body: view}, nil
}

// update gives a group a new definition and starts its containers anew once the old ones have ended, even if nothing
// differs. Some differences are allowed only after the group has ended:
//
//	it is being provisioned, stopped or deleted   409; the client asks again
//	another region                                409
//	it runs, and something fixed differs          400
//	else                                          the old incarnation is cancelled with a stop's grace, and the new one,
//	                                              which exists already, begins when that is done
func (s *Service) update(g *group, body *groupBody, forced string) (*incarnation, error) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.busy() {
		return nil, transitioning(g)
	}
	if arm.NormalLocation(body.Location) != g.location {
		return nil, arm.InvalidResourceLocation(g.id, g.location, body.Location)
	}
	if !g.ended() && fixed(g.spec) != fixed(body) {
		return nil, arm.BadRequest("InvalidContainerGroupUpdate", "The updates on container group '%s' are invalid. If you are going to update the os type, restart policy, network profile, CPU, memory or GPU resources for a container group, you must delete it first and then create a new one.", g.id.Name())
	}
	if err := s.checkCores(g, body); err != nil {
		return nil, err
	}
	if err := s.checkLabel(g, body); err != nil {
		return nil, err
	}
	address, err := s.join(g, body)
	if err != nil {
		return nil, err
	}
	s.keepOwnIdentity(g.id, body)
	if _, err := s.core.Put(g.resource(body)); err != nil {
		s.core.Subnets.Leave(g.id)
		return nil, err
	}
	g.address = address
	s.core.Subnets.Leave(g.id, subnetsOf(body)...)
	old := g.run
	old.cancel(&cause{reason: "the container group is updated", grace: s.stopGrace})
	g.define(body)
	g.forced = forced
	return g.launch(launching{after: old}), nil
}

// fixed is what an update of a running group cannot change
// (learn.microsoft.com/azure/container-instances/container-instances-update).
func fixed(g *groupBody) string {
	amounts := map[string]*resources{}
	for _, c := range g.Properties.Containers {
		amounts[c.Name] = c.Properties.Resources
	}
	text, _ := json.Marshal([]any{g.Properties.OSType, restartPolicy(g), g.Properties.SubnetIDs, g.Properties.Priority, amounts})
	return string(text)
}

// restartPolicy is the policy that holds for a group: Always unless the definition says otherwise.
func restartPolicy(g *groupBody) string {
	if g.Properties.RestartPolicy == "" {
		return "Always"
	}
	return g.Properties.RestartPolicy
}

// patchGroup replaces the tags; nothing else of a group can be patched.
func (s *Service) patchGroup(r *arm.Request) (*arm.Response, error) {
	var body struct {
		Tags map[string]string `json:"tags"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	g, err := s.find(r)
	if err != nil {
		return nil, err
	}
	if err := arm.CheckTags(body.Tags); err != nil {
		return nil, err
	}
	if body.Tags != nil {
		s.core.Update(g.id, func(stored *arm.Resource) { stored.Tags = maps.Clone(body.Tags) })
	}
	return &arm.Response{Body: g.view(true, r.APIVersion)}, nil
}

// admit decides whether a new group may be. Call it with deciding held. The limit on creations comes last, so that a group
// that is refused for another reason does not count.
func (s *Service) admit(g *group, body *groupBody) error {
	if err := s.checkGroups(g); err != nil {
		return err
	}
	if err := s.checkCores(g, body); err != nil {
		return err
	}
	if err := s.checkLabel(g, body); err != nil {
		return err
	}
	var err error
	if g.address, err = s.join(g, body); err != nil {
		return err
	}
	if err := s.count(faults.Creates, g.location); err != nil {
		s.core.Subnets.Leave(g.id)
		return err
	}
	return nil
}

func decimal(b byte) string { return strconv.Itoa(int(b)) }

func base36(n uint64) string { return strconv.FormatUint(n, 36) }
