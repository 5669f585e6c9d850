package prefect

import (
	"bytes"
	"encoding/json"
)

// AzureContainerInstanceJob is Prefect 2's infrastructure block: one container group for each flow run, started by an
// agent, or by `pacific run --block`. Its zero value is the class's own defaults; ResourceGroupName and SubscriptionID
// are required.
type AzureContainerInstanceJob struct {
	// Env is added to the container's environment. A nil value is a variable without a value.
	Env map[string]*string
	// Labels are kept with the block. Prefect never sends them to Azure.
	Labels map[string]string
	// Name is the base of the container's name. Empty: null, and the flow run's name is used.
	Name string
	// Command is what runs. nil: null, which is Prefect's own command for a flow run.
	Command []string
	// ACICredentials sign in to Azure. The zero value is Azure's default credential.
	ACICredentials Nested[AzureContainerInstanceCredentials]
	// ResourceGroupName and SubscriptionID say where the container group is made. Prefect treats the subscription as a
	// secret.
	ResourceGroupName string
	SubscriptionID    SecretStr
	// Identities are ARM ids of user-assigned identities that the container group gets. nil: null.
	Identities []string
	// Image is the container's image. Empty: null. Prefect's class fills in one of its own version here; see [DefaultImage].
	Image string
	// Entrypoint comes before Command. nil: [DefaultEntrypoint]; "": null, and Command runs as it is.
	Entrypoint *string
	// ImageRegistry is how to pull the image from a private registry. nil: null.
	ImageRegistry *ImageRegistry
	// CPU is the number of virtual CPUs, Memory gigabytes. 0: 1.
	CPU, Memory float64
	// GPUCount and GPUSKU ask for GPUs, which Prefect ignores unless both are given. 0 and empty: null.
	GPUCount int
	GPUSKU   string
	// SubnetIDs and DNSServers connect the group to virtual networks. nil: null.
	SubnetIDs, DNSServers []string
	// StreamOutput copies the container's output to the agent's. nil: null, which is off.
	StreamOutput *bool
	// TaskStartTimeoutSeconds limits the wait for the container's start. nil: 240; 0 is no wait at all in Prefect.
	TaskStartTimeoutSeconds *int
	// TaskWatchPollInterval is the pause before Azure is asked again, in seconds. 0: 5.
	TaskWatchPollInterval float64
}

// DefaultEntrypoint is what Prefect's own images run before a command.
const DefaultEntrypoint = "/opt/prefect/entrypoint.sh"

const jobType = "container-instance-job"

// DefaultImage is Prefect's own image for a server's version such as "2.20.26". Prefect's class takes the versions of
// the Python that makes the block; Pacific has none and takes Python 3.11, which all images of 2.20 and 3.x come with.
func DefaultImage(version string) string { return "prefecthq/prefect:" + version + "-python3.11" }

type aciJobData struct {
	Type                    string                                    `json:"type"`
	Env                     map[string]*string                        `json:"env"`
	Labels                  map[string]string                         `json:"labels"`
	Name                    optionalString                            `json:"name"`
	Command                 []string                                  `json:"command"`
	ACICredentials          Nested[AzureContainerInstanceCredentials] `json:"aci_credentials"`
	ResourceGroupName       string                                    `json:"resource_group_name"`
	SubscriptionID          string                                    `json:"subscription_id"`
	Identities              []string                                  `json:"identities"`
	Image                   optionalString                            `json:"image"`
	Entrypoint              *string                                   `json:"entrypoint"`
	ImageRegistry           *ImageRegistry                            `json:"image_registry"`
	CPU                     float64                                   `json:"cpu"`
	GPUCount                *int                                      `json:"gpu_count"`
	GPUSKU                  optionalString                            `json:"gpu_sku"`
	Memory                  float64                                   `json:"memory"`
	SubnetIDs               []string                                  `json:"subnet_ids"`
	DNSServers              []string                                  `json:"dns_servers"`
	StreamOutput            *bool                                     `json:"stream_output"`
	TaskStartTimeoutSeconds int                                       `json:"task_start_timeout_seconds"`
	TaskWatchPollInterval   float64                                   `json:"task_watch_poll_interval"`
}

// newACIJobData is a document with nothing set: the class's defaults.
func newACIJobData() aciJobData {
	return aciJobData{Type: jobType, Entrypoint: new(DefaultEntrypoint), CPU: 1, Memory: 1, TaskStartTimeoutSeconds: 240, TaskWatchPollInterval: 5}
}

// BlockTypeSlug names the block's type.
func (*AzureContainerInstanceJob) BlockTypeSlug() string { return "azure-container-instance-job" }

