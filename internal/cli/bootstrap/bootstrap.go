// Package bootstrap has the command that makes an environment from an ARM template.
package bootstrap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/bootstrap"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// flags are what the command is told.
type flags struct {
	group, prefix, vault string
	pool, queue, image   string
	apiURL, keyFile      string
	keyStdin, noWorker   bool
	secrets              []string
	template, parameters string
	print, plan, yes     bool
	destroy, purge       bool
}

// NewCommand makes `pacific bootstrap`.
func NewCommand(a *cmdutil.App) *cobra.Command {
	var f flags
	cmd := &cobra.Command{
		Use:     "bootstrap [flags]",
		GroupID: cmdutil.GroupPrefect,
		Short:   "Make an environment for flows in Azure: network, key vault, identity, worker",
		Long: `Bootstrap makes an environment in which flows run on Azure Container Instances:
a virtual network whose subnet has a NAT gateway, a key vault with the address
and key of your Prefect API and with secrets of your own, a managed identity
that may read those secrets and nothing else, and a container group with a
worker, which starts once its rights are there.

All of it is one ARM template, which --print-template prints: you can also
deploy it with az deployment group create. Secrets are secure parameters, so
that no history of deployments shows them.

It shows what exists and what would be made, and asks. You can interrupt it at
any time and run it again. --destroy deletes what it made.

The worker's --image has no default, because there is no published image yet:
give one that has the program pacific in it, or --no-worker.

--template deploys another template in the place of ours, and names what is
wrong with it.`,
		Example: cmdutil.Lines(
			"pacific bootstrap --work-pool my-pool --image registry.example.com/worker:1",
			"pacific bootstrap --no-worker --plan",
			"pacific bootstrap --no-worker --secret db=@password.txt --yes",
			"pacific bootstrap --template main.json --parameters main.parameters.json",
			"pacific bootstrap --print-template > environment.json",
			"pacific bootstrap --destroy --purge",
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBootstrap(a, cmd, f) },
	}
	f.add(a, cmd)
	return cmdutil.WithoutFiles(cmd)
}

// add gives cmd its flags.
func (f *flags) add(a *cmdutil.App, cmd *cobra.Command) {
	fl := cmd.Flags()
	fl.StringVar(&f.group, "resource-group", bootstrap.DefaultResourceGroup, "`name` of the resource group for all of it")
	fl.StringVar(&f.prefix, "name-prefix", bootstrap.DefaultNamePrefix, "`prefix` of all names")
	fl.StringVar(&f.vault, "keyvault-name", "", "`name` of the key vault, unique in all of Azure (default: that of an earlier run, or one made from the prefix, the subscription and the resource group)")
	fl.StringVar(&f.pool, "work-pool", "", "`name` of the work pool that the worker polls")
	fl.StringVar(&f.queue, "queue", "", "`name` of a work queue of Prefect 2 that an agent polls, instead of a work pool")
	fl.StringVar(&f.apiURL, "prefect-api-url", "", "`address` of the Prefect API for the key vault (default: PREFECT_API_URL of the profile)")
	fl.BoolVar(&f.keyStdin, "prefect-api-key-stdin", false, "read the key of the Prefect API from standard input (default: PREFECT_API_KEY of the profile)")
	fl.StringVar(&f.keyFile, "prefect-api-key-file", "", "read the key of the Prefect API from a `file`")
	fl.StringArrayVar(&f.secrets, "secret", nil, "a secret of your own, as `NAME=@FILE`, or NAME=- for standard input; may be repeated")
	fl.StringVar(&f.image, "image", "", "container `image` of the worker, with the program pacific in it")
	fl.BoolVar(&f.noWorker, "no-worker", false, "make no worker")
	fl.StringVar(&f.template, "template", "", "deploy the ARM template in `file` instead of ours")
	fl.StringVar(&f.parameters, "parameters", "", "`file` with the parameters of --template, or - for standard input")
	fl.BoolVar(&f.print, "print-template", false, "print our ARM template, and do nothing else")
	fl.BoolVar(&f.plan, "plan", false, "show what exists and what would be made, and change nothing")
	fl.BoolVarP(&f.yes, "yes", "y", false, "do not ask")
	fl.BoolVar(&f.destroy, "destroy", false, "delete what was made")
	fl.BoolVar(&f.purge, "purge", false, "with --destroy: delete the key vault and its secrets for good")
	a.AddPrefectFlags(cmd)
	cmdutil.AddSettings(cmd, "cloud", "credential", "tenant-id", "client-id", "subscription", "location")
}

// ofOurs are the flags that fill in our template.
var ofOurs = []string{"name-prefix", "keyvault-name", "work-pool", "queue", "prefect-api-url", "prefect-api-key-stdin", "prefect-api-key-file", "secret", "image", "no-worker"}

