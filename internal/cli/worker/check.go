package worker

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// check refuses flags that cannot be meant, before anything is read or sent.
func (f *flags) check(cmd *cobra.Command) error {
	given := cmd.Flags().Changed
	if len(f.pools) == 1 {
		f.pool = f.pools[0]
	}
	switch {
	case len(f.pools) > 1:
		return cmdutil.Usage(fmt.Sprintf("worker start serves one pool, got --pool %s and --pool %s", f.pools[0], f.pools[1]), "start a worker for each pool")
	case f.pool == "":
		return cmdutil.Usage("worker start needs --pool, the name of a work pool", "{} lists them", cmdutil.ListPools())
	case slices.Contains(f.queues, ""):
		return cmdutil.Usage("--queue is empty: it must be the name of a queue of the pool", "leave it out for all queues")
	case given("name") && f.name == "":
		return cmdutil.Usage("--name is empty", "leave it out for a name of its own")
	case strings.ContainsAny(f.name, "/%"):
		return cmdutil.Usage(fmt.Sprintf("--name %q: / and %% are not allowed in the name of a worker", f.name), "")
	case given("type") && !slices.Contains(poolTypes, f.kind):
		return cmdutil.UnknownValue("--type", f.kind, poolTypes)
	case given("limit") && f.limit < 1:
		return cmdutil.Usage(fmt.Sprintf("--limit is %d: it must be at least 1", f.limit), "leave it out for no limit")
	case f.prefetch < 0:
		return cmdutil.Usage(fmt.Sprintf("--prefetch is %s: it must not be negative", f.prefetch), "")
	case given("poll") && f.poll <= 0:
		return cmdutil.Usage(fmt.Sprintf("--poll is %s: it must be more than 0", f.poll), "for example --poll 10s")
	case given("base-job-template") && !f.createPool:
		return cmdutil.Usage("--base-job-template is for a pool that is created: it needs --create-pool-if-not-found", "a pool that exists keeps its own; see {}", cmdutil.UpdatePoolHelp())
	case given("keyvault") && f.keyvault == "":
		return cmdutil.Usage("--keyvault is empty: it must be the address of a key vault", "for example --keyvault https://kv-one.vault.azure.net")
	case f.keyvault != "" && given("profile"):
		return cmdutil.Usage("--keyvault and --profile cannot be used together: both name a Prefect API", "leave one of the two out")
	case given("metrics"):
		if err := cmdutil.CheckMonitor("--metrics", f.metrics); err != nil {
			return err
		}
	}
	return f.checkLocal(cmd)
}

// checkLocal refuses what only makes sense with --local, and what does not with it.
func (f *flags) checkLocal(cmd *cobra.Command) error {
	if !f.local {
		return cmdutil.OnlyLocal(cmd)
	}
	if f.keyvault != "" {
		return cmdutil.Usage("--local and --keyvault: the local Azure has no key vault yet", "set PREFECT_API_URL, or use a profile")
	}
	for _, name := range cmdutil.AccountSettings() {
		if cmd.Flags().Changed(name) {
			return cmdutil.Usage(fmt.Sprintf("--local and --%s: the local Azure has its own account", name), "leave one of the two out")
		}
	}
	return nil
}
