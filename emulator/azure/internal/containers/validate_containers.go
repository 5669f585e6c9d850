package containers

import (
	"slices"
)

func (c *checker) containers() error {
	p := c.props
	if len(p.Containers) == 0 {
		return c.bad("ContainersNotSpecified", "The 'containers' of container group '%s' must hold at least one container.", c.group)
	}
	if n := len(p.Containers) + len(p.InitContainers); n > maxContainers {
		return c.bad("TooManyContainers", "Container group '%s' has %d containers; the limit is %d.", c.group, n, maxContainers)
	}
	names := map[string]bool{}
	for i, b := range slices.Concat(p.InitContainers, p.Containers) {
		if err := c.container(b, i < len(p.InitContainers)); err != nil {
			return err
		}
		if names[b.Name] {
			return c.bad("DuplicateContainerName", "The container name '%s' is used more than once in container group '%s'.", b.Name, c.group)
		}
		names[b.Name] = true
	}
	return nil
}

func (c *checker) container(b containerBody, init bool) error {
	if !validContainerName(b.Name) {
		return c.bad("InvalidContainerName", "The container name '%s' in container group '%s' is invalid. It must have 1 to 63 characters: lower-case letters, digits, and hyphens anywhere but first or last.", b.Name, c.group)
	}
	if b.Properties == nil {
		return c.bad("InvalidContainerProperties", "The 'properties' of container '%s' in container group '%s' are required.", b.Name, c.group)
	}
	if b.Properties.Image == "" {
		return c.bad("ContainerImageNotSpecified", "The image of container '%s' in container group '%s' must be specified.", b.Name, c.group)
	}
	if !validImage(b.Properties.Image) {
		return c.bad("InvalidImageName", "The image name '%s' of container '%s' in container group '%s' is invalid.", b.Properties.Image, b.Name, c.group)
	}
	if err := c.environment(b); err != nil {
		return err
	}
	for _, p := range []*probe{b.Properties.LivenessProbe, b.Properties.ReadinessProbe} {
		if err := c.probe(b.Name, p); err != nil {
			return err
		}
	}
	if init {
		if len(b.Properties.Ports) > 0 || b.Properties.Resources != nil {
			return c.bad("InvalidInitContainer", "The init container '%s' in container group '%s' cannot have ports or resources: init containers share those of the group.", b.Name, c.group)
		}
		return nil
	}
	return c.resources(b)
}

func (c *checker) environment(b containerBody) error {
	names := map[string]bool{}
	for _, v := range b.Properties.EnvironmentVariables {
		switch {
		case !validVariableName(v.Name):
			return c.bad("InvalidContainerEnvironmentVariable", "The environment variable name in container '%s' of container group '%s' is invalid. A valid environment variable name must start with alphabetic character or '_', followed by a string of alphanumeric characters or '_' (e.g. 'my_name',  or 'MY_NAME',  or 'MyName').", b.Name, c.group)
		case names[v.Name]:
			return c.bad("DuplicateContainerEnvironmentVariable", "The environment variable '%s' is set more than once in container '%s' of container group '%s'.", v.Name, b.Name, c.group)
		case v.SecureValueReference != "":
			return c.notYet("a secureValueReference in container '" + b.Name + "'")
		case v.Value == nil && v.SecureValue == nil:
			return c.bad("InvalidContainerEnvironmentVariable", "The environment variable '%s' in container '%s' of container group '%s' has neither a value nor a secureValue.", v.Name, b.Name, c.group)
		case v.Value != nil && v.SecureValue != nil:
			return c.bad("InvalidContainerEnvironmentVariable", "The environment variable '%s' in container '%s' of container group '%s' has both a value and a secureValue.", v.Name, b.Name, c.group)
		}
		names[v.Name] = true
	}
	return nil
}

