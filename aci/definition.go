package aci

import (
	"encoding/json"
	"fmt"
	"maps"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

// ContainerGroup gives the definition that is sent for the job: the fields laid over a copy of Base. location is the
// region where neither the job nor Base names one. The tags of one sending ([TagCreated], [TagDeadline],
// [TagToken]) are added when it is sent.
//
// Without a Name the main container is called "main", unless MainContainer or Base say otherwise.
//
// The warnings tell what is allowed but seldom meant. The error is that of [Job.Validate].
func (j Job) ContainerGroup(location string) (*armcontainerinstance.ContainerGroup, []Warning, error) {
	if err := j.Validate(); err != nil {
		return nil, nil, err
	}
	group, err := copyGroup(j.Base)
	if err != nil {
		return nil, nil, err
	}
	j.layGroup(group, location)
	j.layContainer(j.mainOf(group.Properties))
	return group, j.warnings(group), nil
}

// copyGroup copies a definition to its depth, without what only Azure may set: a definition that was read from
// Azure serves as Base just as well.
func copyGroup(base *armcontainerinstance.ContainerGroup) (*armcontainerinstance.ContainerGroup, error) {
	group := &armcontainerinstance.ContainerGroup{}
	if base != nil {
		encoded, err := json.Marshal(base)
		if err != nil {
			return nil, fmt.Errorf("copying the base definition: %w", err)
		}
		if err := json.Unmarshal(encoded, group); err != nil {
			return nil, fmt.Errorf("copying the base definition: %w", err)
		}
	}
	group.ID, group.Name, group.Type = nil, nil, nil
	if group.Properties == nil {
		group.Properties = &armcontainerinstance.ContainerGroupPropertiesProperties{}
	}
	p := group.Properties
	p.InstanceView, p.ProvisioningState = nil, nil
	for _, c := range p.Containers {
		if c != nil && c.Properties != nil {
			c.Properties.InstanceView = nil
		}
	}
	for _, c := range p.InitContainers {
		if c != nil && c.Properties != nil {
			c.Properties.InstanceView = nil
		}
	}
	if p.IPAddress != nil {
		p.IPAddress.IP, p.IPAddress.Fqdn = nil, nil
	}
	if group.Identity != nil {
		group.Identity.PrincipalID, group.Identity.TenantID = nil, nil
		for id := range group.Identity.UserAssignedIdentities {
			group.Identity.UserAssignedIdentities[id] = &armcontainerinstance.UserAssignedIdentities{}
		}
	}
	return group, nil
}

// layGroup lays the job's fields over everything but the main container.
func (j Job) layGroup(group *armcontainerinstance.ContainerGroup, location string) {
	for _, candidate := range []string{j.Location, deref(group.Location), location} {
		if candidate != "" {
			group.Location = new(region(candidate))
			break
		}
	}
	group.Tags = j.tags(group.Tags)
	p := group.Properties
	if p.OSType == nil {
		p.OSType = new(armcontainerinstance.OperatingSystemTypesLinux)
	}
	if p.RestartPolicy == nil {
		p.RestartPolicy = new(armcontainerinstance.ContainerGroupRestartPolicyNever)
	}
	p.ImageRegistryCredentials = j.credentials(p.ImageRegistryCredentials)
	group.Identity = j.identity(group.Identity, p.ImageRegistryCredentials)
	if len(j.SubnetIDs) > 0 {
		p.SubnetIDs = nil
		for _, id := range j.SubnetIDs {
			p.SubnetIDs = append(p.SubnetIDs, &armcontainerinstance.ContainerGroupSubnetID{ID: new(id)})
		}
	}
	if len(j.DNSServers) > 0 {
		if p.DNSConfig == nil {
			p.DNSConfig = &armcontainerinstance.DNSConfiguration{}
		}
		p.DNSConfig.NameServers = pointers(j.DNSServers)
	}
}

// mainOf gives the main container of a copy of Base, adding it first where Base has none of that name: before the
// side-cars, so that whoever looks for the first container finds it.
func (j Job) mainOf(p *armcontainerinstance.ContainerGroupPropertiesProperties) *armcontainerinstance.Container {
	wanted := j.mainContainer()
	if c := j.pick(p.Containers); c != nil {
		c.Name = &wanted
		return c
	}
	main := &armcontainerinstance.Container{Name: &wanted}
	p.Containers = append([]*armcontainerinstance.Container{main}, p.Containers...)
	return main
}

// mainContainer is the name of the container that is the job.
func (j Job) mainContainer() string {
	if j.MainContainer != "" {
		return j.MainContainer
	}
	if c := j.baseMain(); c != nil && deref(c.Name) != "" {
		return *c.Name
	}
	if j.Name != "" {
		return j.Name
	}
	return "main"
}

// baseMain is Base's own version of the main container, nil where it has none.
func (j Job) baseMain() *armcontainerinstance.Container {
	if j.Base == nil || j.Base.Properties == nil {
		return nil
	}
	return j.pick(j.Base.Properties.Containers)
}

// pick finds the main container: the one that MainContainer names, else the first.
func (j Job) pick(containers []*armcontainerinstance.Container) *armcontainerinstance.Container {
	for i, c := range containers {
		if c != nil && (j.MainContainer == "" && i == 0 || j.MainContainer != "" && deref(c.Name) == j.MainContainer) {
			return c
		}
	}
	return nil
}

// layContainer lays the job's fields over the main container.
func (j Job) layContainer(c *armcontainerinstance.Container) {
	if c.Properties == nil {
		c.Properties = &armcontainerinstance.ContainerProperties{}
	}
	p := c.Properties
	p.Image = new(j.image())
	if command := j.command(); len(command) > 0 {
		p.Command = pointers(command)
	}
	p.EnvironmentVariables = j.environment(p.EnvironmentVariables)
	if p.Resources == nil {
		p.Resources = &armcontainerinstance.ResourceRequirements{}
	}
	if p.Resources.Requests == nil {
		p.Resources.Requests = &armcontainerinstance.ResourceRequests{}
	}
	requests := p.Resources.Requests
	requests.CPU = amount(j.CPU, requests.CPU, DefaultCPU)
	requests.MemoryInGB = amount(j.MemoryGB, requests.MemoryInGB, DefaultMemoryGB)
	if j.GPUCount != 0 && j.GPUSKU != "" {
		requests.Gpu = &armcontainerinstance.GpuResource{
			Count: new(int32(j.GPUCount)),
			SKU:   new(armcontainerinstance.GpuSKU(j.GPUSKU)),
		}
	}
}

// image is the reference that is sent.
func (j Job) image() string {
	if j.Image != "" {
		return j.Image
	}
	if c := j.baseMain(); c != nil && c.Properties != nil && deref(c.Properties.Image) != "" {
		return *c.Properties.Image
	}
	return DefaultImage
}

// command is the exec array that is sent, the entrypoint included; empty where the image's own runs.
func (j Job) command() []string {
	command := j.Command
	if len(command) == 0 {
		if c := j.baseMain(); c != nil && c.Properties != nil {
			for _, argument := range c.Properties.Command {
				command = append(command, deref(argument))
			}
		}
	}
	if j.Entrypoint == "" || len(command) == 0 {
		return command
	}
	return append([]string{j.Entrypoint}, command...)
}

// identity adds the job's identities, and those that pull its images, to what base has. The same identity written in
// another case is the same: ARM's ids know no case.
func (j Job) identity(base *armcontainerinstance.ContainerGroupIdentity, pullers []*armcontainerinstance.ImageRegistryCredential) *armcontainerinstance.ContainerGroupIdentity {
	wanted := append([]string(nil), j.Identities...)
	for _, c := range pullers {
		if deref(c.Identity) != "" {
			wanted = append(wanted, *c.Identity)
		}
	}
	if len(wanted) == 0 {
		return base
	}
	identity := &armcontainerinstance.ContainerGroupIdentity{Type: new(armcontainerinstance.ResourceIdentityTypeUserAssigned)}
	have := map[string]bool{}
	assigned := map[string]*armcontainerinstance.UserAssignedIdentities{}
	if base != nil {
		if sameWord(base.Type, armcontainerinstance.ResourceIdentityTypeSystemAssigned) ||
			sameWord(base.Type, armcontainerinstance.ResourceIdentityTypeSystemAssignedUserAssigned) {
			identity.Type = new(armcontainerinstance.ResourceIdentityTypeSystemAssignedUserAssigned)
		}
		maps.Copy(assigned, base.UserAssignedIdentities)
		for id := range assigned {
			have[strings.ToLower(id)] = true
		}
	}
	for _, id := range wanted {
		if !have[strings.ToLower(id)] {
			have[strings.ToLower(id)] = true
			assigned[id] = &armcontainerinstance.UserAssignedIdentities{}
		}
	}
	identity.UserAssignedIdentities = assigned
	return identity
}

// region gives a location in ARM's short form: "West Europe" is westeurope.
func region(location string) string {
	return strings.ToLower(strings.ReplaceAll(location, " ", ""))
}

// amount picks the job's number, else base's, else the default.
func amount(own float64, base *float64, otherwise float64) *float64 {
	switch {
	case own != 0:
		return &own
	case base != nil && *base != 0:
		return base
	}
	return &otherwise
}

// pointers gives the SDK's form of a list.
func pointers(values []string) []*string {
	list := make([]*string, len(values))
	for i, value := range values {
		list[i] = new(value)
	}
	return list
}
