package aci

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/aci/internal/fields"
)

// checkWhole checks what only the whole definition can break: the job's fields laid over Base.
func (j Job) checkWhole(p *problems) {
	group, err := copyGroup(j.Base)
	if err != nil {
		p.add("Base", "", err.Error(), "a container group in ARM's JSON form")
		return
	}
	j.layGroup(group, "")
	j.layContainer(j.mainOf(group.Properties))
	props := group.Properties
	containers := len(props.Containers) + len(props.InitContainers)
	if containers > maxContainers {
		p.add("Base.properties.containers", "", fmt.Sprintf("a group can have %d containers, this one has %d", maxContainers, containers), "fewer")
	}
	if count := len(props.Volumes); count > maxVolumes {
		p.add("Base.properties.volumes", "", fmt.Sprintf("a group can have %d volumes, this one has %d", maxVolumes, count), "fewer")
	}
	// ACI refuses what docker sends along, the credentials of all registries that one ever signed in to
	// (MoreImageRegistryCredentialsThanContainers, docker/cli#3610).
	servers := map[string]bool{}
	for _, c := range props.ImageRegistryCredentials {
		servers[sameHub(deref(c.Server))] = true
	}
	if count := len(servers); count > containers {
		p.add("Registries", "", fmt.Sprintf("a group can have no more registry credentials than containers, this one has %d for %d", count, containers),
			"those of its images alone")
	}
	checkSums(p, group)
	checkAddresses(p, group)
}

// checkSums checks what all containers together ask for, unless a number among them is no good already.
func checkSums(p *problems, group *armcontainerinstance.ContainerGroup) {
	cpuLimit, memoryLimit, kind := float64(maxCPU), float64(maxMemoryGB), "a group"
	if sameWord(group.Properties.Priority, armcontainerinstance.ContainerGroupPrioritySpot) {
		cpuLimit, memoryLimit, kind = maxSpotCPU, maxSpotMemoryGB, "a spot group"
	}
	cpu, memory := totals(group)
	if !p.mention("cpu") {
		if cpu < minGroup || cpu > cpuLimit {
			p.add("CPU", number(cpu), fmt.Sprintf("all containers of %s together must have %d to %g cores", kind, minGroup, cpuLimit), "for example 1")
		}
		checkLimits(p, group, "cpu", cpu)
	}
	if !p.mention("memory") {
		if memory < minGroup || memory > memoryLimit {
			p.add("MemoryGB", number(memory), fmt.Sprintf("all containers of %s together must have %d to %g GB", kind, minGroup, memoryLimit), "for example 1")
		}
		checkLimits(p, group, "memoryInGB", memory)
	}
}

// mention reports whether there is a problem already with a field of this name.
func (p *problems) mention(name string) bool {
	return slices.ContainsFunc(p.found, func(err error) bool {
		problem, ok := err.(*InvalidError)
		return ok && strings.Contains(strings.ToLower(problem.Field[strings.LastIndexByte(problem.Field, '.')+1:]), name)
	})
}

// checkLimits: a container's limit is between its own request and what the group has in all
// (ResourceLimitsLessThanRequests, ContainerLimitGreaterThanContainerGroupTotalRequest).
func checkLimits(p *problems, group *armcontainerinstance.ContainerGroup, resource string, total float64) {
	for i, c := range group.Properties.Containers {
		if c.Properties == nil || c.Properties.Resources == nil || c.Properties.Resources.Limits == nil || c.Properties.Resources.Requests == nil {
			continue
		}
		request, limit := c.Properties.Resources.Requests.CPU, c.Properties.Resources.Limits.CPU
		if resource != "cpu" {
			request, limit = c.Properties.Resources.Requests.MemoryInGB, c.Properties.Resources.Limits.MemoryInGB
		}
		if limit != nil && (*limit < deref(request) || *limit > total) {
			p.add(fields.At("Base.properties.containers", i)+".properties.resources.limits."+resource, number(*limit),
				fmt.Sprintf("must be from the container's request, %g, to the group's, %g", deref(request), total), "")
		}
	}
}

