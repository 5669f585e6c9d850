package block

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// form is one type of block as a command: `pacific block create SLUG NAME`.
type form struct {
	slug, use, short, long string
	examples               []string
	// command reports whether what stands after -- belongs to the block.
	command bool
	// flags declares the type's own flags.
	flags func(fl *pflag.FlagSet)
	// build makes the block of what was given. It may read from the server, and writes nothing.
	build builder
}

type builder = func(ctx context.Context, in *input) (prefect.Block, error)

// input is the command line of a block that is to be made.
type input struct {
	a       *cmdutil.App
	flags   *pflag.FlagSet
	side    *cmdutil.Prefect
	path    cmdutil.BlockPath
	command []string
	// stdin is the flag that has read standard input; there is nothing left for a second one.
	stdin string
}

// given reports whether a flag was on the command line.
func (in *input) given(flag string) bool { return in.flags.Changed(flag) }

// on reports whether a flag that is yes or no is yes.
func (in *input) on(flag string) bool { return in.text(flag) == "true" }

// text gives a flag's text.
func (in *input) text(flag string) string { return in.flags.Lookup(flag).Value.String() }

// options are the flags that every type has.
type options struct{ overwrite, dryRun bool }

func addOptions(a *cmdutil.App, cmd *cobra.Command, o *options) {
	cmd.Flags().BoolVar(&o.overwrite, "overwrite", false, "give new values to a block that already exists")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "check everything and print the block, secrets masked; nothing is written")
	a.AddPrefectFlags(cmd)
}

func newCreate(a *cmdutil.App) *cobra.Command {
	var o options
	var data string
	cmd := &cobra.Command{
		Use:   "create SLUG NAME --data FILE",
		Short: "Create a block",
		Long: `Create makes a block. Each type below has a command of its own, with a flag for
each field. A block of any type that the server knows can also be made from a
JSON or YAML file with its values. A value {"$ref": "SLUG/NAME"} refers to
another block.

A block that already exists is an error, unless --overwrite is given. It then
keeps its id, so that references to it stay valid, and any value that the new
ones do not replace.`,
		Example: cmdutil.Lines(
			"pacific block create azure-container-instance-credentials aci-sp --from-env",
			"pacific block create string kv-url --value https://vault.vault.azure.net",
			"pacific block create slack-webhook alerts --data webhook.yaml",
		),
		Args: createArgs,
		// The types with commands of their own are completed as those.
		ValidArgsFunction: cmdutil.CompleteArgs(a.BlockTypeNames(formSlugs()...), 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			in := &input{a: a, flags: cmd.Flags(), path: cmdutil.BlockPath{Slug: args[0], Name: args[1]}}
			return runCreate(a, cmd, in, o, plainBlock(data))
		},
	}
	addDataFlag(cmd, &data)
	addOptions(a, cmd, &o)
	for _, form := range forms {
		cmd.AddCommand(newForm(a, form))
	}
	return cmd
}

// forms are the types with commands of their own.
var forms = []form{
	aciCredentialsForm, aciJobForm, azureStorageForm, blobCredentialsForm,
	dockerRegistryForm, dockerRegistryCredentialsForm, secretForm, stringForm,
}

func createArgs(cmd *cobra.Command, args []string) error {
	const see = "see {}"
	switch {
	case len(args) == 0 && cmd.Flags().NFlag() == 0:
		return nil // help
	case len(args) != 2:
		return cmdutil.Usage(fmt.Sprintf("%s takes a type's slug and a name, got %d arguments", cmd.CommandPath(), len(args)), see, cmdutil.Help(cmd))
	case args[0] == "" || strings.ContainsAny(args[0], "/ "):
		return cmdutil.Usage(fmt.Sprintf("%s: %q is not a block type", cmd.CommandPath(), args[0]), "{} lists them", cmdutil.ListBlockTypes())
	case !cmd.Flags().Changed("data"):
		slugs := formSlugs()
		hint := suggest.Hint(args[0], slugs, "types with flags of their own: "+strings.Join(slugs, ", "))
		return cmdutil.Usage(fmt.Sprintf("--data is missing: a block of type %s is made from a file", args[0]), hint)
	}
	return cmdutil.CheckBlockName(cmd.CommandPath(), args[1])
}

