package azure

import (
	"fmt"
	"log/slog"
	"strings"
)

// Endpoints says where the services of a cloud live. URLs have no trailing slash, but for the
// audience, which has one, as Azure's own clients send it.
type Endpoints struct {
	// ResourceManager is ARM's URL.
	ResourceManager string
	// Audience is what an access token for ARM is asked for. It differs from the URL: every
	// cloud still has the name of the service that came before ARM.
	Audience string
	// ActiveDirectory is the sign-in authority of Microsoft Entra.
	ActiveDirectory string
	// Graph is Microsoft Graph's URL and audience.
	Graph string
	// Suffixes end the host names of single resources.
	Suffixes Suffixes
}

// Suffixes are the host name endings of a cloud's resources, without a leading dot.
type Suffixes struct {
	// Vault ends a Key Vault's name: NAME.vault.azure.net.
	Vault string
	// Registry ends a container registry's name: NAME.azurecr.io.
	Registry string
	// Containers ends the hosts of attach and exec websockets of Container Instances. For china and
	// government it is inferred from the ending of public container addresses there
	// (azurecontainer.console.azure.cn and .us); connect to the address that Azure gives.
	Containers string
	// Storage ends a storage account's hosts: NAME.blob.core.windows.net.
	Storage string
}

type namedCloud struct {
	name      string
	endpoints Endpoints
}

// knownClouds are Microsoft's own. Sources: the metadata that each cloud publishes under
// /metadata/endpoints, and "Azure Government/China developer guide: endpoint mapping".
var knownClouds = []namedCloud{
	{"public", Endpoints{
		ResourceManager: "https://management.azure.com",
		Audience:        "https://management.core.windows.net/",
		ActiveDirectory: "https://login.microsoftonline.com",
		Graph:           "https://graph.microsoft.com",
		Suffixes:        Suffixes{Vault: "vault.azure.net", Registry: "azurecr.io", Containers: "management.azurecontainer.io", Storage: "core.windows.net"},
	}},
	{"china", Endpoints{
		ResourceManager: "https://management.chinacloudapi.cn",
		Audience:        "https://management.core.chinacloudapi.cn/",
		ActiveDirectory: "https://login.chinacloudapi.cn",
		Graph:           "https://microsoftgraph.chinacloudapi.cn",
		Suffixes:        Suffixes{Vault: "vault.azure.cn", Registry: "azurecr.cn", Containers: "management.azurecontainer.console.azure.cn", Storage: "core.chinacloudapi.cn"},
	}},
	{"government", Endpoints{
		ResourceManager: "https://management.usgovcloudapi.net",
		Audience:        "https://management.core.usgovcloudapi.net/",
		ActiveDirectory: "https://login.microsoftonline.us",
		Graph:           "https://graph.microsoft.us",
		Suffixes:        Suffixes{Vault: "vault.usgovcloudapi.net", Registry: "azurecr.us", Containers: "management.azurecontainer.console.azure.us", Storage: "core.usgovcloudapi.net"},
	}},
}

func lookupCloud(name string) (namedCloud, error) {
	if name == "" {
		return knownClouds[0], nil
	}
	for _, k := range knownClouds {
		if strings.EqualFold(k.name, name) {
			return k, nil
		}
	}
	return namedCloud{}, fmt.Errorf("unknown Azure cloud %q: use public, china, government, or an emulator's http or https URL", name)
}

// LogValue lists the endpoints by name.
func (e Endpoints) LogValue() slog.Value {
	return slog.GroupValue(
		slog.String("resourceManager", e.ResourceManager),
		slog.String("activeDirectory", e.ActiveDirectory),
		slog.String("graph", e.Graph),
	)
}
