package containers

// The JSON of a container group, as requests bring it and replies show it. One set
// of types serves both, since Azure's own files use one: what is read-only is filled
// in by view.go on a copy, what is secret is removed there. Absent and null mean
// the same (unset), as Azure has it.

type groupBody struct {
	ID         string            `json:"id,omitempty"`
	Name       string            `json:"name,omitempty"`
	Type       string            `json:"type,omitempty"`
	Location   string            `json:"location,omitempty"`
	Tags       map[string]string `json:"tags,omitzero"`
	Zones      []string          `json:"zones,omitempty"`
	Identity   *identityBody     `json:"identity,omitempty"`
	Properties *groupProperties  `json:"properties,omitempty"`
}

type identityBody struct {
	PrincipalID            string                           `json:"principalId,omitempty"`
	TenantID               string                           `json:"tenantId,omitempty"`
	Type                   string                           `json:"type,omitempty"`
	UserAssignedIdentities map[string]*userAssignedIdentity `json:"userAssignedIdentities,omitempty"`
}

type userAssignedIdentity struct {
	PrincipalID string `json:"principalId,omitempty"`
	ClientID    string `json:"clientId,omitempty"`
}

type groupProperties struct {
	SKU                           string               `json:"sku,omitempty"`
	ProvisioningState             string               `json:"provisioningState,omitempty"`
	Containers                    []containerBody      `json:"containers"`
	InitContainers                []containerBody      `json:"initContainers,omitzero"`
	ImageRegistryCredentials      []registryCredential `json:"imageRegistryCredentials,omitempty"`
	RestartPolicy                 string               `json:"restartPolicy,omitempty"`
	IPAddress                     *ipAddress           `json:"ipAddress,omitempty"`
	OSType                        string               `json:"osType,omitempty"`
	Volumes                       []volumeBody         `json:"volumes,omitempty"`
	InstanceView                  *groupView           `json:"instanceView,omitempty"`
	Diagnostics                   *diagnostics         `json:"diagnostics,omitempty"`
	SubnetIDs                     []subnetID           `json:"subnetIds,omitempty"`
	DNSConfig                     *dnsConfig           `json:"dnsConfig,omitempty"`
	Priority                      string               `json:"priority,omitempty"`
	EncryptionProperties          map[string]any       `json:"encryptionProperties,omitempty"`
	ConfidentialComputeProperties map[string]any       `json:"confidentialComputeProperties,omitempty"`
	Extensions                    []map[string]any     `json:"extensions,omitempty"`
	ContainerGroupProfile         map[string]any       `json:"containerGroupProfile,omitempty"`
	StandbyPoolProfile            map[string]any       `json:"standbyPoolProfile,omitempty"`
	SecretReferences              []map[string]any     `json:"secretReferences,omitempty"`

	// Read-only, since 2024.
	ProvisioningTimeoutInSeconds int   `json:"provisioningTimeoutInSeconds,omitempty"`
	IsCustomProvisioningTimeout  *bool `json:"isCustomProvisioningTimeout,omitempty"`
	IsCreatedFromStandbyPool     *bool `json:"isCreatedFromStandbyPool,omitempty"`
}

type containerBody struct {
	Name       string               `json:"name,omitempty"`
	Properties *containerProperties `json:"properties,omitempty"`
}

type containerProperties struct {
	Image                string                `json:"image,omitempty"`
	Command              []string              `json:"command,omitempty"`
	Ports                []port                `json:"ports,omitzero"`
	EnvironmentVariables []environmentVariable `json:"environmentVariables,omitzero"`
	ConfigMap            *configMap            `json:"configMap,omitempty"`
	InstanceView         *containerView        `json:"instanceView,omitempty"`
	Resources            *resources            `json:"resources,omitempty"`
	VolumeMounts         []volumeMount         `json:"volumeMounts,omitempty"`
	LivenessProbe        *probe                `json:"livenessProbe,omitempty"`
	ReadinessProbe       *probe                `json:"readinessProbe,omitempty"`
	SecurityContext      map[string]any        `json:"securityContext,omitempty"`
}

type configMap struct {
	KeyValuePairs map[string]string `json:"keyValuePairs,omitzero"`
}

type port struct {
	Protocol string `json:"protocol,omitempty"`
	Port     int    `json:"port"`
}

type environmentVariable struct {
	Name                 string  `json:"name"`
	Value                *string `json:"value,omitempty"`
	SecureValue          *string `json:"secureValue,omitempty"`
	SecureValueReference string  `json:"secureValueReference,omitempty"`
}

