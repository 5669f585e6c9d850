package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
)

// accountSettings are the settings that every command which talks to Azure has
// as flags.
func accountSettings() []string {
	return []string{"cloud", "credential", "tenant-id", "client-id", "subscription", "resource-group"}
}

// azureSettings are those of a command that prints data of its own; another
// program's output has no JSON form.
func azureSettings() []string { return append(accountSettings(), "output") }

// addSettings gives cmd the flags of settings, made from the settings' own
// table so that flag, environment, file and documentation cannot drift apart.
func addSettings(cmd *cobra.Command, names ...string) {
	for _, s := range config.Settings() {
		if !slices.Contains(names, s.Name) {
			continue
		}
		usage := fmt.Sprintf("%s [$%s]", s.Doc, s.Env)
		cmd.Flags().StringP(s.Name, shorthand(s.Name), "", usage)
		// The flag's own default stays empty: it must be told from "given".
		cmd.Flags().Lookup(s.Name).DefValue = s.Default
		if len(s.Allowed) > 0 {
			must(cmd.RegisterFlagCompletionFunc(s.Name, cobra.FixedCompletions(s.Allowed, cobra.ShellCompDirectiveNoFileComp)))
		}
	}
}

func shorthand(setting string) string {
	if setting == "output" {
		return "o"
	}
	return ""
}

// must is for registrations that fail only by a mistake in this package.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

// lines joins the lines of an example and indents them as help text wants.
func lines(example ...string) string {
	return "  " + strings.Join(example, "\n  ")
}
