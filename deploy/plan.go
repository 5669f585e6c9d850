package deploy

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// Action is what is done to an object.
type Action string

// The actions of a [Step].
const (
	Create Action = "create"
	Update Action = "update"
	Keep   Action = "keep" // it is as it should be
)

// A Step is one object of a [Plan].
type Step struct {
	// Object is container, flow, code or deployment. A container is a step only where it has to be made.
	Object string
	Action Action
	// Name is the object's: CONTAINER, FLOW, CONTAINER/FOLDER, FLOW/DEPLOYMENT.
	Name string
	// Changes are the fields of a deployment that change, by their names on the server.
	Changes []string
	// Files and Bytes are what is sent of the code.
	Files int
	Bytes int64
}

// A Plan is what [Plan.Apply] would do. It was made without changing anything.
type Plan struct {
	// Steps are in the order in which they are done.
	Steps []Step
	// Deployment is what the server is told. Its FlowID is empty, and the folder of its code left open as FOLDER, while the
	// flow is not there.
	Deployment prefect.DeploymentCreate

	d        Deployment
	clients  Clients
	version  prefect.Version
	schema   json.RawMessage
	place    *place // nil: no code is sent
	infra    prefect.ID
	flow     prefect.ID          // empty: it is not there
	existing *prefect.Deployment // nil: it is not there
	unsent   []File              // of the code, once the flow is there
	// remembered: the folder of the code was noted in the record.
	remembered bool
}

// NewPlan looks at what is there. It changes nothing. Its errors are [*InvalidError], [*EntrypointError], [*StorageError], and
// those of the clients.
func NewPlan(ctx context.Context, c Clients, d Deployment) (*Plan, error) {
	if err := d.Check(); err != nil {
		return nil, err
	}
	p := &Plan{d: d, clients: c}
	var err error
	if p.version, err = c.Prefect.ServerVersion(ctx); err != nil {
		return nil, err
	}
	if p.schema, err = d.Flow.Schema(p.version); err != nil {
		return nil, err
	}
	if err := c.Prefect.CheckSchedules(ctx, d.Schedules); err != nil {
		return nil, err
	}
	if err := checkParameters(p.schema, d.Parameters); err != nil {
		return nil, err
	}
	if err := p.lookup(ctx); err != nil {
		return nil, err
	}
	if err := p.checkStorage(); err != nil {
		return nil, err
	}
	return p, p.compare(ctx)
}

// lookup reads what the deployment refers to, and what is there of it.
func (p *Plan) lookup(ctx context.Context) error {
	client := p.clients.Prefect
	if p.d.Pool != "" {
		pool, err := client.WorkPool(ctx, p.d.Pool)
		if err != nil {
			return asMissing(err, ObjectPool, p.d.Pool)
		}
		if err := variableErrors(jobtemplate.CheckVariables(pool.BaseJobTemplate, p.version, p.variables())); err != nil {
			return err
		}
	}
	if p.d.Infrastructure != "" {
		slug, name, ok := cutBlock(p.d.Infrastructure)
		if !ok {
			return invalid("give its type and name, such as azure-container-instance-job/aci", "infrastructure %q is not a block", p.d.Infrastructure)
		}
		document, err := client.BlockDocumentByName(ctx, slug, name, prefect.MaskSecrets)
		if err != nil {
			return asMissing(err, ObjectBlock, p.d.Infrastructure)
		}
		p.infra = document.ID
		if document.BlockSchema != nil {
			if err := variableErrors(jobtemplate.CheckFields(document.BlockSchema.Fields, p.variables())); err != nil {
				return err
			}
		}
	}
	if p.d.Code != nil {
		var err error
		if p.place, err = p.d.Storage.lookup(ctx, p.clients); err != nil {
			return err
		}
	}
	flow, err := client.FlowByName(ctx, p.d.Flow.Name)
	switch {
	case missing(err):
		return nil
	case err != nil:
		return err
	}
	p.flow = flow.ID
	deployment, err := client.DeploymentByName(ctx, p.d.Flow.Name, p.d.Name)
	switch {
	case missing(err):
		return nil
	case err != nil:
		return err
	}
	p.existing = &deployment
	return nil
}

// byBlock reports whether runs load the code by the storage block itself, as Prefect 2's agents do, and not by a pull step.
// Prefect 2 does so for the runs of a work pool too, which serves blocks that no pull step can use.
func (p *Plan) byBlock() bool {
	return p.place != nil && p.version.Major < 3 && p.place.document != "" && (p.d.Pool == "" || p.place.credentials == nil)
}

// checkStorage refuses a storage that the flow's container could not read.
func (p *Plan) checkStorage() error {
	switch {
	case p.place == nil:
		return nil
	case p.byBlock() && p.place.anonymous:
		return invalid("set azure_storage_anon to false in it, and runs sign in with the identity of their container; or save a connection string",
			"block %s has no secret and does not sign in, so runs could not read the code", p.d.Storage.Block)
	case p.byBlock() || p.place.credentials != nil:
		return nil
	}
	return invalid("save a connection string in its place", "block %s cannot be used: %s", p.d.Storage.Block, p.place.unfit)
}

