package demo

import (
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"

	keyvaultdemo "github.com/pacific-aci/pacific/examples/key_vault_demo"
)

// deployFlags are the flags of deploy.
type deployFlags struct {
	pool, name string
	identities []string
	vaultBlock string
	image      string
}

// newDeploy registers the demo's flow, which needs no code in a storage: it is in this program.
func newDeploy(a *cmdutil.App) *cobra.Command {
	f := &deployFlags{}
	cmd := &cobra.Command{
		Use:   "deploy --pool POOL [flags]",
		Short: "Deploy the demo's flow, which is in this program",
		Long: `Deploy registers the flow of pacific demo flow, and a deployment of it in a work
pool. Without --image, the pool is one of a local Azure whose containers are
processes of this machine. It stays as it is if you run it again.`,
		Example: cmdutil.Lines(
			`pacific demo deploy --pool my-pool --identity "$ID"`,
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if f.pool == "" {
				return cmdutil.Usage("demo deploy needs --pool", "{} lists the work pools", cmdutil.ListPools())
			}
			return runDeploy(a, cmd, f)
		},
	}
	fl := cmd.Flags()
	fl.StringVarP(&f.pool, "pool", "p", "", "name of the work `pool`")
	fl.StringVarP(&f.name, "name", "n", names.pool, "name of the deployment")
	fl.StringArrayVar(&f.identities, "identity", nil, "resource `id` of a user-assigned managed identity that the flow has (repeatable: the first is what it signs in as)")
	fl.StringVar(&f.vaultBlock, "vault-block", "", "`name` of the String block with the address of the key vault (default kv-url)")
	fl.StringVar(&f.image, "image", "", "`image` that has this program (default: none, for containers that are processes of this machine)")
	cmdutil.CompleteFlag(cmd, "pool", a.PoolNames())
	a.AddPrefectFlags(cmd)
	return cmd
}

// deployView is a deployment in JSON.
type deployView struct {
	ID       prefect.ID `json:"id"`
	Flow     string     `json:"flow"`
	Name     string     `json:"name"`
	WorkPool string     `json:"workPool"`
}

func runDeploy(a *cmdutil.App, cmd *cobra.Command, f *deployFlags) error {
	ctx := cmd.Context()
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	self := programName
	if f.image == "" {
		if self, err = program(); err != nil {
			return err
		}
	}
	flow, err := p.Client.CreateFlow(ctx, prefect.FlowCreate{Name: keyvaultdemo.Flow.Name()})
	if err != nil {
		return err
	}
	create := prefect.DeploymentCreate{
		Name: f.name, FlowID: flow.ID, WorkPoolName: f.pool, ParameterOpenAPISchema: keyvaultdemo.Flow.ParameterSchema(),
		Description: "Reads a secret of a key vault with the identity of its container.",
		Entrypoint:  "pacific demo flow", Tags: []string{"pacific-demo"}, JobVariables: f.jobVariables(self),
	}
	create.Parameters = f.parameters()
	deployment, err := p.Client.CreateDeployment(ctx, create)
	if err != nil {
		return cmdutil.PoolError(err, f.pool)
	}
	given := flow.Name + "/" + deployment.Name
	a.Say.Status("deployed " + given + " to work pool " + f.pool)
	a.Hint(cmd, "to run it: {}", cmdutil.CreateFlowRun(given))
	if p.WantsJSON() {
		return a.Out.JSON(deployView{deployment.ID, flow.Name, deployment.Name, f.pool})
	}
	return nil
}

// parameters are the flow's defaults. Of several identities, the first is the flow's own; others are for the registry.
func (f *deployFlags) parameters() map[string]any {
	values := map[string]any{}
	if f.vaultBlock != "" {
		values["block"] = f.vaultBlock
	}
	if len(f.identities) > 1 {
		values["identity"] = f.identities[0]
	}
	return values
}

// jobVariables say how a container runs the flow: as this program, which no image has. The container group is kept, to be
// looked at.
func (f *deployFlags) jobVariables(self string) map[string]any {
	variables := map[string]any{"command": cmdutil.ShellWord(self) + " demo flow", "entrypoint": nil, "keep_container_group": true}
	if f.image == "" {
		variables["image_registry"] = nil // nothing is pulled
	} else {
		variables["image"] = f.image
	}
	if len(f.identities) > 0 {
		variables["identities"] = f.identities
	}
	return variables
}