// check refuses what can be refused before anything is read or asked of anybody.
func (f *flags) check(cmd *cobra.Command) error {
	changed := cmd.Flags().Changed
	first := func(names []string) string {
		if i := slices.IndexFunc(names, changed); i >= 0 {
			return names[i]
		}
		return ""
	}
	together := func(one, other, why string) error {
		return cmdutil.Usage(fmt.Sprintf("--%s and --%s cannot be used together", one, other), why)
	}
	for _, one := range []struct{ flag, value string }{
		{"prefect-api-url", f.apiURL}, {"prefect-api-key-file", f.keyFile}, {"work-pool", f.pool}, {"queue", f.queue}, {"image", f.image},
		{"template", f.template}, {"parameters", f.parameters},
	} {
		if changed(one.flag) && strings.TrimSpace(one.value) == "" {
			return cmdutil.Usage("--"+one.flag+" is empty", "give a value, or leave it out")
		}
	}
	made := slices.DeleteFunc(slices.Clone(ofOurs), func(name string) bool { return name == "name-prefix" })
	switch {
	case f.plan && f.yes:
		return together("plan", "yes", "--plan changes nothing")
	case f.purge && !f.destroy:
		return cmdutil.Usage("--purge needs --destroy", "--purge is about the key vault that --destroy deletes")
	case f.destroy && first(append(made, "template", "parameters", "location")) != "":
		return together("destroy", first(append(made, "template", "parameters", "location")), "--destroy finds what was made by the resource group and the prefix")
	case f.parameters != "" && f.template == "":
		return cmdutil.Usage("--parameters needs --template", "our own template gets its parameters from the other flags")
	case f.template != "" && first(ofOurs) != "":
		return together("template", first(ofOurs), "give the parameters of the template in a file with --parameters")
	case f.keyStdin && f.keyFile != "":
		return together("prefect-api-key-stdin", "prefect-api-key-file", "")
	}
	if err := f.checkStdin(); err != nil {
		return err
	}
	for _, name := range []struct {
		flag, value string
		check       func(string) error
	}{
		{"resource-group", f.group, provision.CheckResourceGroup}, {"name-prefix", f.prefix, bootstrap.CheckNamePrefix}, {"keyvault-name", f.vault, bootstrap.CheckKeyVault},
	} {
		if !changed(name.flag) {
			continue
		}
		if err := name.check(name.value); err != nil {
			return cmdutil.Usage("--"+name.flag+": "+err.Error(), "")
		}
	}
	return f.checkWorker()
}

// checkWorker refuses a worker that lacks something.
func (f *flags) checkWorker() error {
	if f.destroy || f.template != "" {
		return nil
	}
	switch {
	case f.noWorker && (f.image != "" || f.pool != "" || f.queue != ""):
		return cmdutil.Usage("--no-worker cannot be used with --image, --work-pool or --queue", "leave --no-worker out, or the others")
	case f.noWorker:
		return nil
	case f.image == "":
		return cmdutil.Usage("the worker needs an --image: there is no published image yet", "give an image that has the program pacific in it, or --no-worker for an environment without a worker")
	case f.pool != "" && f.queue != "":
		return cmdutil.Usage("--work-pool and --queue cannot be used together", "a worker polls a work pool, an agent of Prefect 2 a queue")
	case f.pool == "" && f.queue == "":
		return cmdutil.Usage("the worker needs a --work-pool or a --queue", "{} lists the pools; --no-worker makes an environment without a worker", cmdutil.ListPools())
	}
	return aci.CheckImage(f.image)
}

// checkStdin refuses a second value from standard input, which can be read once.
func (f *flags) checkStdin() error {
	var from []string
	if f.keyStdin {
		from = append(from, "--prefect-api-key-stdin")
	}
	for _, given := range f.secrets {
		name, value, ok := strings.Cut(given, "=")
		switch {
		case name == "" && (strings.HasPrefix(value, "@") || value == "-"):
			return cmdutil.Usage("--secret "+given+" has no name", "give --secret NAME=@FILE, or --secret NAME=- for standard input")
		case !ok || name == "":
			return cmdutil.Usage(fmt.Sprintf("--secret %q is not NAME=@FILE or NAME=-", name), "a secret comes from a file or from standard input, never from the command line")
		case value == "-":
			from = append(from, "--secret "+name+"=-")
		case value == "@":
			return cmdutil.Usage("--secret "+given+": the name of the file is empty", "give --secret "+name+"=@FILE")
		case !strings.HasPrefix(value, "@"):
			return cmdutil.Usage("--secret "+name+": the value would be on the command line, where others can see it", fmt.Sprintf("write it into a file and give --secret %s=@FILE, or --secret %s=- for standard input", name, name))
		}
		if err := bootstrap.CheckSecret(name); err != nil {
			return cmdutil.Usage("--secret: "+err.Error(), "")
		}
	}
	for flag, value := range map[string]string{"--template": f.template, "--parameters": f.parameters} {
		if value == "-" {
			from = append(from, flag+" -")
		}
	}
	slices.Sort(from)
	if len(from) > 1 {
		return cmdutil.Usage("standard input can be read once, and "+strings.Join(from, " and ")+" both read it", "give a file for all but one of them")
	}
	return nil
}
