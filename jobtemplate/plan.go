package jobtemplate

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/pytext"
	"github.com/pacific-aci/pacific/prefect"
)

// Plan is a job with where it is to run.
type Plan struct {
	// Job is valid: [aci.Job.Validate] has seen it. Its name follows from the run's id and the attempt. Its StartTimeout and
	// PollInterval are zero unless somebody chose them: Prefect's defaults of 240 and 5 seconds, as pools have them, are
	// too short for a large image and too busy for Azure's request limits. (A start timeout of 0, which is none in
	// Prefect, is Pacific's default too: ACI itself gives up after 30 minutes.) Output is nil; see StreamOutput.
	Job aci.Job
	// ResourceGroup and SubscriptionID say where. Both are set. Prefect treats the subscription as a secret.
	ResourceGroup  string
	SubscriptionID prefect.SecretStr
	// Credentials sign in to Azure; all empty for Azure's default credential.
	Credentials prefect.AzureContainerInstanceCredentials
	// Authority is the host that signs the credentials in, from their credential_kwargs; empty: the cloud's own.
	Authority string
	// Name is the infrastructure's name as Prefect has it: the given one, else the flow run's.
	Name string
	// Labels are all labels, of which the job's tags are made.
	Labels map[string]string
	// StreamOutput: the container's output is wanted where the job is started.
	StreamOutput bool
	// Warnings are what the job does not do as it was asked, one sentence each, for whoever starts it.
	Warnings []string
}

// Render makes the job of a flow run from its work pool's template. Nothing that it is given is changed.
//
// The errors are *Error, joined where there are several, or the context's.
func Render(ctx context.Context, in Input) (*Plan, error) {
	resolved, err := in.resolve(ctx)
	if err != nil {
		return nil, err
	}
	return in.render(ctx, resolved)
}

// render makes the job of a configuration with everything in its place.
func (in *Input) render(ctx context.Context, resolved *resolution) (*Plan, error) {
	c, err := readConfiguration(resolved, in.Version)
	if err != nil {
		return nil, err
	}
	command, err := in.command(c.command)
	if err != nil {
		return nil, err
	}
	name := ""
	if c.name != "" {
		if name, err = in.renderName(c.name); err != nil {
			return nil, err
		}
	}
	env := in.environment(c.env, true)
	m := made{command: command, name: name, env: env, labels: in.labels(c.labels, false)}
	if resolved.arm != nil {
		if m.base, err = resolved.arm.group(ctx, c, in.groupName(name)); err != nil {
			return nil, err
		}
	}
	plan, err := in.plan(c, m)
	if err != nil {
		return nil, err
	}
	plan.Warnings = append(plan.Warnings, resolved.unused...)
	return plan, nil
}

// Resolve gives the pool's job configuration for the run as it stands before anything is made of it: all placeholders
// and references replaced, secrets in clear. arm_template is left out. [Render] begins with it. As in Prefect a value, variable
// or name of the environment that is not there leaves nothing in its place; Render refuses such a template.
func Resolve(ctx context.Context, in Input) (map[string]any, error) {
	resolved, err := in.resolve(ctx)
	if err != nil {
		return nil, err
	}
	return resolved.values, nil
}

// resolution is a job configuration with everything in its place.
type resolution struct {
	values map[string]any
	// arm is the pool's own ARM template; nil: it has Prefect's default.
	arm *ownTemplate
	// somebodys reports whether somebody chose the value of a variable, and it is no more than Prefect's default.
	somebodys func(variable string) bool
	// wrong are the references that found nothing, and the environments that are no map.
	wrong []error
	// unused are warnings of job variables that do nothing.
	unused []string
	// origins say where the values come from.
	origins *origins
}

func (in *Input) resolve(ctx context.Context) (*resolution, error) {
	if in.FlowRun.ID == "" {
		return nil, &Error{Kind: ErrValue, Field: "flow run", Problem: "has no id", Want: "read it from the server first"}
	}
	var template baseJobTemplate
	if len(in.Template) > 0 {
		if err := decode(in.Template, &template); err != nil {
			return nil, &Error{Kind: ErrTemplate, Field: "base job template", Problem: "it is not of the form that Prefect keeps", Err: err}
		}
	}
	if len(template.JobConfiguration) == 0 {
		return nil, &Error{Kind: ErrTemplate, Problem: "the work pool has no job configuration in its base job template", Want: "give the pool a base job template with a job_configuration"}
	}
	var ofDeployment map[string]any
	if in.Deployment != nil {
		ofDeployment = in.Deployment.JobVariables
	}
	layers, err := plain([]map[string]any{ofDeployment, in.FlowRun.JobVariables})
	if err != nil {
		return nil, &Error{Kind: ErrValue, Field: "job variables", Problem: "cannot be written as JSON", Err: err}
	}
	resolver := newResolver(in.Lookups, in.Version)
	if err := in.resolveEnv(ctx, resolver, &template, layers); err != nil {
		return nil, err
	}
	chosen, err := jobVariables(layers[0], layers[1], in.newest())
	if err != nil {
		return nil, err
	}
	own := template.JobConfiguration[armTemplate]
	if !saysMore(own) {
		own = nil
		template.takeRequests()
	}
	filler := &filler{env: in.Lookups.Env, newest: in.newest()}
	resolved, err := resolver.resolve(ctx, template.configuration(filler, chosen))
	if err != nil {
		return nil, err
	}
	values, _ := resolved.(map[string]any)
	var arm *ownTemplate
	if own != nil {
		if arm, err = newOwnTemplate(ctx, own, filler, resolver); err != nil {
			return nil, err
		}
	}
	return &resolution{
		values: values, arm: arm, wrong: append(filler.missed, resolver.wrong...), origins: newOrigins(in, template, layers),
		unused: template.unused(chosen),
		somebodys: func(variable string) bool {
			_, ok := chosen.values[variable]
			return ok || template.says(variable)
		},
	}, nil
}

