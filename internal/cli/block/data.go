package block

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
	"go.yaml.in/yaml/v3"
)

// maxBlock is far more than a block's values take.
const maxBlock = 1 << 20

func addDataFlag(cmd *cobra.Command, data *string) {
	cmd.Flags().StringVar(data, "data", "", "JSON or YAML `file` with the block's values, or - for standard input")
}

// onlyData refuses what --data leaves no room for: it is the whole block.
func (f form) onlyData(in *input) error {
	if len(in.command) > 0 {
		return cmdutil.Usage("--data and a command after -- cannot be used together", "the file has the command as a list: command: [python, etl.py]")
	}
	own := pflag.NewFlagSet("", pflag.ContinueOnError)
	f.flags(own)
	var err error
	own.VisitAll(func(flag *pflag.Flag) {
		if err == nil && in.given(flag.Name) {
			err = cmdutil.Usage(fmt.Sprintf("--data and --%s cannot be used together", flag.Name), "leave one of the two out: the file has all of the block's values")
		}
	})
	return err
}

// plainBlock makes a block of the file that --data names.
func plainBlock(name string) builder {
	return func(ctx context.Context, in *input) (prefect.Block, error) { return in.plain(ctx, name) }
}

// plain reads --data: the block's values as they are, of a type that Pacific need not know.
func (in *input) plain(ctx context.Context, name string) (prefect.Block, error) {
	text, err := in.a.ReadInput(ctx, "--data", name, maxBlock)
	if err != nil {
		return nil, err
	}
	block := &prefect.PlainBlock{Slug: in.path.Slug}
	if json.Unmarshal(text, block) != nil { // JSON first, as it keeps numbers to the letter
		if err := fromYAML(text, block); err != nil && !errors.Is(err, errNotObject) {
			return nil, cmdutil.Usage(fmt.Sprintf("--data %s: %v", name, err), "give bytes that are not text as Base64, without !!binary")
		} else if err != nil {
			return nil, cmdutil.Usage(fmt.Sprintf("--data %s is not a JSON or YAML object", name),
				"give {\"field\": value, …}, or a line field: value for each")
		}
	}
	for field, value := range block.Data {
		ref, found, err := in.reference(ctx, field, value)
		if err != nil {
			return nil, err
		}
		if found {
			block.Data[field] = prefect.BlockRef(ref)
		}
	}
	return block, nil
}

// errNotObject stands for everything that is wrong with YAML: the library quotes the text, which may be a secret.
var errNotObject = errors.New("it is not an object")

// fromYAML reads a block's values. Its other errors name a field whose text is not UTF-8, as YAML's !!binary can make it.
func fromYAML(text []byte, block *prefect.PlainBlock) error {
	var values map[string]any
	if err := yaml.Unmarshal(text, &values); err != nil || values == nil {
		return errNotObject
	}
	if _, err := json.Marshal(values); err != nil {
		return errNotObject // NaN
	}
	data, err := prefect.BlockData(&prefect.PlainBlock{Data: values})
	if err != nil {
		return err
	}
	block.Data = data
	return nil
}

// reference finds the block that {"$ref": "SLUG/NAME"} names.
func (in *input) reference(ctx context.Context, field string, value any) (prefect.ID, bool, error) {
	object, _ := value.(map[string]any)
	ref, ok := object["$ref"].(string)
	if !ok || len(object) != 1 {
		return "", false, nil
	}
	path, err := cmdutil.ParseBlockPath(field+":", ref, "")
	if err != nil {
		return "", false, err
	}
	document, err := in.side.Client.BlockDocumentByName(ctx, path.Slug, path.Name, prefect.MaskSecrets)
	if err != nil {
		return "", false, cmdutil.BlockError(err, path)
	}
	return document.ID, true, nil
}
