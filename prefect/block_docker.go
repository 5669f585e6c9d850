package prefect

import "encoding/json"

// DockerRegistry holds a container registry's user and password for [AzureContainerInstanceJob]. The type is of Prefect
// 2; on 3.x servers it is registered together with the job block. Work pools take [DockerRegistryCredentials].
type DockerRegistry struct {
	// Username and Password sign in. Both are required.
	Username string
	Password SecretStr
	// RegistryURL is the registry's address; http:// and https:// may be left out. Required.
	RegistryURL string
	// Reauth tells Prefect to sign in again at each use. nil: true.
	Reauth *bool
}

// BlockTypeSlug names the block's type.
func (*DockerRegistry) BlockTypeSlug() string { return "docker-registry" }

// MarshalJSON writes the document's data.
func (b DockerRegistry) MarshalJSON() ([]byte, error) { return json.Marshal(newRegistryData(b)) }

// UnmarshalJSON reads the document's data.
func (b *DockerRegistry) UnmarshalJSON(data []byte) error {
	var d registryData
	err := unmarshalLax(data, &d)
	*b = DockerRegistry{Username: d.Username, Password: SecretStr(d.Password), RegistryURL: d.RegistryURL, Reauth: d.Reauth}
	return err
}

// DockerRegistryCredentials holds a container registry's user and password, as work pools of 2.20 and 3.x take them.
type DockerRegistryCredentials struct {
	// Username and Password sign in. Both are required.
	Username string
	Password SecretStr
	// RegistryURL is the registry's address; http:// and https:// may be left out. Required.
	RegistryURL string
	// Reauth tells Prefect to sign in again at each use. nil: true.
	Reauth *bool
}

// BlockTypeSlug names the block's type.
func (*DockerRegistryCredentials) BlockTypeSlug() string { return "docker-registry-credentials" }

// MarshalJSON writes the document's data.
func (b DockerRegistryCredentials) MarshalJSON() ([]byte, error) {
	return json.Marshal(newRegistryData(DockerRegistry(b)))
}

// UnmarshalJSON reads the document's data.
func (b *DockerRegistryCredentials) UnmarshalJSON(data []byte) error {
	return (*DockerRegistry)(b).UnmarshalJSON(data)
}

// registryData is what both types are on the wire. The password is required, so empty is "" and not null.
type registryData struct {
	Username    string `json:"username"`
	Password    string `json:"password"`
	RegistryURL string `json:"registry_url"`
	Reauth      *bool  `json:"reauth"`
}

func newRegistryData(b DockerRegistry) registryData {
	if b.Reauth == nil {
		b.Reauth = new(true)
	}
	return registryData{Username: b.Username, Password: string(b.Password), RegistryURL: b.RegistryURL, Reauth: b.Reauth}
}