// flowRunCommand is Prefect's own for a flow run, of 3.x and of 2.20's last releases.
func flowRunCommand() []string { return []string{"prefect", "flow-run", "execute"} }

// command splits a command: 3.x by the rules of a POSIX shell, 2.20 at every blank, but for those at its beginning, which
// would make the program's name empty. One without a word is none.
func (in *Input) command(command string) ([]string, error) {
	if strings.TrimSpace(command) == "" {
		return flowRunCommand(), nil
	}
	if !in.newest() {
		return strings.Split(strings.TrimLeft(command, " "), " "), nil
	}
	split, err := words(command)
	if err != nil {
		return nil, &Error{Kind: ErrValue, Field: "command", Problem: "cannot be split into words", Err: err, Want: "quote it as for a shell"}
	}
	return split, nil
}

// renderName fills the flow's and the run's fields into a name, which 2.20 does not do. A name that is one placeholder
// without a value stays as it is, as in Prefect.
func (in *Input) renderName(name string) (string, error) {
	if !in.newest() {
		return name, nil
	}
	about := struct {
		Flow    any `json:"flow"`
		FlowRun any `json:"flow_run"`
	}{Flow: object{}, FlowRun: in.FlowRun}
	if in.Flow != nil {
		about.Flow = in.Flow
	}
	values, err := plain[any](about)
	if err != nil {
		return "", &Error{Kind: ErrValue, Field: "name", Problem: "the flow run is not valid JSON", Err: err}
	}
	// A field that this run does not have is empty, as in Prefect: the name decides nothing.
	rendered := (&filler{values: object{contextName: values}, env: in.Lookups.Env, newest: true}).fill(name, nameName)
	if rendered == (missing{}) {
		return name, nil
	}
	if rendered == nil {
		return "", nil
	}
	return pytext.Str(rendered), nil
}

// made is what differs in the making between a template and a block.
type made struct {
	command []string
	// name is the one that the user gives, empty if none.
	name        string
	env, labels map[string]string
	// base is a job with the container group of the pool's own ARM template as its Base; nil: there is none.
	base *baseGroup
}

// plan puts a job together and checks it.
func (in *Input) plan(c configuration, m made) (*Plan, error) {
	tags, dropped, err := tags(m.labels, c.labels)
	if err != nil {
		return nil, err
	}
	plan := &Plan{
		ResourceGroup: c.resourceGroup, SubscriptionID: prefect.SecretStr(c.subscription), Credentials: c.credentials,
		Name: cmp.Or(m.name, in.FlowRun.Name), Labels: m.labels, StreamOutput: c.streamOutput,
		Job: aci.Job{
			Name: in.groupName(m.name), Image: c.image, Command: m.command, CPU: c.cpu, MemoryGB: c.memory,
			GPUCount: c.gpuCount, GPUSKU: c.gpuSKU, Env: m.env, Identities: c.identities, Registries: c.registries,
			SubnetIDs: c.subnets, DNSServers: c.dns, StartTimeout: c.startTimeout, PollInterval: c.pollInterval, Tags: tags,
		},
	}
	if m.base != nil {
		m.base.lay(&plan.Job)
	}
	if len(m.command) > 0 {
		plan.Job.Entrypoint = c.entrypoint
	}
	if authority, ok := c.credentials.CredentialKwargs[authorityName].(string); ok {
		plan.Authority = authority
	}
	for _, name := range slices.Sorted(maps.Keys(c.credentials.CredentialKwargs)) {
		if name != authorityName {
			plan.Warnings = append(plan.Warnings, fmt.Sprintf("credential_kwargs: %s is only known to Azure's Python library and does nothing here", name))
		}
	}
	if len(dropped) > 0 {
		plan.Warnings = append(plan.Warnings, fmt.Sprintf("Azure takes %d tags, so the labels %s are not among the container group's", maxTags, strings.Join(dropped, ", ")))
	}
	if c.keep {
		plan.Job.Keep = aci.KeepAlways
	}
	if in.Attempt > 0 {
		plan.Job.Tags[aci.TagAttempt] = strconv.Itoa(in.Attempt)
	}
	if err := plan.Job.Validate(); err != nil {
		return nil, inPrefectsWords(err)
	}
	return plan, nil
}

// groupName is the container group's name: what a person would call it, and the run's id.
func (in *Input) groupName(name string) string {
	unique := string(in.FlowRun.ID)
	if in.Attempt > 1 {
		unique += "-" + strconv.Itoa(in.Attempt)
	}
	if name == "" && in.Flow != nil {
		name = in.Flow.Name
	}
	return aci.NameFor(pytext.Slug(cmp.Or(name, in.FlowRun.Name)), unique)
}
