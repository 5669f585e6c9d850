package block

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func newInspect(a *cmdutil.App) *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use:     "inspect SLUG/NAME [--show-secrets]",
		Aliases: []string{"show"},
		Short:   "Show a block with its values",
		Long: `Inspect shows a block's values. A value that refers to another block is shown as
that block's name, and in JSON as that block's values. Secrets are masked unless
--show-secrets is given.`,
		Example: cmdutil.Lines(
			"pacific block inspect azure-container-instance-job/aci",
			`pacific block inspect secret/token --show-secrets -o json | jq -r .data.value`,
		),
		Args:              blockPaths(1),
		ValidArgsFunction: cmdutil.CompleteArgs(a.BlockNames(""), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runInspect(a, cmd, args[0], secrets) },
	}
	cmd.Flags().BoolVar(&secrets, "show-secrets", false, "show secrets in plain text")
	a.AddPrefectFlags(cmd)
	return cmd
}

// blockDetails is a block with its values, in JSON.
type blockDetails struct {
	blockView
	// SecretsShown reports whether Data holds secrets in clear.
	SecretsShown bool           `json:"secretsShown"`
	Data         map[string]any `json:"data"`
}

func runInspect(a *cmdutil.App, cmd *cobra.Command, arg string, secrets bool) error {
	path, err := cmdutil.ParseBlockPath(cmd.CommandPath()+":", arg, "")
	if err != nil {
		return err
	}
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	d, err := p.Client.BlockDocumentByName(cmd.Context(), path.Slug, path.Name, prefect.Secrets(secrets))
	if err != nil {
		return cmdutil.BlockError(err, path)
	}
	details := blockDetails{viewOfBlock(d), secrets, d.Data}
	if !secrets && d.BlockSchema != nil {
		// The server has done so already; a server that does not must not make us print them.
		details.Data = masked(d.Data, d.BlockSchema.Fields)
	}
	if p.WantsJSON() {
		return a.Out.JSON(details)
	}
	showBlock(a, details)
	return nil
}

func showBlock(a *cmdutil.App, d blockDetails) {
	for _, line := range [][2]string{{"type", d.Type}, {"name", d.Name}, {"id", d.ID}, {"updated", cmdutil.AgeOf(d.Updated)}} {
		a.Out.Line("%-8s %s", line[0]+":", console.Flat(line[1]))
	}
	a.Out.Line("")
	a.Out.Table([]string{"FIELD", "VALUE"}, valueRows(d.Data, d.References))
}

// valueRows are the values of a block, a line each. What belongs to another block is told by that block's name.
func valueRows(data map[string]any, references map[string]string) [][]string {
	var rows [][]string
	for _, field := range slices.Sorted(maps.Keys(data)) {
		value := valueWords(data[field])
		if ref, ok := references[field]; ok {
			value = "→ " + ref
		}
		rows = append(rows, []string{field, value})
	}
	return rows
}

// valueWords is a value for people: a text as it is, nothing for null, else JSON.
func valueWords(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	}
	encoded, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(encoded)
}