func formSlugs() []string {
	var slugs []string
	for _, form := range forms {
		slugs = append(slugs, form.slug)
	}
	slices.Sort(slugs)
	return slugs
}

func newForm(a *cmdutil.App, form form) *cobra.Command {
	var o options
	var data string
	cmd := &cobra.Command{
		Use:     form.use,
		Short:   form.short,
		Long:    form.long,
		Example: cmdutil.Lines(form.examples...),
		Args:    form.args,
		RunE: func(cmd *cobra.Command, args []string) error {
			in := &input{a: a, flags: cmd.Flags(), path: cmdutil.BlockPath{Slug: form.slug, Name: args[0]}, command: args[1:]}
			if !in.given("data") {
				return runCreate(a, cmd, in, o, form.build)
			}
			if err := form.onlyData(in); err != nil {
				return err
			}
			return runCreate(a, cmd, in, o, plainBlock(data))
		},
	}
	form.flags(cmd.Flags())
	addDataFlag(cmd, &data)
	addOptions(a, cmd, &o)
	return cmd
}

// args wants a name, and nothing else before --.
func (f form) args(cmd *cobra.Command, args []string) error {
	const see = "see {}"
	before := len(args)
	if dash := cmd.ArgsLenAtDash(); dash >= 0 && f.command {
		before = dash
	}
	switch {
	case before == 0:
		return cmdutil.Usage(cmd.CommandPath()+" needs a name for the block", see, cmdutil.Help(cmd))
	case before > 1 && f.command:
		return cmdutil.Usage(fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), "put -- before the job's command")
	case before > 1:
		return cmdutil.Usage(fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), see, cmdutil.Help(cmd))
	}
	return cmdutil.CheckBlockName(cmd.CommandPath(), args[0])
}

// savedView is what came of create, in JSON.
type savedView struct {
	blockView
	// Outcome is created, overwritten, or dryRun where nothing was written.
	Outcome string `json:"outcome"`
	// Data holds the block's values, secrets masked.
	Data map[string]any `json:"data"`
}

// runCreate checks all that can be checked before it writes anything.
func runCreate(a *cmdutil.App, cmd *cobra.Command, in *input, o options, build builder) error {
	ctx := cmd.Context()
	var err error
	if in.side, err = a.OpenPrefect(cmd); err != nil {
		return err
	}
	block, err := build(ctx, in)
	if err != nil {
		return err
	}
	s := &blockSave{side: in.side, path: in.path, options: o, say: a.Say}
	if err := s.prepare(ctx, block); err != nil {
		return err
	}
	view := savedView{blockView{Type: in.path.Slug, Name: in.path.Name}, "dryRun", masked(s.data, s.schema)}
	if !o.dryRun {
		document, err := s.write(ctx)
		if err != nil {
			return err
		}
		view.blockView, view.Outcome = viewOfBlock(document), "created"
		if s.exists {
			view.Outcome = "overwritten"
		}
		if view.Type == "" {
			view.Type = in.path.Slug
		}
		a.Say.Status(fmt.Sprintf("block %s: %s", in.path, view.Outcome))
		sayNext(a, cmd, in.path)
	}
	switch {
	case in.side.WantsJSON():
		return a.Out.JSON(view)
	case o.dryRun:
		text, err := json.MarshalIndent(view.Data, "", "  ")
		if err != nil {
			return err
		}
		a.Out.Line("%s", text)
	}
	return nil
}

// sayNext says what a block that was made is for.
func sayNext(a *cmdutil.App, cmd *cobra.Command, path cmdutil.BlockPath) {
	switch path.Slug {
	case cmdutil.SlugACICredentials:
		a.Hint(cmd, "{} makes a work pool that signs in with it", cmdutil.CreatePoolWith(path.Name))
	case cmdutil.SlugACIJob:
		a.Hint(cmd, "{} shows the job; without --dry-run it runs", cmdutil.ShowBlockJob(path.String()))
	default:
		a.Hint(cmd, "{} shows its values", cmdutil.InspectBlock(path.String()))
	}
}