// compare fills in the steps.
func (p *Plan) compare(ctx context.Context) error {
	if p.place != nil {
		there, err := newBlobs(p.place).hasContainer(ctx, p.recordName())
		if err != nil {
			return err
		}
		if p.place.missing = !there; !there {
			p.Steps = append(p.Steps, Step{Object: "container", Action: Create, Name: p.place.container})
		}
	}
	step := Step{Object: "flow", Action: Keep, Name: p.d.Flow.Name}
	if p.flow == "" {
		step.Action = Create
	}
	p.Steps = append(p.Steps, step)
	if p.place != nil {
		step, err := p.compareCode(ctx)
		if err != nil {
			return err
		}
		p.Steps = append(p.Steps, step)
	}
	p.Deployment = p.desired()
	step = Step{Object: "deployment", Action: Create, Name: p.d.Flow.Name + "/" + p.d.Name}
	if p.existing != nil {
		step.Action, step.Changes = Update, differences(*p.existing, p.Deployment)
		if len(step.Changes) == 0 {
			step.Action = Keep
		}
	}
	p.Steps = append(p.Steps, step)
	return nil
}

// folder is where the code goes, below the place's own folder. The flow's id is in its digest, so that no two servers share
// a folder that one of them deletes.
func (p *Plan) folder() string {
	last := "FOLDER"
	if p.flow != "" {
		last = p.d.Code.digest(string(p.flow), p.d.Name)
	}
	return p.home() + "/" + last
}

// home holds the folders of one deployment, and the records of them.
func (p *Plan) home() string { return slug(p.d.Flow.Name) + "/" + slug(p.d.Name) }

// compareCode asks which files are there.
func (p *Plan) compareCode(ctx context.Context) (Step, error) {
	step := Step{Object: "code", Action: Create, Name: p.place.container + "/" + p.place.below(p.folder())}
	p.unsent = p.d.Code.Files
	if p.flow != "" && !p.place.missing {
		unsent, err := p.missingFiles(ctx)
		if err != nil {
			return step, err
		}
		p.unsent = unsent
	}
	for _, f := range p.unsent {
		step.Files++
		step.Bytes += f.Size
	}
	if len(p.unsent) == 0 {
		step.Action = Keep
	}
	return step, nil
}

// desired is the deployment as it should be.
func (p *Plan) desired() prefect.DeploymentCreate {
	d := p.d
	want := prefect.DeploymentCreate{
		Name: d.Name, FlowID: p.flow, Version: d.Version, Description: d.Flow.Description, Entrypoint: d.Flow.Entrypoint,
		Tags: d.Tags, Parameters: d.Parameters, ParameterOpenAPISchema: p.schema, EnforceParameterSchema: d.EnforceSchema,
		WorkPoolName: d.Pool, WorkQueueName: d.Queue, InfrastructureDocumentID: p.infra, Schedules: d.Schedules,
		JobVariables: p.variables(),
	}
	if want.Version == "" {
		want.Version = d.Flow.Version
	}
	if d.Flow.Command != "" {
		want.JobVariables = withoutEntrypoint(want.JobVariables)
	}
	if p.existing != nil {
		want.Paused = p.existing.Paused
		if d.Schedules == nil {
			want.Schedules = p.existing.Schedules
		}
	}
	switch {
	case p.place == nil && d.Flow.python != nil:
		want.Path = imagePath // where Prefect 2 looks for code that is in the image
	case p.place == nil:
	case p.byBlock():
		want.StorageDocumentID, want.Path = p.place.document, p.folder()
	default:
		want.PullSteps = []map[string]any{{pullStep: map[string]any{
			"requires": p.pullRequires(), "container": p.place.container, "folder": p.place.below(p.folder()), "credentials": p.place.credentials,
		}}}
	}
	return want
}

const (
	// imagePath is where Prefect 2 expects code in an image when a deployment does not say (Deployment.build_from_flow).
	imagePath = "/opt/prefect/flows"
	pullStep  = "prefect_azure.deployments.steps.pull_from_azure_blob_storage"
)

// pullRequires are the packages that a pull step installs where one of them cannot be imported. Prefect imports what it is
// told to require without the version and with "_" for "-", so an extra such as prefect-azure[blob_storage] cannot be
// imported, and pip runs before each flow run, also in an image that has everything. azure.storage.blob is both the name of a
// module and, for pip, that of azure-storage-blob. The limits keep pip from putting another Prefect in the image's place.
func (p *Plan) pullRequires() []string {
	if p.version.Major < 3 {
		return []string{"prefect-azure<0.4", "azure.storage.blob"}
	}
	return []string{"prefect-azure>=0.4", "azure.storage.blob"}
}

// sent lists the names of files, for the record.
func sent(files []File) []string {
	names := make([]string, 0, len(files))
	for _, f := range files {
		names = append(names, f.Path)
	}
	slices.Sort(names)
	return names
}

func (s Step) String() string { return fmt.Sprintf("%s %s %s", s.Action, s.Object, s.Name) }