type resources struct {
	Requests *resourceAmounts `json:"requests,omitempty"`
	Limits   *resourceAmounts `json:"limits,omitempty"`
}

type resourceAmounts struct {
	MemoryInGB float64 `json:"memoryInGB,omitempty"`
	CPU        float64 `json:"cpu,omitempty"`
	GPU        *gpu    `json:"gpu,omitempty"`
}

type gpu struct {
	Count int    `json:"count"`
	SKU   string `json:"sku"`
}

type volumeMount struct {
	Name      string `json:"name"`
	MountPath string `json:"mountPath"`
	ReadOnly  bool   `json:"readOnly,omitempty"`
}

type volumeBody struct {
	Name            string            `json:"name"`
	AzureFile       *azureFile        `json:"azureFile,omitempty"`
	EmptyDir        map[string]any    `json:"emptyDir,omitzero"`
	Secret          map[string]string `json:"secret,omitzero"`
	SecretReference map[string]string `json:"secretReference,omitempty"`
	GitRepo         *gitRepo          `json:"gitRepo,omitempty"`
}

// azureFile is a volume that is a file share of a storage account.
type azureFile struct {
	ShareName          string `json:"shareName"`
	ReadOnly           bool   `json:"readOnly,omitempty"`
	StorageAccountName string `json:"storageAccountName"`
	// StorageAccountKey is a secret. StorageAccountKeyReference names one elsewhere, which the emulator does not read.
	StorageAccountKey          string `json:"storageAccountKey,omitempty"`
	StorageAccountKeyReference string `json:"storageAccountKeyReference,omitempty"`
}

// gitRepo is a volume that is cloned before the containers start.
type gitRepo struct {
	// Directory is where in the volume the clone goes; "." is the volume itself, empty a folder named as the repository.
	Directory  string `json:"directory,omitempty"`
	Repository string `json:"repository"`
	// Revision is a commit; empty is the repository's default branch.
	Revision string `json:"revision,omitempty"`
}

// probe is asked whether a container is well. Zero numbers stand for the defaults of a kubelet.
type probe struct {
	Exec *struct {
		Command []string `json:"command"`
	} `json:"exec,omitempty"`
	HTTPGet             *httpGet `json:"httpGet,omitempty"`
	InitialDelaySeconds int      `json:"initialDelaySeconds,omitempty"`
	PeriodSeconds       int      `json:"periodSeconds,omitempty"`
	FailureThreshold    int      `json:"failureThreshold,omitempty"`
	SuccessThreshold    int      `json:"successThreshold,omitempty"`
	TimeoutSeconds      int      `json:"timeoutSeconds,omitempty"`
}

type httpGet struct {
	Path        string       `json:"path,omitempty"`
	Port        int          `json:"port"`
	Scheme      string       `json:"scheme,omitempty"`
	HTTPHeaders []httpHeader `json:"httpHeaders,omitempty"`
}

type httpHeader struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

type registryCredential struct {
	Server            string `json:"server"`
	Username          string `json:"username,omitempty"`
	Password          string `json:"password,omitempty"`
	PasswordReference string `json:"passwordReference,omitempty"`
	Identity          string `json:"identity,omitempty"`
	IdentityURL       string `json:"identityUrl,omitempty"`
}

type ipAddress struct {
	Ports                             []port `json:"ports"`
	Type                              string `json:"type"`
	IP                                string `json:"ip,omitempty"`
	DNSNameLabel                      string `json:"dnsNameLabel,omitempty"`
	AutoGeneratedDomainNameLabelScope string `json:"autoGeneratedDomainNameLabelScope,omitempty"`
	FQDN                              string `json:"fqdn,omitempty"`
}

type subnetID struct {
	ID   string `json:"id"`
	Name string `json:"name,omitempty"`
}

type dnsConfig struct {
	NameServers   []string `json:"nameServers"`
	SearchDomains string   `json:"searchDomains,omitempty"`
	Options       string   `json:"options,omitempty"`
}

type diagnostics struct {
	LogAnalytics *logAnalytics `json:"logAnalytics,omitempty"`
}

type logAnalytics struct {
	WorkspaceID         string            `json:"workspaceId,omitempty"`
	WorkspaceKey        string            `json:"workspaceKey,omitempty"`
	LogType             string            `json:"logType,omitempty"`
	Metadata            map[string]string `json:"metadata,omitempty"`
	WorkspaceResourceID string            `json:"workspaceResourceId,omitempty"`
}
