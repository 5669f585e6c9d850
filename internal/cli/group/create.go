package group

import (
	"context"
	"fmt"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/resources/armresources"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

// localLocation is where a local Azure makes groups when nobody says where: there it does not matter.
const localLocation = "westeurope"

func newCreate(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "create NAME [--location L]",
		Short: "Create a resource group",
		Long: `Create makes a resource group. One that exists stays as it is; that is not
an error, unless --location names another region. On Azure the region is
required; on a local Azure it is westeurope unless given.`,
		Example: cmdutil.Lines("pacific group create jobs --location westeurope"),
		Args:    oneGroup,
		RunE:    func(cmd *cobra.Command, args []string) error { return runCreate(a, cmd, args[0]) },
	}
	cmdutil.AddSettings(cmd, append(settingNames, "location")...)
	return cmd
}

// createdView is what create did, in JSON.
type createdView struct {
	view
	// Created is false for a group that was there.
	Created bool `json:"created"`
}

func runCreate(a *cmdutil.App, cmd *cobra.Command, name string) error {
	ctx := cmd.Context()
	t, err := open(ctx, a, cmd)
	if err != nil {
		return err
	}
	v, created, err := t.create(ctx, name)
	if err != nil {
		return err
	}
	did := "already exists; nothing was changed"
	if created {
		did = "created"
	}
	a.Say.Status(fmt.Sprintf("resource group %s in %s: %s", v.Name, v.Location, did))
	if created && t.settings.Get("resource-group") == "" {
		a.Say.Status("jobs use it with --resource-group " + cmdutil.ShellWord(v.Name) + " or PACIFIC_RESOURCE_GROUP")
	}
	if t.wantsJSON() {
		return a.Out.JSON(createdView{v, created})
	}
	return nil
}

// create makes a group that is not there. An existing one is not written: that would take its tags away.
func (t *account) create(ctx context.Context, name string) (v view, created bool, err error) {
	location := t.settings.Value("location")
	switch v, err := t.find(ctx, name); {
	case err == nil && location.Origin == config.FromFlag && !sameLocation(v.Location, location.Value):
		return view{}, false, cmdutil.WithHint(fmt.Errorf("creating resource group %s in %s: it exists already in %s", name, location.Value, v.Location),
			"choose another name, or leave --location out")
	case err == nil && v.State == "Deleting":
		return view{}, false, cmdutil.WithHint(fmt.Errorf("creating resource group %s: Azure is still deleting the one of that name", name),
			"try again when {} no longer lists it", cmdutil.ListGroups())
	case err == nil:
		return v, false, nil
	case !notFound(err):
		return view{}, false, fmt.Errorf("reading resource group %s: %w", name, err)
	}
	where := location.Value
	if where == "" && t.cloud.Emulated() {
		where = localLocation
	}
	if where == "" {
		return view{}, false, cmdutil.Usage("no location is set for resource group "+name, "give --location, for example westeurope, or set PACIFIC_LOCATION")
	}
	var made armresources.ResourceGroupsClientCreateOrUpdateResponse
	err = t.repeat(ctx, func(ctx context.Context) (err error) {
		made, err = t.groups.CreateOrUpdate(ctx, name, armresources.ResourceGroup{Location: &where}, nil)
		return err
	})
	if err != nil {
		return view{}, false, fmt.Errorf("creating resource group %s: %w", name, err)
	}
	return viewOf(&made.ResourceGroup), true, nil
}

// sameLocation compares regions as Azure does: "West Europe" is westeurope.
func sameLocation(a, b string) bool {
	short := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, " ", "")) }
	return short(a) == short(b)
}