// totals sums up what the containers ask for.
func totals(group *armcontainerinstance.ContainerGroup) (cpu, memory float64) {
	for _, c := range group.Properties.Containers {
		if c.Properties != nil && c.Properties.Resources != nil && c.Properties.Resources.Requests != nil {
			cpu += deref(c.Properties.Resources.Requests.CPU)
			memory += deref(c.Properties.Resources.Requests.MemoryInGB)
		}
	}
	// A sum of tenths is seldom a whole number in binary.
	const tenThousandths = 1e4
	return float64(int64(cpu*tenThousandths+0.5)) / tenThousandths, float64(int64(memory*tenThousandths+0.5)) / tenThousandths
}

// checkAddresses checks how the group is reached, and where it is.
func checkAddresses(p *problems, group *armcontainerinstance.ContainerGroup) {
	const field = "Base.properties.ipAddress"
	props := group.Properties
	spot := sameWord(props.Priority, armcontainerinstance.ContainerGroupPrioritySpot)
	subnet := len(props.SubnetIDs) > 0
	address := props.IPAddress
	public := address != nil && !sameWord(address.Type, armcontainerinstance.ContainerGroupIPAddressTypePrivate)
	switch {
	case spot && subnet:
		p.add("Base.properties.priority", "Spot", "a spot group cannot join a subnet", "Regular, or no subnet")
	case spot && public:
		p.add("Base.properties.priority", "Spot", "a spot group cannot have a public address", "Regular, or no ipAddress")
	case subnet && public:
		p.add(field+".type", "Public", "a group in a subnet cannot have a public address", "Private")
	case address != nil && !public && !subnet:
		p.add(field+".type", "Private", "a private address is one of a subnet, and the group joins none", "a subnet, or Public")
	}
	exposed := exposedPorts(p, group)
	if address == nil {
		return
	}
	if count := len(address.Ports); count == 0 || count > maxPorts {
		p.add(field+".ports", "", fmt.Sprintf("an address has 1 to %d ports, this one has %d", maxPorts, count), "")
	}
	if label := deref(address.DNSNameLabel); label != "" && (len(label) < 5 || !lowerName(strings.ToLower(label), maxName)) {
		p.add(field+".dnsNameLabel", label, "must be 5 to 63 letters, digits and inner hyphens", "")
	}
	for i, port := range address.Ports {
		field := fields.At(field+".ports", i)
		switch {
		case port == nil:
			p.add(field, "", "must not be null", "")
		case !exposed[deref(port.Port)]:
			p.add(field+".port", strconv.Itoa(int(deref(port.Port))), "no container exposes this port", "it among the ports of a container too")
		}
	}
}

// exposedPorts checks the ports of the containers and gives those that they expose.
func exposedPorts(p *problems, group *armcontainerinstance.ContainerGroup) map[int32]bool {
	exposed := map[int32]bool{}
	for i, c := range group.Properties.Containers {
		if c.Properties == nil {
			continue
		}
		for k, port := range c.Properties.Ports {
			field := fields.At(fields.At("Base.properties.containers", i)+".properties.ports", k)
			if port == nil {
				p.add(field, "", "must not be null", "")
				continue
			}
			number := deref(port.Port)
			if number < 1 || number > 65535 || reservedPort(number) {
				p.add(field+".port", strconv.Itoa(int(number)), "must be from 1 to 65535, and not one that ACI reserves "+
					"(22, 1025-1027, 3389-3399, 9999, 19000, 19080, 19100, 19390, 20000-30000, 49152-65534)", "for example 8080")
			}
			exposed[number] = true
		}
	}
	return exposed
}

// reservedPort reports whether ACI keeps a port for itself. The list is from "Frequently asked questions about Azure
// Container Instances".
func reservedPort(port int32) bool {
	switch {
	case slices.Contains([]int32{22, 9999, 19000, 19080, 19100, 19390}, port),
		port >= 1025 && port <= 1027, port >= 3389 && port <= 3399, port >= 20000 && port <= 30000, port >= 49152 && port <= 65534:
		return true
	}
	return false
}