func (c *checker) resources(b containerBody) error {
	r := b.Properties.Resources
	if err := c.requests(b.Name, r); err != nil {
		return err
	}
	for _, a := range []*resourceAmounts{r.Requests, r.Limits} {
		if a == nil {
			continue
		}
		if a.CPU < 0 || a.MemoryInGB < 0 {
			return c.bad("InvalidResourceRequests", "The resources of container '%s' in container group '%s' are invalid: cpu and memoryInGB must be greater than 0.", b.Name, c.group)
		}
		if a.GPU != nil {
			return c.bad("GpuResourceNotSupported", "Container '%s' in container group '%s' asks for %d GPU of SKU '%s': Azure Container Instances retired GPUs on 14 July 2025.", b.Name, c.group, a.GPU.Count, a.GPU.SKU)
		}
	}
	if l := r.Limits; l != nil {
		if l.CPU != 0 && l.CPU < r.Requests.CPU || l.MemoryInGB != 0 && l.MemoryInGB < r.Requests.MemoryInGB {
			return c.bad("ResourceLimitsLessThanRequests", "The resource limits of container '%s' in container group '%s' are invalid: each limit must be greater than or equal to the request.", b.Name, c.group)
		}
	}
	return nil
}

// requests demands cpu and memory, which Azure has always done since 2017-07-01-preview.
func (c *checker) requests(container string, r *resources) error {
	missing := ""
	switch {
	case r == nil || r.Requests == nil || r.Requests.CPU == 0 && r.Requests.MemoryInGB == 0:
		return c.bad("ResourceRequestsNotSpecified", "The resource requests are not specified in container '%s' of container group '%s'. Both memory and CPU requests are required since API version '2017-07-01-preview'.", container, c.group)
	case r.Requests.CPU == 0:
		missing = "Cpu"
	case r.Requests.MemoryInGB == 0:
		missing = "MemoryInGB"
	default:
		return nil
	}
	return c.bad("ResourceSomeRequestsNotSpecified", "The '%s' request is not specified in container '%s' of container group '%s'. It is required since API version '2017-07-01-preview'.", missing, container, c.group)
}

// amounts checks what the group asks for in all.
func (c *checker) amounts() error {
	cpu, memory := total(c.props)
	wrong := func(why string, limit float64) error {
		return c.bad("InvalidResourceRequests", "The resources of container group '%s', %g CPU and %g GB in all, are invalid: %s %g.", c.group, cpu, memory, why, limit)
	}
	switch {
	case cpu > maxCPU:
		return wrong("the CPU limit is", maxCPU)
	case memory > maxMemoryGB:
		return wrong("the memory limit in GB is", maxMemoryGB)
	case cpu < minGroupCPU:
		return wrong("the least CPU of a group is", minGroupCPU)
	case memory < minGroupGB:
		return wrong("the least memory of a group in GB is", minGroupGB)
	case c.props.Priority == "Spot" && cpu > maxSpotCPU:
		return wrong("the CPU limit of a Spot group is", maxSpotCPU)
	case c.props.Priority == "Spot" && memory > maxSpotGB:
		return wrong("the memory limit of a Spot group in GB is", maxSpotGB)
	}
	for _, b := range c.props.Containers {
		l := b.Properties.Resources.Limits
		if l == nil {
			continue
		}
		if l.CPU > cpu {
			return c.bad("ContainerLimitGreaterThanContainerGroupTotalRequest", "The 'Cpu' limit '%g' in container '%s' is greater than the total request '%g' of container group '%s'.", l.CPU, b.Name, cpu, c.group)
		}
		if l.MemoryInGB > memory {
			return c.bad("ContainerLimitGreaterThanContainerGroupTotalRequest", "The 'MemoryInGB' limit '%g' in container '%s' is greater than the total request '%g' of container group '%s'.", l.MemoryInGB, b.Name, memory, c.group)
		}
	}
	return nil
}

// total sums the requests of a valid group's containers.
func total(p *groupProperties) (cpu, memoryGB float64) {
	for _, b := range p.Containers {
		cpu += b.Properties.Resources.Requests.CPU
		memoryGB += b.Properties.Resources.Requests.MemoryInGB
	}
	return cpu, memoryGB
}
