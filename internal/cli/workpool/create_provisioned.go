package workpool

import (
	"encoding/json"
	"slices"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

// provisioned are the variables of a template that provisioning gives their defaults.
var provisioned = []string{"aci_credentials", "image_registry", "identities"}

// checkProvision refuses flags that do not go together with --provision-infra.
func checkProvision(f *poolFlags) error {
	if !f.provision {
		if f.yes {
			return cmdutil.Usage("--yes answers the question of --provision-infra, which is not given", "leave --yes out: nothing else asks")
		}
		return nil
	}
	if f.kind != "" && !cmdutil.ServedByPacific(f.kind) {
		return cmdutil.Usage("--provision-infra: pools of type "+f.kind+" cannot be provisioned", "types: "+templateKinds[0]+", "+templateKinds[1])
	}
	for _, v := range f.defaults.list {
		if v.flag == credentialsFlag || slices.Contains(provisioned, v.variable) {
			return cmdutil.Usage(v.flag+" and --provision-infra cannot be used together", "--provision-infra makes credentials, registry and identity, and writes them into the template")
		}
	}
	return nil
}

// createProvisioned makes what the pool needs in Azure, and then the pool. found is the one that exists; nil: none does.
func createProvisioned(p *cmdutil.Prefect, cmd *cobra.Command, name string, f poolFlags, found *prefect.WorkPool) error {
	group := f.defaults.resourceGroup
	// Both are written into the template by provisioning; the subscription may be a name until then.
	f.defaults.list = slices.DeleteFunc(f.defaults.list, func(v variableDefault) bool {
		return v.flag == "--resource-group" || v.flag == "--subscription"
	})
	pool := cmdutil.PoolToProvision{Name: name, Type: f.kind, Exists: found != nil}
	var err error
	if found == nil {
		pool.Template, err = newPoolTemplate(p, cmd, f)
		pool.Save = func(template json.RawMessage) error {
			_, err := createPoolOf(p, cmd, name, f, template)
			return err
		}
	} else {
		pool.Type = found.Type
		if !cmdutil.ServedByPacific(pool.Type) {
			return cmdutil.Usage("--provision-infra: work pool "+name+" is of type "+pool.Type+", which cannot be provisioned", "types: "+templateKinds[0]+", "+templateKinds[1])
		}
		pool.Template, err = renewedTemplate(p, cmd, *found, f)
		pool.Save = func(template json.RawMessage) error { return overwritePoolWith(p, cmd, *found, f, template) }
	}
	if err != nil {
		return err
	}
	return f.provisioner(cmd, p, pool, cmdutil.ProvisionOptions{ResourceGroup: group, Yes: f.yes})
}
