package cli

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
)

func (a *app) blockInspectCommand() *cobra.Command {
	var secrets bool
	cmd := &cobra.Command{
		Use:   "inspect SLUG/NAME [--show-secrets]",
		Short: "Show a block with its values",
		Long: `Inspect shows a block's values. A value that refers to another block is shown as
that block's name, and in JSON with that block's values. Secrets are asterisks,
unless --show-secrets is given.`,
		Example: lines(
			"pacific block inspect azure-container-instance-job/aci",
			"pacific block inspect secret/token --show-secrets --output json | jq -r .data.value",
		),
		Args:              blockPaths(1),
		ValidArgsFunction: completeArgs(a.blockNames(""), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.blockInspect(cmd, args[0], secrets) },
	}
	cmd.Flags().BoolVar(&secrets, "show-secrets", false, "show secrets in clear")
	a.addPrefectFlags(cmd)
	return cmd
}

// blockDetails is a block with its values, in JSON.
type blockDetails struct {
	blockView
	// SecretsShown tells whether Data holds secrets in clear.
	SecretsShown bool           `json:"secretsShown"`
	Data         map[string]any `json:"data"`
}

func (a *app) blockInspect(cmd *cobra.Command, arg string, secrets bool) error {
	path, err := parseBlockPath(cmd.CommandPath()+":", arg, "")
	if err != nil {
		return err
	}
	p, err := a.openPrefect(cmd)
	if err != nil {
		return err
	}
	d, err := p.client.BlockDocumentByName(cmd.Context(), path.slug, path.name, prefect.Secrets(secrets))
	if err != nil {
		return blockError(err, path)
	}
	details := blockDetails{viewOfBlock(d), secrets, d.Data}
	if !secrets && d.BlockSchema != nil {
		// The server has done so already; a server that does not must not make us print them.
		details.Data = masked(d.Data, d.BlockSchema.Fields)
	}
	if p.wantsJSON() {
		return a.out.JSON(details)
	}
	a.showBlock(details)
	return nil
}

func (a *app) showBlock(d blockDetails) {
	for _, line := range [][2]string{{"type", d.Type}, {"name", d.Name}, {"id", d.ID}, {"updated", ageOf(d.Updated)}} {
		a.out.Line("%-8s %s", line[0]+":", console.Flat(line[1]))
	}
	a.out.Line("")
	a.out.Table([]string{"FIELD", "VALUE"}, valueRows(d.Data, d.References))
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
