package cmdutil

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/config"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Groups of commands in the help.
const (
	GroupJobs    = "jobs"
	GroupPrefect = "prefect"
	GroupSetup   = "setup"
)

// Groups of flags in the help of commands that have many.
const (
	GroupContainer = "Container"
	GroupPrivate   = "Secrets, registries and identities"
	GroupPlace     = "Network and hardware"
	GroupLimits    = "Limits and end"
	GroupAzure     = "Azure"
)

// FlagGroups are the groups of flags in the order of the help; flags of no group ("") come first.
var FlagGroups = []string{"", GroupContainer, GroupPrivate, GroupPlace, GroupLimits, GroupAzure}

const flagGroup = "pacific_flag_group"

// InGroup puts flags of cmd into a group of its help.
func InGroup(cmd *cobra.Command, group string, names ...string) {
	for _, name := range names {
		Must(cmd.Flags().SetAnnotation(name, flagGroup, []string{group}))
	}
}

// FlagGroup is the group that a flag is in, "" for none.
func FlagGroup(f *pflag.Flag) string {
	if group := f.Annotations[flagGroup]; len(group) > 0 {
		return group[0]
	}
	return ""
}

// CloudNames are the clouds that --cloud names; it takes an emulator's address too.
var CloudNames = []string{"public", "china", "government"}

// AccountSettings are the settings that every command which talks to Azure has
// as flags.
func AccountSettings() []string { return slices.Clone(accountNames) }

var accountNames = []string{"cloud", "credential", "tenant-id", "client-id", "subscription", "resource-group"}

// AzureSettings are those of a command that prints data of its own; another
// program's output has no JSON form.
func AzureSettings() []string { return append(AccountSettings(), "output") }

// AddSettings gives cmd the flags of settings, made from the settings' own
// table so that flag, environment, file and documentation cannot drift apart.
func AddSettings(cmd *cobra.Command, names ...string) {
	for _, s := range config.Settings() {
		if !slices.Contains(names, s.Name) {
			continue
		}
		usage := fmt.Sprintf("%s [$%s]", s.Doc, s.Env)
		cmd.Flags().StringP(s.Name, shorthand(s.Name), "", usage)
		if s.Name != "output" {
			InGroup(cmd, GroupAzure, s.Name)
		}
		// The flag's own default stays empty: it must be told from "given".
		cmd.Flags().Lookup(s.Name).DefValue = s.Default
		if s.Name == "cloud" { // an emulator's URL is allowed too
			Must(cmd.RegisterFlagCompletionFunc(s.Name, cobra.FixedCompletions(CloudNames, cobra.ShellCompDirectiveNoFileComp)))
		}
		if len(s.Allowed) > 0 {
			Must(cmd.RegisterFlagCompletionFunc(s.Name, cobra.FixedCompletions(s.Allowed, cobra.ShellCompDirectiveNoFileComp)))
		}
	}
}

func shorthand(setting string) string {
	if setting == "output" {
		return "o"
	}
	return ""
}

// Must is for registrations that fail only by a mistake in this package.
func Must(err error) {
	if err != nil {
		panic(err)
	}
}

// Lines joins the lines of an example and indents them as help text wants.
func Lines(example ...string) string {
	return "  " + strings.Join(example, "\n  ")
}

// IsWide reports whether --output is wide, which only commands that call this have, and makes it the text that it is for all
// others. Call it before the settings are read.
func IsWide(cmd *cobra.Command) bool {
	output := cmd.Flags().Lookup("output").Value
	if output.String() != "wide" {
		return false
	}
	Must(output.Set("text"))
	return true
}
