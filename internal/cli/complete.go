package cli

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completionTime is how long whoever presses Tab waits for Prefect at most. No names are better than a shell that hangs.
const completionTime = 2 * time.Second

// lister lists what a word of the command line may be. Its error is told to nobody: a shell that completes has no place for it.
type lister func(ctx context.Context, cmd *cobra.Command) ([]string, error)

// offer lists what fits to the beginning of a word. Names with control characters are no use to a shell.
func offer(cmd *cobra.Command, list lister, word string) []cobra.Completion {
	ctx, cancel := context.WithTimeout(cmd.Context(), completionTime)
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

// completeArgs completes the arguments of a command that takes so many of a kind (0: any number), each once.
func completeArgs(list lister, limit int) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		if limit > 0 && len(args) >= limit {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		names := slices.DeleteFunc(offer(cmd, list, word), func(name string) bool { return slices.Contains(args, name) })
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFlag completes the value of a flag.
func completeFlag(cmd *cobra.Command, flag string, list lister) {
	must(cmd.RegisterFlagCompletionFunc(flag, func(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return offer(cmd, list, word), cobra.ShellCompDirectiveNoFileComp
	}))
}

// withoutFiles keeps the shell's names of files away from a command and those below it, but for flags that take a file.
func withoutFiles(cmd *cobra.Command) *cobra.Command {
	cmd.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if value, _ := pflag.UnquoteUsage(f); value == "file" {
			must(cmd.RegisterFlagCompletionFunc(f.Name, cobra.FixedCompletions(nil, cobra.ShellCompDirectiveDefault)))
		}
	})
	for _, sub := range cmd.Commands() {
		withoutFiles(sub)
	}
	return cmd
}

// prefectNames makes a list of what Prefect's API has. It warns of nothing and tries nothing twice.
func (a *app) prefectNames(list func(context.Context, *prefect.Client) ([]string, error)) lister {
	return func(ctx context.Context, cmd *cobra.Command) ([]string, error) {
		settings, err := a.prefectSettings(cmd)
		if err != nil {
			return nil, err
		}
		client, err := a.prefectClient(settings, func(o *prefect.Options) { o.Timeout, o.Retries.Max = completionTime, -1 })
		if err != nil {
			return nil, err
		}
		return list(ctx, client)
	}
}

// poolNames lists the work pools.
func (a *app) poolNames() lister {
	return a.prefectNames(func(ctx context.Context, client *prefect.Client) ([]string, error) {
		pools, err := prefect.Collect(client.WorkPools(ctx, prefect.Query{}))
		return namesOf(pools, func(p prefect.WorkPool) string { return p.Name }), err
	})
}

// blockNames lists the blocks as SLUG/NAME, those of one type or of all ("").
func (a *app) blockNames(of string) lister {
	return a.prefectNames(func(ctx context.Context, client *prefect.Client) ([]string, error) {
		blocks, err := prefect.Collect(client.BlockDocuments(ctx, prefect.BlockDocumentFilter{}, prefect.MaskSecrets))
		blocks = slices.DeleteFunc(blocks, func(b prefect.BlockDocument) bool { return of != "" && slugOf(b.BlockType) != of })
		return namesOf(blocks, func(b prefect.BlockDocument) string { return pathOf(b).String() }), err
	})
}

// blockTypeNames lists the types that the server knows, without some of them.
func (a *app) blockTypeNames(without ...string) lister {
	return a.prefectNames(func(ctx context.Context, client *prefect.Client) ([]string, error) {
		types, err := prefect.Collect(client.BlockTypes(ctx, prefect.BlockTypeQuery{}))
		types = slices.DeleteFunc(types, func(t prefect.BlockType) bool { return slices.Contains(without, t.Slug) })
		return namesOf(types, func(t prefect.BlockType) string { return t.Slug }), err
	})
}

func namesOf[T any](list []T, name func(T) string) []string {
	names := make([]string, len(list))
	for i, one := range list {
		names[i] = name(one)
	}
	return names
}

// profileNames lists the profiles, Prefect's own among them.
func (a *app) profileNames(_ context.Context, cmd *cobra.Command) ([]string, error) {
	p, err := a.openProfiles(cmd)
	if err != nil {
		return nil, err
	}
	return p.profiles.Names(), nil
}

// setNames lists the settings that the profile in use has.
func (a *app) setNames(_ context.Context, cmd *cobra.Command) ([]string, error) {
	p, err := a.openProfiles(cmd)
	if err != nil {
		return nil, err
	}
	profile, _ := p.profiles.Profile(p.settings.Profile)
	return namesOf(profile.Settings, func(s profiles.Entry) string { return s.Name }), nil
}

// settableNames lists the settings that a profile may have, by the names of Prefect 3.9 and of 2.20.
func settableNames(context.Context, *cobra.Command) ([]string, error) {
	var names []string
	for _, s := range profiles.KnownSettings() {
		if s.InProfile() {
			names = append(names, s.Name, s.Name2)
		}
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == "" }), nil
}

// completeSettings completes the arguments of profile set: NAME= for a value that follows, NAME where the value comes from
// elsewhere, as a secret always does.
func completeSettings(cmd *cobra.Command, args []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	elsewhere := cmd.Flags().Changed("stdin") || cmd.Flags().Changed("file")
	if elsewhere && len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var names []cobra.Completion
	for _, name := range offer(cmd, settableNames, word) {
		setting, _ := profiles.FindSetting(name)
		if slices.ContainsFunc(args, func(arg string) bool { return strings.HasPrefix(arg+"=", name+"=") }) {
			continue
		}
		if !elsewhere && !setting.Secret() {
			name += "="
		}
		names = append(names, name)
	}
	if elsewhere {
		return names, cobra.ShellCompDirectiveNoFileComp
	}
	return names, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}
