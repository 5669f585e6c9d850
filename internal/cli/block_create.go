package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// blockForm is one type of block as a command: `pacific block create SLUG NAME`.
type blockForm struct {
	slug, use, short, long string
	examples               []string
	// command tells whether what stands after -- belongs to the block.
	command bool
	// flags declares the type's own flags.
	flags func(fl *pflag.FlagSet)
	// build makes the block of what was given. It may read from the server, and writes nothing.
	build blockBuilder
}

type blockBuilder = func(ctx context.Context, in *blockInput) (prefect.Block, error)

// blockInput is the command line of a block that is to be made.
type blockInput struct {
	a       *app
	flags   *pflag.FlagSet
	side    *prefectSide
	path    blockPath
	command []string
	// stdin is the flag that has read standard input; there is nothing left for a second one.
	stdin string
}

// given tells whether a flag was on the command line.
func (in *blockInput) given(flag string) bool { return in.flags.Changed(flag) }

// on tells whether a flag that is yes or no is yes.
func (in *blockInput) on(flag string) bool { return in.text(flag) == "true" }

// text gives a flag's text.
func (in *blockInput) text(flag string) string { return in.flags.Lookup(flag).Value.String() }

// blockOptions are the flags that every type has.
type blockOptions struct{ overwrite, dryRun bool }

func (a *app) addBlockOptions(cmd *cobra.Command, o *blockOptions) {
	cmd.Flags().BoolVar(&o.overwrite, "overwrite", false, "give new values to a block that is there already")
	cmd.Flags().BoolVar(&o.dryRun, "dry-run", false, "check everything and print the block, secrets masked; nothing is written")
	a.addPrefectFlags(cmd)
}

func (a *app) blockCreateCommand() *cobra.Command {
	var o blockOptions
	var data string
	cmd := &cobra.Command{
		Use:   "create SLUG NAME --data FILE",
		Short: "Make a block",
		Long: `Create makes a block. The types below have commands of their own, whose flags are
the block's fields. A block of these, and of any other type that the server
knows, can be made of a file with its values, as JSON or YAML; a value
{"$ref": "SLUG/NAME"} refers to another block.

A block that is there already is left as it is, unless --overwrite is given. It
then keeps its id, so that what refers to it goes on to do so, and the values
that the new ones do not name.`,
		Example: lines(
			"pacific block create azure-container-instance-credentials aci-sp --from-env",
			"pacific block create string kv-url --value https://vault.vault.azure.net",
			"pacific block create slack-webhook alerts --data webhook.yaml",
		),
		Args: a.blockCreateArgs,
		// The types with commands of their own are completed as those.
		ValidArgsFunction: completeArgs(a.blockTypeNames(a.formSlugs()...), 1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return cmd.Help()
			}
			in := &blockInput{a: a, flags: cmd.Flags(), path: blockPath{args[0], args[1]}}
			return a.blockCreate(cmd, in, o, plainBlock(data))
		},
	}
	addDataFlag(cmd, &data)
	a.addBlockOptions(cmd, &o)
	for _, form := range a.blockForms() {
		cmd.AddCommand(a.blockFormCommand(form))
	}
	return cmd
}

// blockForms are the types with commands of their own.
func (a *app) blockForms() []blockForm {
	return []blockForm{
		aciCredentialsForm(), aciJobForm(), azureStorageForm(), blobCredentialsForm(),
		dockerRegistryForm(), dockerRegistryCredentialsForm(), secretForm(), stringForm(),
	}
}

func (a *app) blockCreateArgs(cmd *cobra.Command, args []string) error {
	see := "see " + cmd.CommandPath() + " --help"
	switch {
	case len(args) == 0 && cmd.Flags().NFlag() == 0:
		return nil // help
	case len(args) != 2:
		return &usageError{fmt.Sprintf("%s takes a type's slug and a name, got %d arguments", cmd.CommandPath(), len(args)), see}
	case args[0] == "" || strings.ContainsAny(args[0], "/ "):
		return &usageError{fmt.Sprintf("%s: %q is no type's slug", cmd.CommandPath(), args[0]), "pacific block types lists them"}
	case !cmd.Flags().Changed("data"):
		hint := "types with flags of their own: " + strings.Join(a.formSlugs(), ", ")
		if near := suggest.Nearest(args[0], a.formSlugs()); near != "" {
			hint = "did you mean " + near + "?"
		}
		return &usageError{fmt.Sprintf("a block of type %s is made of a file: --data is missing", args[0]), hint}
	}
	return checkBlockName(cmd.CommandPath(), args[1])
}

func (a *app) formSlugs() []string {
	var slugs []string
	for _, form := range a.blockForms() {
		slugs = append(slugs, form.slug)
	}
	slices.Sort(slugs)
	return slugs
}

func (a *app) blockFormCommand(form blockForm) *cobra.Command {
	var o blockOptions
	var data string
	cmd := &cobra.Command{
		Use:     form.use,
		Short:   form.short,
		Long:    form.long,
		Example: lines(form.examples...),
		Args:    form.args,
		RunE: func(cmd *cobra.Command, args []string) error {
			in := &blockInput{a: a, flags: cmd.Flags(), path: blockPath{form.slug, args[0]}, command: args[1:]}
			if !in.given("data") {
				return a.blockCreate(cmd, in, o, form.build)
			}
			if err := form.onlyData(in); err != nil {
				return err
			}
			return a.blockCreate(cmd, in, o, plainBlock(data))
		},
	}
	form.flags(cmd.Flags())
	addDataFlag(cmd, &data)
	a.addBlockOptions(cmd, &o)
	return cmd
}

// args wants a name, and nothing else before --.
func (f blockForm) args(cmd *cobra.Command, args []string) error {
	see := "see " + cmd.CommandPath() + " --help"
	before := len(args)
	if dash := cmd.ArgsLenAtDash(); dash >= 0 && f.command {
		before = dash
	}
	switch {
	case before == 0:
		return &usageError{cmd.CommandPath() + " needs a name for the block", see}
	case before > 1 && f.command:
		return &usageError{fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), "put -- before the job's command"}
	case before > 1:
		return &usageError{fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), see}
	}
	return checkBlockName(cmd.CommandPath(), args[0])
}

// blockSavedView is what came of create, in JSON.
type blockSavedView struct {
	blockView
	// Outcome is created, overwritten, or dryRun where nothing was written.
	Outcome string `json:"outcome"`
	// Data holds the block's values, secrets masked.
	Data map[string]any `json:"data"`
}

// blockCreate checks all that can be checked before it writes anything.
func (a *app) blockCreate(cmd *cobra.Command, in *blockInput, o blockOptions, build blockBuilder) error {
	ctx := cmd.Context()
	var err error
	if in.side, err = a.openPrefect(cmd); err != nil {
		return err
	}
	block, err := build(ctx, in)
	if err != nil {
		return err
	}
	s := &blockSave{side: in.side, path: in.path, options: o, say: a.say}
	if err := s.prepare(ctx, block); err != nil {
		return err
	}
	view := blockSavedView{blockView{Type: in.path.slug, Name: in.path.name}, "dryRun", masked(s.data, s.schema)}
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
			view.Type = in.path.slug
		}
		a.say.Status(fmt.Sprintf("block %s: %s", in.path, view.Outcome))
	}
	switch {
	case in.side.wantsJSON():
		return a.out.JSON(view)
	case o.dryRun:
		text, err := json.MarshalIndent(view.Data, "", "  ")
		if err != nil {
			return err
		}
		a.out.Line("%s", text)
	}
	return nil
}
