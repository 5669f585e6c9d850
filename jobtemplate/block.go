package jobtemplate

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/pytext"
	"github.com/pacific-aci/pacific/prefect"
)

// uniqueLength is how much Prefect's block puts behind a name.
const uniqueLength = 10

// FromBlock makes the job of an azure-container-instance-job block: as an agent of Prefect 2 does for in.FlowRun, or,
// where that has no id, for the block's own command. Without one the image's own runs, and the entrypoint is not put
// before it. Blocks inside of the block that have not been read with it come from in.Lookups.
//
// It does as the block of 2.20.27 does whatever the version, with the improvements that the package tells of: labels
// become tags, null takes an environment variable away, all values are secret, and the default times stand for
// Pacific's own.
func FromBlock(ctx context.Context, block prefect.AzureContainerInstanceJob, in Input) (*Plan, error) {
	r := &reader{}
	c := configuration{
		name: block.Name, image: cmp.Or(block.Image, defaultImage(in.Version)), env: block.Env, labels: block.Labels,
		resourceGroup: block.ResourceGroupName, subscription: string(block.SubscriptionID), identities: block.Identities,
		subnets: block.SubnetIDs, dns: block.DNSServers, cpu: block.CPU, memory: block.Memory, gpuCount: block.GPUCount, gpuSKU: block.GPUSKU,
		entrypoint: prefect.DefaultEntrypoint, streamOutput: block.StreamOutput != nil && *block.StreamOutput,
	}
	if block.Entrypoint != nil {
		c.entrypoint = *block.Entrypoint
	}
	r.blockTimes(&c, block)
	resolver := newResolver(in.Lookups, in.Version)
	credentials, err := nested(ctx, resolver, block.ACICredentials, "aci_credentials")
	if err != nil {
		return nil, err
	}
	c.credentials = credentials
	r.checkCredentials("aci_credentials", credentials)
	if c.registries, err = r.blockRegistry(ctx, resolver, block.ImageRegistry); err != nil {
		return nil, err
	}
	r.checkWhole(&c)
	if err := r.err(); err != nil {
		return nil, err
	}
	m := made{command: block.Command, name: cmp.Or(block.Name, in.FlowRun.Name), env: in.environment(block.Env, false), labels: in.labels(block.Labels, true)}
	if len(m.command) == 0 && in.FlowRun.ID != "" {
		m.command = flowRunCommand()
	}
	plan, err := in.plan(c, m)
	if err != nil || in.FlowRun.ID != "" {
		return plan, err
	}
	plan.Job.Name = "" // the job makes one of the image's
	if block.Name != "" {
		plan.Job.Name = aci.NameFor(pytext.Slug(block.Name), strings.ToLower(rand.Text()[:uniqueLength]))
	}
	return plan, nil
}

// blockTimes takes the two times over. Prefect's defaults stand in every document, so they mean that nobody chose.
func (r *reader) blockTimes(c *configuration, block prefect.AzureContainerInstanceJob) {
	if s := block.TaskStartTimeoutSeconds; s != nil {
		c.startTimeout = r.seconds("task_start_timeout_seconds", numberOf(*s))
	}
	if c.startTimeout == defaultStartTimeout {
		c.startTimeout = 0
	}
	c.pollInterval = r.seconds("task_watch_poll_interval", numberOf(block.TaskWatchPollInterval))
	if c.pollInterval == defaultPollInterval {
		c.pollInterval = 0
	}
}

func numberOf[T int | float64](n T) any {
	encoded, err := json.Marshal(n)
	if err != nil { // an infinity or no number at all
		return "not a number"
	}
	return json.Number(encoded)
}

// nested gives the block inside of a block: what was read with it, else what is looked up by its id.
func nested[T any](ctx context.Context, r *resolver, n prefect.Nested[T], path string) (T, error) {
	var value T
	if n.Value != nil {
		return *n.Value, nil
	}
	if n.DocumentID == "" {
		return value, nil
	}
	data, err := r.block(ctx, BlockKey{ID: n.DocumentID}, path)
	if err != nil {
		return value, err
	}
	encoded, err := json.Marshal(data)
	if err == nil {
		err = json.Unmarshal(encoded, &value)
	}
	if err != nil {
		return value, &Error{Kind: ErrReference, Field: path, Problem: "the block " + string(n.DocumentID) + " has the wrong type for this field"}
	}
	return value, nil
}

func (r *reader) blockRegistry(ctx context.Context, resolver *resolver, given *prefect.ImageRegistry) ([]aci.Registry, error) {
	switch {
	case given == nil:
		return nil, nil
	case given.DockerRegistry != nil:
		docker, err := nested(ctx, resolver, *given.DockerRegistry, "image_registry")
		if err != nil {
			return nil, err
		}
		return r.registry("image_registry", object{"registry_url": docker.RegistryURL, "username": docker.Username, "password": string(docker.Password)}), nil
	case given.ACRManagedIdentity != nil:
		return r.registry("image_registry", object{"registry_url": given.ACRManagedIdentity.RegistryURL, "identity": given.ACRManagedIdentity.Identity}), nil
	}
	return nil, nil
}
