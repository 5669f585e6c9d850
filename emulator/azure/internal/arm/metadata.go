package arm

import "net/http"

// object is JSON whose shape no API file gives.
type object = map[string]any

func (c *Core) registerMetadata() {
	c.Handle(Operation{ID: "Metadata_Endpoints", Method: http.MethodGet, Path: "/metadata/endpoints", Anonymous: true}, metadata)
}

// metadata tells a client the public cloud's endpoints, in the shape of its api-version:
// one short object before 2019-05-01, a list of clouds until 2022-09-01, one cloud from then on.
func metadata(r *Request) (*Response, error) {
	if err := checkVersion(r); err != nil {
		return nil, err
	}
	const login = "https://login.microsoftonline.com"
	audiences := []string{"https://management.core.windows.net/", "https://management.azure.com/"}
	if r.APIVersion < "2019-05-01" {
		return &Response{Body: object{
			"galleryEndpoint": "https://gallery.azure.com/", "graphEndpoint": "https://graph.windows.net/", "portalEndpoint": "https://portal.azure.com/",
			"authentication": object{"loginEndpoint": login + "/", "audiences": audiences},
		}}, nil
	}
	cloud := object{
		"name":                     "AzureCloud",
		"portal":                   "https://portal.azure.com",
		"resourceManager":          "https://management.azure.com/",
		"graph":                    "https://graph.windows.net/",
		"graphAudience":            "https://graph.windows.net/",
		"microsoftGraphResourceId": "https://graph.microsoft.com/",
		"batch":                    "https://batch.core.windows.net/",
		"gallery":                  "https://gallery.azure.com/",
		"media":                    "https://rest.media.azure.net",
		"sqlManagement":            "https://management.core.windows.net:8443/",
		"vmImageAliasDoc":          "https://raw.githubusercontent.com/Azure/azure-rest-api-specs/master/arm-compute/quickstart-templates/aliases.json",
		"activeDirectoryDataLake":  "https://datalake.azure.net/",
		"authentication": object{
			"loginEndpoint": login, "audiences": audiences, "tenant": "common", "identityProvider": "AAD",
		},
		"suffixes": object{
			"keyVaultDns": "vault.azure.net", "acrLoginServer": "azurecr.io", "storage": "core.windows.net", "sqlServerHostname": "database.windows.net",
		},
	}
	if r.APIVersion < "2022-09-01" {
		return &Response{Body: []object{cloud}}, nil
	}
	return &Response{Body: cloud}, nil
}
