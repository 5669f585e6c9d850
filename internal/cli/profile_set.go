package cli

import (
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// setFlags are where profile set takes a value from that does not stand in the arguments.
type setFlags struct {
	stdin bool
	file  string
}

func (a *app) profileSetCommand() *cobra.Command {
	var f setFlags
	cmd := &cobra.Command{
		Use:   "set K=V… | K --stdin | K --file F",
		Short: "Give settings of a profile their values",
		Long: `Set writes settings into the profile in use, or into --profile. All names and
values are checked before anything is written.

Secrets are refused as arguments, because other users of this machine can read
those: they come from standard input or from a file.`,
		Example: lines(
			"pacific profile set PREFECT_API_URL=http://127.0.0.1:4200/api",
			"pacific profile set --profile prod PREFECT_API_KEY --file key.txt",
			`printf %s "$KEY" | pacific profile set PREFECT_API_KEY --stdin`,
		),
		Args:              cobra.ArbitraryArgs, // checked with the flags
		ValidArgsFunction: completeSettings,
		RunE:              func(cmd *cobra.Command, args []string) error { return a.profileSet(cmd, args, f) },
	}
	cmd.Flags().BoolVar(&f.stdin, "stdin", false, "read the value of the one setting from standard input")
	cmd.Flags().StringVar(&f.file, "file", "", "read the value of the one setting from this `file`")
	a.addPrefectFlags(cmd)
	return cmd
}

func (a *app) profileSet(cmd *cobra.Command, args []string, f setFlags) error {
	values, err := a.settingValues(cmd, args, f)
	if err != nil {
		return err
	}
	p, err := a.openProfiles(cmd)
	if err != nil {
		return err
	}
	name, err := a.profileInUse(p.settings)
	if err != nil {
		return err
	}
	names := namesOf(values, func(v profiles.Entry) string { return v.Name })
	err = a.updateProfiles(p.profiles.Path, func(file *profiles.File) error {
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
	a.say.Status(fmt.Sprintf("set %s in profile %s (%s)", strings.Join(names, ", "), name, p.profiles.Path))
	a.overruled(cmd, names)
	if p.wantsJSON() {
		return a.out.JSON(profileChange{Name: name, Path: p.profiles.Path, Outcome: "set", Settings: names})
	}
	return nil
}

// settingValues reads the arguments. No error repeats a value.
func (a *app) settingValues(cmd *cobra.Command, args []string, f setFlags) ([]profiles.Entry, error) {
	elsewhere := f.stdin || cmd.Flags().Changed("file")
	switch {
	case len(args) == 0:
		return nil, &usageError{cmd.CommandPath() + " needs at least one NAME=VALUE", "for example pacific profile set PREFECT_API_URL=http://127.0.0.1:4200/api"}
	case f.stdin && cmd.Flags().Changed("file"):
		return nil, &usageError{"--stdin and --file exclude each other", ""}
	case elsewhere && len(args) > 1:
		return nil, &usageError{"--stdin and --file give one setting its value, and there are more", "set the others with a command of their own"}
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
			return nil, &usageError{fmt.Sprintf("%s has a value already, so --stdin and --file make no sense", name), "leave one of them out"}
		case !elsewhere && found && (setting.Secret() || urlWithPassword(value)):
			return nil, &usageError{fmt.Sprintf("the value of %s is secret, and other users of this machine can read the arguments of a program", name), wayOfSecrets(name)}
		case !elsewhere && !found && setting.Secret():
			return nil, &usageError{name + " has no value", wayOfSecrets(name)}
		case !elsewhere && !found:
			return nil, &usageError{name + " has no value", "give " + name + "=VALUE"}
		}
		values = append(values, profiles.Entry{Name: name, Value: value})
	}
	if !elsewhere {
		return values, nil
	}
	name := values[0].Name
	var err error
	if f.stdin {
		values[0].Value, err = a.secretFromStdin("--stdin", wayOfSecrets(name))
	} else {
		values[0].Value, err = a.secretFromFile("--file", f.file)
	}
	return values, err
}

func wayOfSecrets(name string) string {
	return fmt.Sprintf(`printf %%s "$VALUE" | pacific profile set %s --stdin, or pacific profile set %s --file FILE`, name, name)
}

// urlWithPassword tells whether a value is an address such as http://user:password@host, even one whose scheme was forgotten:
// whether something of it must not be shown.
func urlWithPassword(value string) bool {
	return profiles.SettingValue{Value: value}.Shown() != value
}
