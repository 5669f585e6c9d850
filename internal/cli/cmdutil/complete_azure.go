package cmdutil

import (
	"context"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// CompleteAzureFlags completes --resource-group, --subscription and --location of a command and those below it with what
// the account can see in Azure. A flag that has a completion of its own keeps it.
func CompleteAzureFlags(a *App, cmd *cobra.Command) {
	for name, complete := range map[string]cobra.CompletionFunc{
		"resource-group": completes(a.GroupNames), "location": completes(a.RegionNames), "subscription": a.completeSubscription,
	} {
		if cmd.LocalNonPersistentFlags().Lookup(name) == nil {
			continue
		}
		if _, has := cmd.GetFlagCompletionFunc(name); !has {
			Must(cmd.RegisterFlagCompletionFunc(name, complete))
		}
	}
	for _, sub := range cmd.Commands() {
		CompleteAzureFlags(a, sub)
	}
}

func completes(list Lister) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
		return Offer(cmd, list, word), cobra.ShellCompDirectiveNoFileComp
	}
}

// GroupNames lists the resource groups of the subscription of the settings.
func (a *App) GroupNames(ctx context.Context, cmd *cobra.Command) ([]string, error) {
	_, cloud, subscription, err := a.Account(ctx, cmd)
	if err != nil {
		return nil, err
	}
	credential, err := cloud.Credential()
	if err != nil {
		return nil, err
	}
	client, err := armresources.NewResourceGroupsClient(subscription, credential, cloud.ARMOptions())
	if err != nil {
		return nil, err
	}
	var names []string
	for pager := client.NewListPager(nil); pager.More(); {
		page, err := pager.NextPage(ctx)
		if err != nil {
			return names, err
		}
		for _, g := range page.Value {
			if g.Name != nil {
				names = append(names, *g.Name)
			}
		}
	}
	return names, nil
}

// RegionNames lists the regions that have container groups.
func (a *App) RegionNames(ctx context.Context, cmd *cobra.Command) ([]string, error) {
	_, cloud, subscription, err := a.Account(ctx, cmd)
	if err != nil {
		return nil, err
	}
	provider, err := cloud.Provider(ctx, subscription, "Microsoft.ContainerInstance")
	return NamesOf(provider.Locations["containerGroups"], provision.RegionName), err
}

// completeSubscription offers the ids, with the names beside them where the shell shows that; a name that is begun is
// completed as a name.
func (a *App) completeSubscription(cmd *cobra.Command, _ []string, word string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names := map[string]string{} // by what stands on the command line
	ids := Offer(cmd, func(ctx context.Context, cmd *cobra.Command) ([]string, error) {
		settings, err := a.Settings(cmd)
		if err != nil {
			return nil, err
		}
		cloud, err := a.Cloud(ctx, settings)
		if err != nil {
			return nil, err
		}
		all, err := cloud.Subscriptions(ctx)
		var words []string
		for _, s := range all {
			switch {
			case !s.Usable():
			case word != "" && strings.HasPrefix(s.Name, word):
				words = append(words, s.Name)
			default:
				words, names[s.ID] = append(words, s.ID), s.Name
			}
		}
		return words, err
	}, word)
	for i, id := range ids {
		if names[id] != "" {
			ids[i] = cobra.CompletionWithDesc(id, names[id])
		}
	}
	return ids, cobra.ShellCompDirectiveNoFileComp
}
