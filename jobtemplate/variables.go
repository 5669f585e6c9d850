package jobtemplate

import (
	"cmp"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

// The kinds of pool that Pacific serves.
const (
	// TypeWorker is a pool whose runs a worker starts.
	TypeWorker = "azure-container-instance"
	// TypePush is a pool whose runs Prefect Cloud starts by itself, or Pacific's worker on a server of one's own.
	TypePush = "azure-container-instance:push"
)

// configuration is a job configuration with Go's types, before it is prepared for a flow run.
type configuration struct {
	name, command, entrypoint, image string
	env                              map[string]*string
	labels                           map[string]string
	resourceGroup, subscription      string
	identities, subnets, dns         []string
	registries                       []aci.Registry
	cpu, memory                      float64
	gpuCount                         int
	gpuSKU                           string
	credentials                      prefect.AzureContainerInstanceCredentials
	streamOutput, keep               bool
	// imageGiven: image is not a default.
	imageGiven                 bool
	startTimeout, pollInterval time.Duration
}

// Prefect's defaults of the two times. In a pool that Prefect made they mean that nobody chose: see [Plan.Job].
const (
	startTimeoutName    = "task_start_timeout_seconds"
	pollIntervalName    = "task_watch_poll_interval"
	defaultStartTimeout = 240 * time.Second
	defaultPollInterval = 5 * time.Second
)

// variable is a job variable: what the server's UI shows of it, and what becomes of its value.
type variable struct {
	name, title, description string
	// schema is its JSON Schema but for title and description.
	schema map[string]any
	// required in a pool's template; requiredPush in one of the push type only.
	required, requiredPush bool
	// read takes the value over; it is neither null nor empty.
	read func(c *configuration, r *reader, field string, v any)
}

type object = map[string]any

// orNull is a schema that null fits too: by it the server lets a deployment or flow run take something away.
func orNull(schema object) []any { return []any{schema, object{"type": "null"}} }

func text() object { return object{"type": "string"} }
func textMap() object {
	return object{"type": "object", "additionalProperties": object{"type": "string"}}
}
func textList() object     { return object{"type": "array", "items": object{"type": "string"}} }
func number(d any) object  { return object{"type": "number", "default": d} }
func boolean(d any) object { return object{"type": "boolean", "default": d} }
func secret() object       { return object{"type": "string", "writeOnly": true, "format": "password"} }

// variables are the job variables. The template of a new pool is made of this table, and every
// job configuration is read by it, so that there is no field that does nothing.
func variables(push bool) []variable {
	return slices.Concat(generalVariables, containerVariables, azureVariables(push))
}

var generalVariables = []variable{
	{name: "name", title: "Name", schema: text(),
		description: "The beginning of the container group's name; the flow run's id follows. Empty: the flow's name. {{ ctx.flow.name }}, {{ ctx.flow_run.name }} and the like are filled in.",
		read:        func(c *configuration, r *reader, f string, v any) { c.name = r.text(f, v) }},
	{name: envName, title: "Environment Variables", schema: object{"type": "object", "additionalProperties": object{"anyOf": orNull(text())}},
		description: "Environment variables of the container. A deployment and a flow run add to them; null takes one away.",
		read:        func(c *configuration, r *reader, f string, v any) { c.env = r.environment(f, v) }},
	{name: "labels", title: "Labels", schema: textMap(),
		description: "Tags of the container group, besides those that identify the flow run. Anyone who may list resources can read them.",
		read:        func(c *configuration, r *reader, f string, v any) { c.labels = r.labels(f, v) }},
	{name: "command", title: "Command", schema: text(),
		description: "The command that runs the flow, put after the entrypoint. Empty: Prefect's own command. It does not go through a shell.",
		read:        func(c *configuration, r *reader, f string, v any) { c.command = r.text(f, v) }},
}

var containerVariables = []variable{
	{name: "image", title: "Image", schema: text(),
		description: "The container's image. Empty: Prefect's own image of the server's version.",
		read: func(c *configuration, r *reader, f string, v any) {
			c.image = cmp.Or(r.text(f, v), c.image)
			c.imageGiven = true
		}},
	{name: "entrypoint", title: "Entrypoint", schema: object{"anyOf": orNull(text()), "default": prefect.DefaultEntrypoint},
		description: "The program that runs the command. A command replaces the image's own entrypoint, so it has to be named here. null: the command runs as it is.",
		read:        func(c *configuration, r *reader, f string, v any) { c.entrypoint = r.text(f, v) }},
	{name: "image_registry", title: "Image Registry (Optional)",
		description: "How to pull from a private registry: as a managed identity (ACRManagedIdentity), or with a user name and a password.",
		read:        func(c *configuration, r *reader, f string, v any) { c.registries = r.registry(f, v) }},
	{name: "cpu", title: "CPU", schema: number(1.0), description: "The number of virtual CPUs.",
		read: func(c *configuration, r *reader, f string, v any) { c.cpu = r.number(f, v) }},
	{name: "memory", title: "Memory", schema: number(1.0), description: "Memory in gigabytes, in steps of 0.1.",
		read: func(c *configuration, r *reader, f string, v any) { c.memory = r.number(f, v) }},
	{name: "gpu_count", title: "GPU Count", schema: object{"type": "integer"}, description: "The number of GPUs; it needs a GPU SKU too. Empty: none.",
		read: func(c *configuration, r *reader, f string, v any) { c.gpuCount = r.whole(f, v) }},
	{name: "gpu_sku", title: "GPU SKU", schema: text(), description: "The kind of GPU, such as V100; it needs a GPU count too. Azure retired GPUs here on 14 July 2025.",
		read: func(c *configuration, r *reader, f string, v any) { c.gpuSKU = r.text(f, v) }},
}

func azureVariables(push bool) []variable {
	credentials := "The service principal that starts container groups. Empty: the credential of the place where the worker runs."
	if push { // nobody's place: Prefect Cloud has no credential of its own
		credentials = "The service principal that starts container groups."
	}
	return []variable{
		{name: "aci_credentials", title: "Azure Container Instance Credentials", requiredPush: true,
			description: credentials,
			read:        func(c *configuration, r *reader, f string, v any) { c.credentials = r.credentials(f, v) }},
		{name: "resource_group_name", title: "Azure Resource Group Name", schema: text(), required: true, description: "The resource group in which container groups are made.",
			read: func(c *configuration, r *reader, f string, v any) { c.resourceGroup = r.text(f, v) }},
		{name: "subscription_id", title: "Azure Subscription ID", schema: secret(), required: true, description: "The subscription of the resource group.",
			read: func(c *configuration, r *reader, f string, v any) { c.subscription = r.text(f, v) }},
		{name: "identities", title: "Identities", schema: textList(),
			description: "User-assigned managed identities that the container may use, as /subscriptions/…/resourceGroups/…/providers/Microsoft.ManagedIdentity/userAssignedIdentities/NAME.",
			read:        func(c *configuration, r *reader, f string, v any) { c.identities = r.texts(f, v) }},
		{name: "subnet_ids", title: "Subnet IDs", schema: textList(), description: "The subnet that the container group joins, as a resource id. Azure supports one.",
			read: func(c *configuration, r *reader, f string, v any) { c.subnets = r.texts(f, v) }},
		{name: "dns_servers", title: "DNS Servers", schema: textList(), description: "Addresses of name servers, which a group in a subnet does not inherit from its network.",
			read: func(c *configuration, r *reader, f string, v any) { c.dns = r.texts(f, v) }},
		{name: "stream_output", title: "Stream Output", schema: boolean(push), description: "Copy the container's output to the log of whoever starts the run.",
			read: func(c *configuration, r *reader, f string, v any) { c.streamOutput = r.boolean(f, v) }},
		{name: startTimeoutName, title: "Task Start Timeout Seconds", schema: object{"type": "integer"},
			description: "How long, in seconds, the container may take to start, including the image pull. Empty: 10 minutes to find capacity, 30 minutes in all.",
			read:        func(c *configuration, r *reader, f string, v any) { c.startTimeout = r.seconds(f, v) }},
		{name: pollIntervalName, title: "Task Watch Poll Interval", schema: object{"type": "number"},
			description: "The longest pause, in seconds, before the state of the container group is read again. Empty: a pause that grows with the age of the run, to stay within Azure's request limits.",
			read:        func(c *configuration, r *reader, f string, v any) { c.pollInterval = r.seconds(f, v) }},
		{name: "keep_container_group", title: "Keep Container Group After Completion", schema: boolean(false),
			description: "Leave the container group in Azure after the run. It costs nothing then, but counts against the quota.",
			read:        func(c *configuration, r *reader, f string, v any) { c.keep = r.boolean(f, v) }},
	}
}

// defaultConfiguration is a configuration in which nothing is given.
func defaultConfiguration(v prefect.Version) configuration {
	return configuration{entrypoint: prefect.DefaultEntrypoint, image: defaultImage(v), cpu: 1, memory: 1}
}

// defaultImage is Prefect's own for a server. Prefect Cloud, and a server whose version is not known, have the newest 3.
func defaultImage(v prefect.Version) string {
	if v.Major < 2 || v.Text == "" || v.Text == "cloud" {
		return prefect.DefaultImage("3")
	}
	return prefect.DefaultImage(v.Text)
}

// readConfiguration reads a job configuration in which all placeholders are replaced, and reports all that is wrong with it.
func readConfiguration(resolved *resolution, v prefect.Version) (configuration, error) {
	c, r := defaultConfiguration(v), &reader{newest: major(v) >= 3, found: resolved.wrong}
	values, somebodys := resolved.values, resolved.somebodys
	for _, variable := range variables(false) {
		value, given := values[variable.name]
		switch {
		case given && value != nil && !empty(value):
			variable.read(&c, r, variable.name, value)
		case given && variable.name == "entrypoint":
			c.entrypoint = "" // the one whose absence is a choice
		}
	}
	if c.startTimeout == defaultStartTimeout && !somebodys(startTimeoutName) {
		c.startTimeout = 0
	}
	if c.pollInterval == defaultPollInterval && !somebodys(pollIntervalName) {
		c.pollInterval = 0
	}
	if count, given := values["gpu_count"]; given && count != nil && !empty(count) && c.gpuCount == 0 {
		c.gpuSKU = "" // none, whatever the pool's kind of GPU is
	}
	r.checkWhole(&c)
	return c, r.err()
}

// checkWhole reports what is missing, and what does not go together.
func (r *reader) checkWhole(c *configuration) {
	if c.resourceGroup == "" {
		r.wrong("resource_group_name", "is missing", "set it in the pool's template or the deployment's job variables")
	}
	if c.subscription == "" {
		r.wrong("subscription_id", "is missing", "set it in the pool's template or the deployment's job variables")
	}
	if (c.gpuCount != 0) != (c.gpuSKU != "") {
		r.wrong("gpu_count and gpu_sku", "must be given together", "give both, or neither")
	}
}
