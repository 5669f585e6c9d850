package doctor

import (
	"cmp"
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// atMostOnePool is the argument.
func atMostOnePool(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return cmdutil.Usage(fmt.Sprintf("%s takes one work pool, got also %q", cmd.CommandPath(), args[1]), "see {}", cmdutil.Help(cmd))
	}
	return nil
}

// checkPool has a line for each thing that provisioning makes for a pool.
func checkPool(a *cmdutil.App, cmd *cobra.Command, pool string, look cmdutil.PoolPlanFunc) []finding {
	subject := "pool " + pool
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return []finding{failedFinding(subject, err, cmd)}
	}
	shown := a.Show(cmdutil.WaitFor("checking " + subject))
	found, err := look(cmd, p, pool)
	shown()
	if err != nil {
		return []finding{failedFinding(subject, err, cmd)}
	}
	var all []finding
	for _, one := range found {
		line := finding{Name: fmt.Sprintf("%s, %s", subject, one.Kind), Status: checkOK, Detail: one.Name}
		switch {
		case one.Action == provision.ActionKeep:
		case one.Kind == provision.KindLogin || one.Kind == provision.KindNamespace:
			// Runs do not need them; whoever deploys from this machine does.
			line.Status, line.Detail = checkNote, one.Detail
			line.Fixes = []string{cmdutil.Advice("to deploy from this machine: {}", cmdutil.ProvisionPool(pool))}
		default:
			line.Status = checkFailed
			line.Detail = one.Name + " is missing"
			if one.Action == provision.ActionUpdate {
				line.Detail = one.Name + " needs a change"
				if one.Detail != "" {
					line.Detail += ": " + one.Detail
				}
			}
			line.Fixes = []string{cmp.Or(one.Hint, cmdutil.Advice("{} makes what is missing", cmdutil.ProvisionPool(pool)))}
		}
		all = append(all, line)
	}
	return all
}
