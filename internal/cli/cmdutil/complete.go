package cmdutil

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completionTime is how long whoever presses Tab waits for Prefect at most. No names are better than a shell that hangs.
const completionTime = 2 * time.Second

// completing marks the context of a lister.
type completing struct{}

// Lister lists what a word of the command line may be. Its error is told to nobody: a shell that completes has no place for it.
type Lister func(ctx context.Context, cmd *cobra.Command) ([]string, error)

// Offer lists what fits to the beginning of a word. Names with control characters are no use to a shell.
func Offer(cmd *cobra.Command, list Lister, word string) []cobra.Completion {
	ctx, cancel := context.WithTimeout(context.WithValue(cmd.Context(), completing{}, true), completionTime)
	defer cancel()
	names, err := list(ctx, cmd)
	if err != nil {
		return nil
	}
	slices.Sort(names)
	return slices.DeleteFunc(slices.Compact(names), func(name string) bool {
		return !strings.HasPrefix(name, word) || console.Flat(name) != name
	})
}

// CompleteArgs completes the arguments of a command that takes so many of a kind (0: any number), each once.
func CompleteArgs(list Lister, limit int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if limit > 0 && len(args) >= limit {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := slices.DeleteFunc(Offer(cmd, list, word), func(name string) bool { return slices.Contains(args, name) })
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// CompleteFlag completes the value of a flag.
func CompleteFlag(cmd *cobra.Command, flag string, list Lister) {
	Must(cmd.RegisterFlagCompletionFunc(flag, completes(list)))
}

// WithoutFiles keeps the shell's names of files away from a command and those below it, but for flags that take a file.
func WithoutFiles(cmd *cobra.Command) *cobra.Command {
	cmd.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if value, _ := pflag.UnquoteUsage(f); value == "file" {
			Must(cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)))
		}
	})
	for _, sub := range cmd.Commands() {
		WithoutFiles(sub)
	}
	return cmd
}

// prefectNames makes a list of what Prefect's API has. It warns of nothing and tries nothing twice.
func (a *App) prefectNames(list func(context.Context, *prefect.Client) ([]string, error)) Lister {
	return func(ctx context.Context, cmd *cobra.Command) ([]string, error) {
		settings, err := a.PrefectSettings(cmd)
		if err != nil {
			return nil, err
		}
		client, err := a.PrefectClient(settings, func(o *prefect.Options) { o.Timeout, o.Retries.Max = completionTime, -1 })
		if err != nil {
			return nil, err
		}
		return list(ctx, client)
	}
}

// PoolNames lists the work pools.
func (a *App) PoolNames() Lister {
	return a.prefectNames(func(ctx context.Context, client *prefect.Client) ([]string, error) {
		pools, err := prefect.Collect(client.WorkPools(ctx, prefect.Query{}))
		return NamesOf(pools, func(p prefect.WorkPool) string { return p.Name }), err
	})
}

// recentRuns is how many flow runs a shell offers: a server has thousands.
const recentRuns = 50

// FlowRunNames lists the names of the latest flow runs, those in one of some states (none: in any).
func (a *App) FlowRunNames(in ...prefect.StateType) Lister {
	return a.prefectNames(func(ctx context.Context, client *prefect.Client) ([]string, error) {
		query := prefect.Query{Sort: prefect.SortExpectedStartTimeDesc, Limit: recentRuns}
		for _, state := range in {
			query.FlowRuns.State.Type.Any = append(query.FlowRuns.State.Type.Any, string(state))
		}
		runs, err := prefect.Collect(client.FlowRuns(ctx, query))
		return NamesOf(runs, func(r prefect.FlowRun) string { return r.Name }), err
	})
}

// BlockNames lists the blocks as SLUG/NAME, those of one type or of all ("").
func (a *App) BlockNames(of string) Lister {
	return a.prefectNames(func(ctx context.Context, client *prefect.Client) ([]string, error) {
		blocks, err := prefect.Collect(client.BlockDocuments(ctx, prefect.BlockDocumentFilter{}, prefect.MaskSecrets))
		blocks = slices.DeleteFunc(blocks, func(b prefect.BlockDocument) bool { return of != "" && SlugOf(b.BlockType) != of })
		return NamesOf(blocks, func(b prefect.BlockDocument) string { return PathOf(b).String() }), err
	})
}

// BlockTypeNames lists the types that the server knows, without some of them.
func (a *App) BlockTypeNames(without ...string) Lister {
	return a.prefectNames(func(ctx context.Context, client *prefect.Client) ([]string, error) {
		types, err := prefect.Collect(client.BlockTypes(ctx, prefect.BlockTypeQuery{}))
		types = slices.DeleteFunc(types, func(t prefect.BlockType) bool { return slices.Contains(without, t.Slug) })
		return NamesOf(types, func(t prefect.BlockType) string { return t.Slug }), err
	})
}

// NamesOf gives the name of each element of a list.
func NamesOf[T any](list []T, name func(T) string) []string {
	names := make([]string, len(list))
	for i, one := range list {
		names[i] = name(one)
	}
	return names
}

// JobNames lists the container groups that Pacific made in the resource group of the settings.
func (a *App) JobNames(ctx context.Context, cmd *cobra.Command) ([]string, error) {
	t, err := a.Open(ctx, cmd)
	if err != nil {
		return nil, err
	}
	groups, err := t.Client.List(ctx, aci.ListOptions{})
	return NamesOf(groups, func(g aci.Group) string { return g.Name }), err
}

// ProfileNames lists the profiles, Prefect's own among them.
func (a *App) ProfileNames(_ context.Context, cmd *cobra.Command) ([]string, error) {
	p, err := a.OpenProfiles(cmd)
	if err != nil {
		return nil, err
	}
	return p.Profiles.Names(), nil
}
