// Package profile has the commands for Prefect's profiles and their settings.
package profile

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific profile` and the commands below it.
func NewCommand(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "profile COMMAND",
		GroupID: cmdutil.GroupPrefect,
		Short:   "Show and change Prefect's profiles and their settings",
		Long: `Profile reads and changes Prefect's own profiles file (~/.prefect/profiles.toml,
or the one of PREFECT_PROFILES_PATH), which Prefect's command line uses too. It
keeps comments, and makes the file readable only by its owner.`,
		Example: cmdutil.Lines(
			"pacific profile ls",
			"pacific profile set PREFECT_API_URL=http://127.0.0.1:4200/api",
		),
		Args: cmdutil.OnlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newLs(a),
		newInspect(a),
		newUse(a),
		newCreate(a),
		newSet(a),
		newUnset(a),
		newRename(a),
		newRm(a),
	)
	return cmdutil.WithoutFiles(cmd)
}

// oneProfile is the argument of use, create and rm.
func oneProfile(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return cmdutil.Usage(cmd.CommandPath()+" needs the name of a profile", "{} lists them", cmdutil.ListProfiles())
	}
	return atMostOneProfile(cmd, args)
}

func atMostOneProfile(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) > 1:
		return cmdutil.Usage(fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), "see {}", cmdutil.Help(cmd))
	case len(args) == 1 && strings.TrimSpace(args[0]) == "":
		return cmdutil.Usage(cmd.CommandPath()+": the name is empty", "{} lists them", cmdutil.ListProfiles())
	}
	return nil
}

// unknownSetting refuses a name that Prefect does not know, with the nearest one that it does; nil for those it knows.
func unknownSetting(name string) error {
	if _, ok := profiles.FindSetting(name); ok {
		return nil
	}
	hint := "settings have names such as PREFECT_API_URL"
	if near := cmdutil.NearestSetting(name); near != "" {
		hint = fmt.Sprintf("did you mean %s?", near)
	}
	return cmdutil.Usage(fmt.Sprintf("unknown Prefect setting %q", name), hint)
}
