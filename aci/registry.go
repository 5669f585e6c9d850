package aci

import (
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
	"github.com/google/go-containerregistry/pkg/name"
)

// dockerHub is Docker Hub's own name for its registry, and the one in ACI's events.
const dockerHub = "index.docker.io"

// A Registry says how images of one server are pulled: with a user name and password, or as a user-assigned managed
// identity that has the right to (AcrPull). One of the two, not both.
type Registry struct {
	// Server is the registry's host, such as example.azurecr.io. A scheme and slashes at the end are removed, and so
	// is the path of Docker Hub's key in docker's own credential file (https://index.docker.io/v1/).
	Server string
	// Username and Password go together.
	Username string
	Password string
	// Identity is the resource id of a user-assigned managed identity. It is attached to the group by itself.
	Identity string
}

// String names the server and who pulls, never the password.
func (r Registry) String() string {
	server := r.server()
	// A password may stand in an address that Validate has not refused yet.
	server = server[strings.LastIndexByte(server, '@')+1:]
	switch {
	case r.Identity != "":
		return server + " as " + r.Identity
	case r.Username != "":
		return server + " as " + r.Username
	}
	return server
}

// server is the host that ACI is told.
func (r Registry) server() string {
	server := strings.ToLower(strings.TrimSpace(r.Server))
	for _, scheme := range []string{"https://", "http://"} {
		server = strings.TrimPrefix(server, scheme)
	}
	server = strings.TrimRight(server, "/")
	switch server {
	case dockerHub + "/v1", dockerHub + "/v2", "registry-1.docker.io", "registry.hub.docker.com":
		return dockerHub
	}
	return server
}

// credential is the registry as ACI's definition has it.
func (r Registry) credential() *armcontainerinstance.ImageRegistryCredential {
	c := &armcontainerinstance.ImageRegistryCredential{Server: new(r.server())}
	if r.Identity != "" {
		c.Identity = &r.Identity
		return c
	}
	c.Username, c.Password = &r.Username, &r.Password
	return c
}

// credentials lays the job's registries over base's: the same server is replaced, others are added.
func (j Job) credentials(base []*armcontainerinstance.ImageRegistryCredential) []*armcontainerinstance.ImageRegistryCredential {
	own := make(map[string]bool, len(j.Registries))
	for _, r := range j.Registries {
		own[sameHub(r.server())] = true
	}
	var laid []*armcontainerinstance.ImageRegistryCredential
	for _, c := range base {
		if c != nil && !own[sameHub(Registry{Server: deref(c.Server)}.server())] {
			laid = append(laid, c)
		}
	}
	for _, r := range j.Registries {
		laid = append(laid, r.credential())
	}
	return laid
}

// sameHub gives all of Docker Hub's names as one.
func sameHub(server string) string {
	if server == "docker.io" {
		return dockerHub
	}
	return server
}

// registryOf is the server that an image is pulled from, empty where the reference cannot be read.
func registryOf(image string) string {
	ref, err := name.ParseReference(image)
	if err != nil {
		return ""
	}
	return sameHub(strings.ToLower(ref.Context().RegistryStr()))
}

// GoString is as String, for %#v.
func (r Registry) GoString() string { return "aci.Registry{" + r.String() + "}" }
