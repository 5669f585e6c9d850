package aci

import (
	"encoding/base64"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/aci/internal/fields"
)

// checkBase checks Base's own values, each where it stands. It reports whether the whole can be looked at too.
func (j Job) checkBase(p *problems) bool {
	if j.Base == nil {
		return true
	}
	if deref(j.Base.Location) != "" {
		checkLocation(p, "Base.location", *j.Base.Location)
	}
	if j.Base.Identity != nil {
		for _, id := range sortedKeys(j.Base.Identity.UserAssignedIdentities) {
			checkIdentity(p, fields.Keyed("Base.identity.userAssignedIdentities", id), id)
		}
	}
	props := j.Base.Properties
	if props == nil {
		return true
	}
	// Where a list holds a null, nothing else of it can be checked.
	if !j.checkContainers(p, props) || !checkVolumes(p, props) {
		return false
	}
	checkBaseGroup(p, props)
	return true
}

// checkBaseGroup checks what belongs to the group and not to one container.
func checkBaseGroup(p *problems, props *armcontainerinstance.ContainerGroupPropertiesProperties) {
	if sameWord(props.RestartPolicy, armcontainerinstance.ContainerGroupRestartPolicyAlways) {
		p.add("Base.properties.restartPolicy", "Always", "a job ends, and ACI would start it again for ever", "Never or OnFailure")
	}
	for i, c := range props.ImageRegistryCredentials {
		field := fields.At("Base.properties.imageRegistryCredentials", i)
		if c == nil {
			p.add(field, "", "must not be null", "")
			continue
		}
		checkServer(p, field+".server", Registry{Server: deref(c.Server)})
		user := deref(c.Username) != "" || deref(c.Password) != ""
		switch {
		case deref(c.Identity) != "" && user:
			p.add(field, "", "has both a user and an identity", "one of the two")
		case deref(c.Identity) != "":
			checkIdentity(p, field+".identity", *c.Identity)
		case deref(c.Username) == "" || deref(c.Password) == "":
			p.add(field, "", "has neither a user nor an identity", "username and password, or identity")
		}
	}
	for i, s := range props.SubnetIDs {
		if field := fields.At("Base.properties.subnetIds", i); s == nil || !resourceID(deref(s.ID), subnetForm) {
			p.add(field+".id", idOf(s), "must be the resource id of a subnet", subnetForm)
		}
	}
	if props.DNSConfig != nil {
		if len(props.DNSConfig.NameServers) == 0 {
			p.add("Base.properties.dnsConfig.nameServers", "", "must hold at least one address", "for example 10.0.0.10")
		}
		for i, server := range props.DNSConfig.NameServers {
			checkAddress(p, fields.At("Base.properties.dnsConfig.nameServers", i), deref(server))
		}
	}
}

func idOf(s *armcontainerinstance.ContainerGroupSubnetID) string {
	if s == nil {
		return ""
	}
	return deref(s.ID)
}

// checkContainers checks the containers and init containers of Base. It reports whether none of them is null.
func (j Job) checkContainers(p *problems, props *armcontainerinstance.ContainerGroupPropertiesProperties) bool {
	names := map[string]string{}
	if main := j.baseMain(); main == nil || deref(main.Name) == "" {
		names[j.mainContainer()] = "the main container"
	}
	whole := true
	for i, c := range props.Containers {
		field := fields.At("Base.properties.containers", i)
		if c == nil {
			p.add(field, "", "must not be null", "")
			whole = false
			continue
		}
		main := c == j.baseMain()
		if !main || deref(c.Name) != "" {
			checkBaseName(p, field, deref(c.Name), names)
		}
		if c.Properties == nil {
			c = &armcontainerinstance.Container{Properties: &armcontainerinstance.ContainerProperties{}}
		}
		field += ".properties"
		if image := deref(c.Properties.Image); image != "" {
			checkImage(p, field+".image", image)
		} else if !main {
			p.add(field+".image", "", "must be given: only the job's own container has a default", "an image reference")
		}
		checkBaseEnv(p, field+".environmentVariables", c.Properties.EnvironmentVariables)
		checkResources(p, field+".resources", c.Properties.Resources, main)
	}
	for i, c := range props.InitContainers {
		field := fields.At("Base.properties.initContainers", i)
		if c == nil {
			p.add(field, "", "must not be null", "")
			whole = false
			continue
		}
		checkBaseName(p, field, deref(c.Name), names)
		if c.Properties == nil || deref(c.Properties.Image) == "" {
			p.add(field+".properties.image", "", "must be given", "an image reference")
			continue
		}
		checkImage(p, field+".properties.image", *c.Properties.Image)
		checkBaseEnv(p, field+".properties.environmentVariables", c.Properties.EnvironmentVariables)
	}
	return whole
}