// MarshalJSON writes the document's data with the class's defaults where nothing is set.
func (b AzureContainerInstanceJob) MarshalJSON() ([]byte, error) {
	d := newACIJobData()
	d.Env, d.Labels = b.Env, b.Labels
	if d.Env == nil {
		d.Env = map[string]*string{}
	}
	if d.Labels == nil {
		d.Labels = map[string]string{}
	}
	d.Name, d.Command, d.ACICredentials = optionalString(b.Name), b.Command, b.ACICredentials
	d.ResourceGroupName, d.SubscriptionID = b.ResourceGroupName, string(b.SubscriptionID)
	d.Identities, d.Image, d.ImageRegistry = b.Identities, optionalString(b.Image), b.ImageRegistry
	switch {
	case b.Entrypoint == nil:
	case *b.Entrypoint == "":
		d.Entrypoint = nil
	default:
		d.Entrypoint = b.Entrypoint
	}
	if b.CPU != 0 {
		d.CPU = b.CPU
	}
	if b.Memory != 0 {
		d.Memory = b.Memory
	}
	if b.GPUCount != 0 {
		d.GPUCount = &b.GPUCount
	}
	d.GPUSKU, d.SubnetIDs, d.DNSServers, d.StreamOutput = optionalString(b.GPUSKU), b.SubnetIDs, b.DNSServers, b.StreamOutput
	if b.TaskStartTimeoutSeconds != nil {
		d.TaskStartTimeoutSeconds = *b.TaskStartTimeoutSeconds
	}
	if b.TaskWatchPollInterval != 0 {
		d.TaskWatchPollInterval = b.TaskWatchPollInterval
	}
	return json.Marshal(d)
}

// UnmarshalJSON reads the document's data. What a document leaves out is as the class has it.
func (b *AzureContainerInstanceJob) UnmarshalJSON(data []byte) error {
	d := newACIJobData()
	if err := unmarshalLax(data, &d); err != nil {
		return err
	}
	if d.Entrypoint == nil {
		d.Entrypoint = new("")
	}
	*b = AzureContainerInstanceJob{
		Env: d.Env, Labels: d.Labels, Name: string(d.Name), Command: d.Command, ACICredentials: d.ACICredentials,
		ResourceGroupName: d.ResourceGroupName, SubscriptionID: SecretStr(d.SubscriptionID), Identities: d.Identities,
		Image: string(d.Image), Entrypoint: d.Entrypoint, ImageRegistry: d.ImageRegistry, CPU: d.CPU, Memory: d.Memory,
		GPUSKU: string(d.GPUSKU), SubnetIDs: d.SubnetIDs, DNSServers: d.DNSServers, StreamOutput: d.StreamOutput,
		TaskStartTimeoutSeconds: &d.TaskStartTimeoutSeconds, TaskWatchPollInterval: d.TaskWatchPollInterval,
	}
	if d.GPUCount != nil {
		b.GPUCount = *d.GPUCount
	}
	return nil
}

// ImageRegistry is one of two ways to pull from a private registry. Set exactly one field.
type ImageRegistry struct {
	// DockerRegistry signs in with user and password.
	DockerRegistry *Nested[DockerRegistry]
	// ACRManagedIdentity pulls from an Azure Container Registry as an identity of the container group.
	ACRManagedIdentity *ACRManagedIdentity
}

// ACRManagedIdentity pulls images as a user-assigned identity. It is a part of the job block and no block itself.
type ACRManagedIdentity struct {
	// RegistryURL is the registry's address, such as myregistry.azurecr.io.
	RegistryURL string `json:"registry_url"`
	// Identity is the ARM id of the identity, which the container group must have among its Identities.
	Identity string `json:"identity"`
}

// MarshalJSON writes the one that is set.
func (r ImageRegistry) MarshalJSON() ([]byte, error) {
	if r.ACRManagedIdentity != nil {
		return json.Marshal(r.ACRManagedIdentity)
	}
	return json.Marshal(r.DockerRegistry)
}

// UnmarshalJSON tells the two apart as Prefect does: what has a user and a password is a DockerRegistry.
func (r *ImageRegistry) UnmarshalJSON(data []byte) error {
	*r = ImageRegistry{}
	var keys map[string]json.RawMessage
	if err := unmarshalLax(data, &keys); err != nil {
		return err
	}
	_, user := keys["username"]
	if identity, ok := keys["identity"]; ok && !user && !bytes.Equal(identity, []byte("null")) {
		return unmarshalLax(data, &r.ACRManagedIdentity)
	}
	return unmarshalLax(data, &r.DockerRegistry)
}
