package profile

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// setFlags are where profile set takes a value from that does not stand in the arguments.
type setFlags struct {
	stdin bool
	file  string
}

func newSet(a *cmdutil.App) *cobra.Command {
	var f setFlags
	cmd := &cobra.Command{
		Use:   "set K=V… | K [--stdin | --file F]",
		Short: "Change settings of a profile",
		Long: `Set changes settings in the profile in use, or in the one of --profile. It
checks all names and values before it writes anything.

A secret without a value is asked for on a terminal. Elsewhere give it on
standard input or in a file. Secrets are refused as arguments, because other
users of this machine can read those.`,
		Example: cmdutil.Lines(
			"pacific profile set PREFECT_API_URL=http://127.0.0.1:4200/api",
			"pacific profile set PREFECT_API_KEY",
			"pacific profile set --profile prod PREFECT_API_KEY --file key.txt",
			`printf %s "$KEY" | pacific profile set PREFECT_API_KEY --stdin`,
		),
		Args:              cobra.ArbitraryArgs, // checked with the flags
		ValidArgsFunction: completeSettings,
		RunE:              func(cmd *cobra.Command, args []string) error { return runSet(a, cmd, args, f) },
	}
	cmd.Flags().BoolVar(&f.stdin, "stdin", false, "read the value of the one setting from standard input")
	cmd.Flags().StringVar(&f.file, "file", "", "read the value of the one setting from this `file`")
	a.AddPrefectFlags(cmd)
	return cmd
}

func runSet(a *cmdutil.App, cmd *cobra.Command, args []string, f setFlags) error {
	values, err := settingValues(a, cmd, args, f)
	if err != nil {
		return err
	}
	for _, v := range values {
		if (v.Name == "PREFECT_API_KEY" || v.Name == "PREFECT_API_AUTH_STRING") && strings.ContainsAny(v.Value, "\r\n") {
			return cmdutil.Usage("the value of "+v.Name+" has more than one line", "give the secret alone, on one line")
		}
	}
	p, err := a.OpenProfiles(cmd)
	if err != nil {
		return err
	}
	name, err := a.ProfileInUse(p.Settings)
	if err != nil {
		return err
	}
	names := cmdutil.NamesOf(values, func(v profiles.Entry) string { return v.Name })
	err = a.UpdateProfiles(p.Profiles.Path, func(file *profiles.File) error {
		for _, v := range values {
			// 2.20 reads its own names alone, 3.x reads both: a name of 2.20's stays as it was given.
			setting, _ := profiles.FindSetting(v.Name)
			file.Prefect2 = setting.Name2 == v.Name && setting.Name != v.Name
			if err := file.Set(name, v.Name, v.Value); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	a.Say.Status(fmt.Sprintf("set %s in profile %s (%s)", strings.Join(names, ", "), name, p.Profiles.Path))
	a.Overruled(cmd, names)
	for _, v := range values {
		if v.Name == "PREFECT_API_URL" && profiles.LacksAPI(v.Value) {
			a.Say.Warning("PREFECT_API_URL does not end in /api, as the address of a Prefect server does")
			a.HintAtAPI(cmd, profiles.SettingValue{Value: v.Value, Origin: profiles.OriginProfile}, name)
		}
	}
	if p.WantsJSON() {
		return a.Out.JSON(profileChange{Name: name, Path: p.Profiles.Path, Outcome: "set", Settings: names})
	}
	return nil
}

// settingValues reads the arguments. No error repeats a value.
func settingValues(a *cmdutil.App, cmd *cobra.Command, args []string, f setFlags) ([]profiles.Entry, error) {
	elsewhere := f.stdin || cmd.Flags().Changed("file")
	switch {
	case len(args) == 0:
		return nil, cmdutil.Usage(cmd.CommandPath()+" needs at least one NAME=VALUE", "for example {}", cmdutil.SetLocalAPI())
	case f.stdin && cmd.Flags().Changed("file"):
		return nil, cmdutil.Usage("--stdin and --file cannot be used together", "")
	case elsewhere && len(args) > 1:
		return nil, cmdutil.Usage("--stdin and --file set one setting, and several are given", "set the others in a separate command")
	}
	var values []profiles.Entry
	for _, arg := range args {
		name, value, found := strings.Cut(arg, "=")
		if err := unknownSetting(name); err != nil {
			return nil, err
		}
		setting, _ := profiles.FindSetting(name)
		switch {
		case elsewhere && found:
			return nil, cmdutil.Usage(fmt.Sprintf("%s already has a value, so --stdin and --file cannot be used", name), "leave one of them out")
		case !elsewhere && found && (setting.Secret() || cmdutil.URLWithPassword(value)):
			return nil, cmdutil.Usage(fmt.Sprintf("the value of %s is secret, and other users of this machine can read the arguments of a program", name), wayOfSecrets, cmdutil.SetSecret(name), cmdutil.SetSecretFromFile(name))
		case !elsewhere && !found && setting.Secret() && a.CanAskSecret():
			var err error
			if value, err = a.AskSecret(cmd.Context(), name); err != nil {
				return nil, err
			}
		case !elsewhere && !found && setting.Secret():
			return nil, cmdutil.Usage(name+" has no value", wayOfSecrets, cmdutil.SetSecret(name), cmdutil.SetSecretFromFile(name))
		case !elsewhere && !found:
			return nil, cmdutil.Usage(name+" has no value", "give "+name+"=VALUE")
		}
		values = append(values, profiles.Entry{Name: name, Value: value})
	}
	if !elsewhere {
		return values, nil
	}
	name := values[0].Name
	var err error
	if f.stdin {
		values[0].Value, err = a.SecretFromStdin(cmd.Context(), "--stdin", wayOfSecrets, cmdutil.SetSecret(name), cmdutil.SetSecretFromFile(name))
	} else {
		values[0].Value, err = a.SecretFromFile(cmd.Context(), "--file", f.file)
	}
	return values, err
}

// wayOfSecrets is the hint for a secret that is given in a way that others can read.
const wayOfSecrets = `printf %s "$VALUE" | {}, or {}`
