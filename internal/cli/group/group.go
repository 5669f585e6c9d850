// Package group has the commands for resource groups, so that no other tool is
// needed to begin.
package group

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific group` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "group COMMAND",
		GroupID: cmdutil.GroupSetup,
		Short:   "Create, list and delete resource groups",
		Long: `Group works on the resource groups of the subscription, in Azure or in a local
Azure, whichever is set. Every job runs in one.`,
		Example: cmdutil.Lines(
			"pacific group create jobs --location westeurope",
			"pacific group ls",
		),
		Args: cmdutil.OnlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newCreate(a), newLs(a), newRm(a))
	return cmdutil.WithoutFiles(cmd)
}

// settingNames are the settings that every command here has as flags. They name the subscription, not a group in it.
var settingNames = []string{"cloud", "credential", "tenant-id", "client-id", "subscription", "output"}

// account is the subscription whose groups a command works on.
type account struct {
	settings     *config.Config
	cloud        *azure.Cloud
	subscription string
	groups       *armresources.ResourceGroupsClient
	resources    *armresources.Client
	repeat       func(context.Context, func(context.Context) error) error
}

func open(ctx context.Context, a *cmdutil.App, cmd *cobra.Command) (*account, error) {
	settings, cloud, subscription, err := a.Account(ctx, cmd)
	if err != nil {
		return nil, err
	}
	credential, err := cloud.Credential()
	if err != nil {
		return nil, err
	}
	factory, err := armresources.NewClientFactory(subscription, credential, cloud.ARMOptions())
	if err != nil {
		return nil, err
	}
	return &account{settings, cloud, subscription, factory.NewResourceGroupsClient(), factory.NewClient(), a.Repeat}, nil
}

func (t *account) wantsJSON() bool { return t.settings.Get("output") == "json" }

// find reads a group.
func (t *account) find(ctx context.Context, name string) (view, error) {
	var found armresources.ResourceGroupsClientGetResponse
	err := t.repeat(ctx, func(ctx context.Context) (err error) {
		found, err = t.groups.Get(ctx, name, nil)
		return err
	})
	if err != nil {
		return view{}, err
	}
	return viewOf(&found.ResourceGroup), nil
}

// notFound reports whether Azure's answer was that there is no such group.
func notFound(err error) bool {
	e := azure.Explain(err)
	return e != nil && e.NotFound()
}

// view is a resource group, in JSON.
type view struct {
	Name     string            `json:"name"`
	Location string            `json:"location"`
	State    string            `json:"provisioningState"`
	Tags     map[string]string `json:"tags"`
	ID       string            `json:"id"`
}

func viewOf(g *armresources.ResourceGroup) view {
	v := view{Name: text(g.Name), Location: text(g.Location), ID: text(g.ID), Tags: map[string]string{}}
	if g.Properties != nil {
		v.State = text(g.Properties.ProvisioningState)
	}
	for name, value := range g.Tags {
		v.Tags[name] = text(value)
	}
	return v
}

func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}

// oneGroup is the argument of create and rm.
func oneGroup(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0 || strings.TrimSpace(args[0]) == "":
		return cmdutil.Usage(cmd.CommandPath()+" needs the name of a resource group", "see {}", cmdutil.Help(cmd))
	case len(args) > 1:
		return cmdutil.Usage(fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), "see {}", cmdutil.Help(cmd))
	}
	return nil
}
