package block

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func newRm(a *cmdutil.App) *cobra.Command {
	var yes bool
	cmd := &cobra.Command{
		Use:     "rm SLUG/NAME… [--yes]",
		Aliases: []string{"delete", "remove"},
		Short:   "Delete blocks",
		Long: `Rm deletes blocks after asking. If one of them does not exist, none is deleted.

The question names the blocks that refer to them, which lose that value. It also
names the Prefect 2 deployments that use them as infrastructure or storage. The
server deletes those deployments too, and the flow runs of a deleted
infrastructure block. Without a terminal, --yes is needed.`,
		Example: cmdutil.Lines(
			"pacific block rm string/kv-url",
			`pacific block rm --yes azure-container-instance-job/aci string/kv-url`,
		),
		Args:              blockPaths(0),
		ValidArgsFunction: cmdutil.CompleteArgs(a.BlockNames(""), 0),
		RunE:              func(cmd *cobra.Command, args []string) error { return runRm(a, cmd, args, yes) },
	}
	cmd.Flags().BoolVarP(&yes, "yes", "y", false, "do not ask")
	a.AddPrefectFlags(cmd)
	return cmd
}

// deletedView is what became of one block, in JSON.
type deletedView struct {
	Type    string `json:"type"`
	Name    string `json:"name"`
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
	Error   string `json:"error,omitempty"`
}

func runRm(a *cmdutil.App, cmd *cobra.Command, args []string, yes bool) error {
	ctx := cmd.Context()
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	var blocks []prefect.BlockDocument
	for _, arg := range args {
		path, err := cmdutil.ParseBlockPath(cmd.CommandPath()+":", arg, "")
		if err != nil {
			return err
		}
		d, err := p.Client.BlockDocumentByName(ctx, path.Slug, path.Name, prefect.MaskSecrets)
		if err != nil {
			return cmdutil.BlockError(err, path)
		}
		if !slices.ContainsFunc(blocks, func(b prefect.BlockDocument) bool { return b.ID == d.ID }) {
			blocks = append(blocks, d)
		}
	}
	question, err := deletionWords(ctx, p, blocks)
	if err != nil {
		return err
	}
	lost, err := lostDeployments(ctx, p, blocks)
	if err != nil {
		return err
	}
	if yes && lost != "" {
		a.Say.Warning("also deleted with the blocks: " + lost)
	} else if lost != "" {
		question += "; with it go " + lost
	}
	if err := a.Confirm(ctx, cmd, question, yes); err != nil {
		return err
	}
	return deleteBlocks(cmd, a, p, blocks)
}

func idsOf(blocks []prefect.BlockDocument) map[prefect.ID]bool {
	ids := map[prefect.ID]bool{}
	for _, b := range blocks {
		ids[b.ID] = true
	}
	return ids
}

// deletionWords puts into words what is to be deleted, and who would miss it.
func deletionWords(ctx context.Context, p *cmdutil.Prefect, blocks []prefect.BlockDocument) (string, error) {
	going := idsOf(blocks)
	names := cmdutil.NamesOf(blocks, func(b prefect.BlockDocument) string { return cmdutil.PathOf(b).String() })
	var users []string
	for d, err := range p.Client.BlockDocuments(ctx, prefect.BlockDocumentFilter{}, prefect.MaskSecrets) {
		if err != nil {
			return "", err
		}
		for _, ref := range d.References {
			if going[ref.BlockDocument.ID] && !going[d.ID] {
				users = append(users, cmdutil.PathOf(d).String())
			}
		}
	}
	words := "delete block " + strings.Join(names, " and ")
	if len(users) > 0 {
		slices.Sort(users)
		words += fmt.Sprintf(", which %s (%s)", cmdutil.Counted(len(users), "other block refers to", "other blocks refer to"), strings.Join(slices.Compact(users), ", "))
	}
	return words, nil
}

// lostDeployments puts into words which deployments go with the blocks: servers of 2.20 and 3.x delete those of Prefect 2
// kind that run on the block or have their code there, and with the former their flow runs too. Nothing else warns of it.
func lostDeployments(ctx context.Context, p *cmdutil.Prefect, blocks []prefect.BlockDocument) (string, error) {
	going := idsOf(blocks)
	var names []string
	runs := ""
	for d, err := range p.Client.Deployments(ctx, prefect.Query{}) {
		if err != nil {
			return "", err
		}
		if going[d.InfrastructureDocumentID] {
			runs = ", and all flow runs on the block"
		}
		if going[d.InfrastructureDocumentID] || going[d.StorageDocumentID] {
			names = append(names, d.Name)
		}
	}
	if len(names) == 0 {
		return "", nil
	}
	slices.Sort(names)
	return cmdutil.Counted(len(names), "deployment", "deployments") + " (" + strings.Join(names, ", ") + ")" + runs, nil
}

// deleteBlocks goes on after an error, as kill does. A block that somebody else has deleted meanwhile is as it should be.
func deleteBlocks(cmd *cobra.Command, a *cmdutil.App, p *cmdutil.Prefect, blocks []prefect.BlockDocument) error {
	ctx := cmd.Context()
	views := []deletedView{}
	failed := false
	for _, b := range blocks {
		v := deletedView{Type: cmdutil.SlugOf(b.BlockType), Name: b.Name, ID: string(b.ID), Deleted: true}
		err := p.Client.DeleteBlockDocument(ctx, b.ID)
		if ctx.Err() != nil {
			return err
		}
		if err != nil && !errors.Is(err, prefect.ErrNotFound) {
			v.Deleted, v.Error, failed = false, err.Error(), true
			a.SayError(err, cmd)
		} else {
			a.Say.Status("deleted block " + v.Type + "/" + v.Name)
		}
		views = append(views, v)
	}
	if p.WantsJSON() {
		if err := a.Out.JSON(views); err != nil {
			return err
		}
	}
	if failed {
		return cmdutil.Exit(cmdutil.ExitFailed)
	}
	return nil
}
