package containers

import (
	"crypto/rand"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/engine"
)

// containerSpec is a container as the engine wants it, but for output and events.
func (g *group) containerSpec(c *container, header string) engine.ContainerSpec {
	p := c.body.Properties
	spec := engine.ContainerSpec{Name: c.body.Name, Image: p.Image, Command: p.Command, CAFile: g.svc.core.ContainerCA()}
	given := map[string]bool{}
	for _, v := range p.EnvironmentVariables {
		value := ""
		if v.Value != nil {
			value = *v.Value
		} else if v.SecureValue != nil {
			value = *v.SecureValue
		}
		given[v.Name] = true
		spec.Env = append(spec.Env, v.Name+"="+value)
	}
	for _, extra := range g.extras(header) {
		if name, _, _ := strings.Cut(extra, "="); !given[name] {
			spec.Env = append(spec.Env, extra)
		}
	}
	if r := p.Resources; r != nil {
		spec.CPU, spec.MemoryGB = r.Requests.CPU, r.Requests.MemoryInGB
		if r.Limits != nil && r.Limits.CPU > 0 {
			spec.CPU = r.Limits.CPU
		}
		if r.Limits != nil && r.Limits.MemoryInGB > 0 {
			spec.MemoryGB = r.Limits.MemoryInGB
		}
	}
	for _, m := range p.VolumeMounts {
		spec.Mounts = append(spec.Mounts, engine.Mount{Volume: m.Name, Path: m.MountPath, ReadOnly: m.ReadOnly || g.readOnly(m.Name)})
	}
	return spec
}

// extras are the variables that the emulator gives a container which does not set them itself: the way to this Azure,
// and where its identities' tokens are. The proxy's credentials name the container, whose connections to other hosts
// than Azure's are let through. Without a listener only containers inside this process can be served, whose HTTP client
// takes any host.
func (g *group) extras(header string) []string {
	base := g.svc.core.ContainerBase()
	var list []string
	if base == "" {
		if name := g.svc.engine.Name(); name != "func" && name != "simulate" {
			return nil
		}
		base = "http://localhost"
	} else {
		const direct = "localhost,127.0.0.1,::1"
		proxy := strings.Replace(base, "://", "://container:"+header+"@", 1)
		list = append(list, "HTTPS_PROXY="+proxy, "https_proxy="+proxy, "NO_PROXY="+direct, "no_proxy="+direct)
	}
	if g.definition().Identity != nil {
		list = append(list, "IDENTITY_ENDPOINT="+base+"/msi/token", "IDENTITY_HEADER="+header,
			"AZURE_POD_IDENTITY_AUTHORITY_HOST="+base+"/msi/"+header)
	}
	return list
}

// newHeader makes the secret that names one run of one container at the identity endpoint.
func (s *Service) newHeader() string { return rand.Text() }

func (g *group) workload() arm.Workload {
	return arm.Workload{ContainerGroup: g.id.String(), Identities: g.identities(), Started: time.Now().UTC()}
}
