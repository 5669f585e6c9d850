package aci

import (
	"strings"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

// A Group is a container group as Azure describes it.
type Group struct {
	// Name, ID (the resource id) and Location are Azure's.
	Name     string `json:"name"`
	ID       string `json:"id"`
	Location string `json:"location,omitempty"`
	// Provisioning is how far Azure has got with creating it.
	Provisioning ProvisioningState `json:"provisioningState,omitempty"`
	// State is what the group does as a whole. Azure leaves it out of lists; [Client.Get] has it.
	State GroupState `json:"state,omitempty"`
	// RestartPolicy is Never for jobs.
	RestartPolicy string `json:"restartPolicy,omitempty"`
	// Container is the main container's name: the tag's, else the first container.
	Container string `json:"container,omitempty"`
	// Containers are all but the init containers, which run before them, one after the other.
	Containers     []Container `json:"containers,omitempty"`
	InitContainers []Container `json:"initContainers,omitempty"`
	// Events are the group's own events, not the containers'. Not in lists.
	Events []PlatformEvent `json:"events,omitempty"`
	// Tags are all tags. The fields below are read from Pacific's own; see [TagManaged] and its neighbours.
	Tags map[string]string `json:"tags,omitempty"`
	// Managed reports whether Pacific made the group.
	Managed bool `json:"managed"`
	// Created is when the group was requested, Deadline when its job must have ended; zero where there is no such tag.
	Created  time.Time `json:"created,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	// WatchedUntil is until when somebody has promised to watch the job; zero for a job that was detached.
	WatchedUntil time.Time `json:"watchedUntil,omitzero"`
	// Owner is who watches the job, as its creator named it. Keep is the job's Keep; empty: never.
	Owner string `json:"owner,omitempty"`
	Keep  Keep   `json:"keep,omitempty"`
}

// A Container is one container of a [Group].
type Container struct {
	// Name and Image are those of the definition, CPU (cores) and MemoryGB too.
	Name     string  `json:"name"`
	Image    string  `json:"image,omitempty"`
	CPU      float64 `json:"cpu,omitempty"`
	MemoryGB float64 `json:"memoryGB,omitempty"`
	// Current is what it does now, Previous what it did before its last restart. Nil in lists, and where Azure does not say.
	Current  *ContainerState `json:"current,omitempty"`
	Previous *ContainerState `json:"previous,omitempty"`
	// Restarts is how often the platform started it again.
	Restarts int `json:"restarts,omitempty"`
	// Events are Pulling, Pulled, Created, Started, Killing and so on.
	Events []PlatformEvent `json:"events,omitempty"`
}

// A ContainerState is one state in a container's life.
type ContainerState struct {
	// State is Waiting, Running or Terminated.
	State RunState `json:"state"`
	// Detail is Azure's detailStatus, such as Completed, Error or CrashLoopBackOff.
	Detail string `json:"detail,omitempty"`
	// ExitCode is nil unless State is Terminated, and then too if Azure stopped the container or took it away.
	ExitCode *int `json:"exitCode,omitempty"`
	// Started and Finished are Azure's times, in whole seconds.
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
}

// ResourceGroup is the name of the resource group that has the group; empty if Azure gave no id.
func (g *Group) ResourceGroup() string {
	parts := strings.Split(g.ID, "/")
	if len(parts) < 5 || !strings.EqualFold(parts[3], "resourceGroups") {
		return ""
	}
	return parts[4]
}

// Main is the main container, the one that Container names; nil if there is no such container.
func (g *Group) Main() *Container {
	for i := range g.Containers {
		if g.Containers[i].Name == g.Container {
			return &g.Containers[i]
		}
	}
	return nil
}

// Ended reports whether the main container has ended, and with which exit code; nil if Azure has none. It is always false
// for a group from [Client.List].
func (g *Group) Ended() (exitCode *int, ended bool) {
	main := g.Main()
	if main == nil || main.Current == nil || !main.Current.State.Terminated() {
		return nil, false
	}
	return main.Current.ExitCode, true
}

// newGroup reads a group from the SDK's form, in which every field may be missing.
func newGroup(wire *armcontainerinstance.ContainerGroup) *Group {
	g := &Group{Name: deref(wire.Name), ID: deref(wire.ID), Location: deref(wire.Location), Tags: map[string]string{}}
	for k, v := range wire.Tags {
		g.Tags[k] = deref(v)
	}
	g.Managed = g.Tags[TagManaged] == "true"
	g.Created = tagTime(g.Tags[TagCreated])
	g.Deadline = tagTime(g.Tags[TagDeadline])
	g.WatchedUntil = tagTime(g.Tags[TagWatchedUntil])
	g.Owner, g.Keep = g.Tags[TagOwner], Keep(g.Tags[TagKeep])
	g.Container = g.Tags[TagContainer]
	p := wire.Properties
	if p == nil {
		return g
	}
	g.Provisioning = ProvisioningState(deref(p.ProvisioningState))
	g.RestartPolicy = string(deref(p.RestartPolicy))
	if view := p.InstanceView; view != nil {
		g.State = GroupState(deref(view.State))
		g.Events = platformEvents("", view.Events)
	}
	for _, c := range p.Containers {
		if c != nil {
			g.Containers = append(g.Containers, newContainer(c))
		}
	}
	for _, c := range p.InitContainers {
		if c != nil {
			g.InitContainers = append(g.InitContainers, newInitContainer(c))
		}
	}
	if g.Main() == nil && len(g.Containers) > 0 {
		g.Container = g.Containers[0].Name
	}
	return g
}

// newContainer reads a container from the SDK's form.
func newContainer(wire *armcontainerinstance.Container) Container {
	c := Container{Name: deref(wire.Name)}
	p := wire.Properties
	if p == nil {
		return c
	}
	c.Image = deref(p.Image)
	if p.Resources != nil && p.Resources.Requests != nil {
		c.CPU, c.MemoryGB = deref(p.Resources.Requests.CPU), deref(p.Resources.Requests.MemoryInGB)
	}
	if view := p.InstanceView; view != nil {
		c.Current, c.Previous = containerState(view.CurrentState), containerState(view.PreviousState)
		c.Restarts = int(deref(view.RestartCount))
		c.Events = platformEvents(c.Name, view.Events)
	}
	return c
}

// newInitContainer does the same for an init container, which has a type of its own in the SDK.
func newInitContainer(wire *armcontainerinstance.InitContainerDefinition) Container {
	c := Container{Name: deref(wire.Name)}
	p := wire.Properties
	if p == nil {
		return c
	}
	c.Image = deref(p.Image)
	if view := p.InstanceView; view != nil {
		c.Current, c.Previous = containerState(view.CurrentState), containerState(view.PreviousState)
		c.Restarts = int(deref(view.RestartCount))
		c.Events = platformEvents(c.Name, view.Events)
	}
	return c
}

// containerState is one state of a container; nil if Azure gives none.
func containerState(wire *armcontainerinstance.ContainerState) *ContainerState {
	if wire == nil || deref(wire.State) == "" {
		return nil
	}
	s := &ContainerState{
		State: RunState(*wire.State), Detail: deref(wire.DetailStatus),
		Started: deref(wire.StartTime), Finished: deref(wire.FinishTime),
	}
	if wire.ExitCode != nil && s.State.Terminated() {
		s.ExitCode = new(int(*wire.ExitCode))
	}
	return s
}

func platformEvents(container string, wire []*armcontainerinstance.Event) []PlatformEvent {
	var events []PlatformEvent
	for _, e := range wire {
		if e != nil {
			events = append(events, PlatformEvent{
				Name: deref(e.Name), Type: deref(e.Type), Message: deref(e.Message), Container: container,
				Count: int(deref(e.Count)), First: deref(e.FirstTimestamp), Last: deref(e.LastTimestamp),
			})
		}
	}
	return events
}

// tagTime is the time in a tag; zero if the tag is missing or not a time.
func tagTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