// checkBaseName checks a container's name and that no other has it; names holds who has which.
func checkBaseName(p *problems, field, name string, names map[string]string) {
	checkContainerName(p, field+".name", name)
	if other, taken := names[name]; taken {
		p.add(field+".name", name, "is the name of "+other+" too", "each container its own name")
		return
	}
	names[name] = field
}

func checkBaseEnv(p *problems, field string, env []*armcontainerinstance.EnvironmentVariable) {
	seen := map[string]bool{}
	for i, v := range env {
		field := fields.At(field, i)
		if v == nil {
			p.add(field, "", "must not be null", "")
			continue
		}
		name := deref(v.Name)
		checkEnvName(p, field+".name", name)
		if seen[name] {
			p.add(field+".name", name, "is used twice", "each name once")
		}
		seen[name] = true
		if v.Value != nil && v.SecureValue != nil {
			p.add(field, "", "has both a value and a secureValue", "one of the two")
		}
		checkText(p, field+".value", deref(v.Value))
		checkText(p, field+".secureValue", deref(v.SecureValue))
	}
}

// checkResources checks one container's size; requests may be missing where the job's own fields fill them in.
func checkResources(p *problems, field string, r *armcontainerinstance.ResourceRequirements, main bool) {
	requests := &armcontainerinstance.ResourceRequests{}
	if r != nil && r.Requests != nil {
		requests = r.Requests
	}
	if !main || requests.CPU != nil && *requests.CPU != 0 {
		checkCPU(p, field+".requests.cpu", deref(requests.CPU))
	}
	if !main || requests.MemoryInGB != nil && *requests.MemoryInGB != 0 {
		checkMemory(p, field+".requests.memoryInGB", deref(requests.MemoryInGB))
	}
	if r == nil || r.Limits == nil {
		return
	}
	if r.Limits.CPU != nil {
		checkCPU(p, field+".limits.cpu", *r.Limits.CPU)
	}
	if r.Limits.MemoryInGB != nil {
		checkMemory(p, field+".limits.memoryInGB", *r.Limits.MemoryInGB)
	}
}

// checkVolumes checks volumes and that every mount has one. It reports whether none of them is null.
func checkVolumes(p *problems, props *armcontainerinstance.ContainerGroupPropertiesProperties) bool {
	volumes := map[string]bool{}
	for i, v := range props.Volumes {
		field := fields.At("Base.properties.volumes", i)
		if v == nil {
			p.add(field, "", "must not be null", "")
			return false
		}
		name := deref(v.Name)
		// The page "Troubleshoot common issues in Azure Container Instances" asks for 5 characters; Azure takes fewer
		// ("logs" in the tests of terraform-provider-azurerm).
		if !lowerName(name, maxName) || strings.Contains(name, "--") {
			p.add(field+".name", name, "must be 1 to 63 lower-case letters, digits and single inner hyphens", `for example "results"`)
		}
		if volumes[name] {
			p.add(field+".name", name, "is used twice", "each volume its own name")
		}
		volumes[name] = true
		kinds := 0
		for _, there := range []bool{v.AzureFile != nil, v.EmptyDir != nil, v.GitRepo != nil, v.Secret != nil} {
			if there {
				kinds++
			}
		}
		for _, file := range sortedKeys(v.Secret) {
			if _, err := base64.StdEncoding.DecodeString(deref(v.Secret[file])); err != nil {
				p.add(fields.Keyed(field+".secret", file), masked, "must be in Base64, which ACI decodes", "the output of: base64 FILE")
			}
		}
		if kinds != 1 {
			p.add(field, "", fmt.Sprintf("must be of one kind, this one has %d", kinds), "azureFile, emptyDir, gitRepo or secret")
		}
	}
	for i, c := range props.Containers {
		if c.Properties != nil {
			checkMounts(p, fields.At("Base.properties.containers", i), c.Properties.VolumeMounts, volumes)
		}
	}
	for i, c := range props.InitContainers {
		if c.Properties != nil {
			checkMounts(p, fields.At("Base.properties.initContainers", i), c.Properties.VolumeMounts, volumes)
		}
	}
	return true
}

func checkMounts(p *problems, field string, mounts []*armcontainerinstance.VolumeMount, volumes map[string]bool) {
	for i, m := range mounts {
		field := fields.At(field+".properties.volumeMounts", i)
		switch {
		case m == nil:
			p.add(field, "", "must not be null", "")
			continue
		case !volumes[deref(m.Name)]:
			p.add(field+".name", deref(m.Name), "is not a volume of Base.properties.volumes", "the name of one that is there")
		}
		// ACI refuses a colon, which divides the parts of a mount for the engine below it.
		if path := deref(m.MountPath); path == "" || strings.ContainsRune(path, ':') {
			p.add(field+".mountPath", path, "must be a path without a colon", `for example "/mnt/results"`)
		}
	}
}
