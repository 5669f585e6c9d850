package block

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/pacific-aci/pacific/prefect"
)

// blockSave is a block on its way to the server.
type blockSave struct {
	side    *cmdutil.Prefect
	path    cmdutil.BlockPath
	options options
	say     *console.Printer

	data   map[string]any
	schema json.RawMessage
	exists bool
}

// prepare finds everything that would keep the block from being saved.
func (s *blockSave) prepare(ctx context.Context, block prefect.Block) error {
	var err error
	if s.data, err = prefect.BlockData(block); err != nil {
		return fmt.Errorf("saving block %s: %w", s.path, err)
	}
	if s.schema, err = s.findSchema(ctx); err != nil {
		return err
	}
	if err := s.checkFields(); err != nil {
		return err
	}
	there, err := s.side.Client.BlockDocumentByName(ctx, s.path.Slug, s.path.Name, prefect.MaskSecrets)
	switch {
	case cmdutil.IsMissing(err):
		return nil
	case err != nil:
		return err
	case !s.options.overwrite:
		return existsError(s.path)
	}
	s.exists = true
	return s.keep(there)
}

func existsError(path cmdutil.BlockPath) error {
	return cmdutil.WithHint(fmt.Errorf("block %s already exists", path), "--overwrite gives it the new values")
}

// findSchema finds what the values are held against: the type's own schema as Pacific knows it, else the server's.
func (s *blockSave) findSchema(ctx context.Context) (json.RawMessage, error) {
	version, err := s.side.Client.ServerVersion(ctx)
	if err != nil {
		return nil, err
	}
	if definition, known := prefect.FindBlockDefinition(s.path.Slug, version.Major); known {
		return definition.Fields, nil
	}
	t, err := s.side.Client.BlockType(ctx, s.path.Slug)
	if cmdutil.IsMissing(err) {
		return nil, cmdutil.WithHint(fmt.Errorf("the server has no block type %s", s.path.Slug),
			"{} lists the types; prefect block register adds those of a Python package", cmdutil.ListBlockTypes())
	}
	if err != nil {
		return nil, err
	}
	schema, err := s.side.Client.LatestBlockSchema(ctx, t.ID)
	if cmdutil.IsMissing(err) {
		return nil, cmdutil.WithHint(fmt.Errorf("the server has no schema for blocks of type %s", s.path.Slug), "prefect block register adds it")
	}
	return schema.Fields, err
}

// checkFields refuses what is missing, and warns of what no class would read: servers do not look at a block's values.
func (s *blockSave) checkFields() error {
	var fields blockFields
	if json.Unmarshal(s.schema, &fields) != nil { // its error would name Go's types
		return fmt.Errorf("reading the schema of block type %s: the server's answer is not a JSON schema", s.path.Slug)
	}
	for _, name := range fields.Required {
		if s.data[name] == nil {
			return cmdutil.Usage(fmt.Sprintf("block %s needs a value for %s", s.path, name), "blocks of this type require it")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(s.data)) {
		if _, ok := fields.Properties[name]; !ok && len(fields.Properties) > 0 {
			s.say.Warning(fmt.Sprintf("blocks of type %s have no field %s: it is saved, but nothing reads it", s.path.Slug, name))
		}
	}
	return nil
}

// keep adds the values of the block that is there which the new ones do not name, as Prefect's own save does: they come
// from another version of the type. Secrets among them are asterisks, which tell the server to leave them.
func (s *blockSave) keep(there prefect.BlockDocument) error {
	old := &prefect.PlainBlock{Slug: s.path.Slug}
	if err := there.Decode(old); err != nil {
		return err
	}
	for field, value := range old.Data {
		if _, named := s.data[field]; !named {
			s.data[field] = value
		}
	}
	return nil
}

func (s *blockSave) write(ctx context.Context) (prefect.BlockDocument, error) {
	block := &prefect.PlainBlock{Slug: s.path.Slug, Data: s.data}
	document, err := s.side.Client.SaveBlock(ctx, s.path.Name, block, prefect.SaveBlockOptions{Overwrite: s.options.overwrite})
	if errors.Is(err, prefect.ErrConflict) {
		return document, existsError(s.path) // somebody was quicker
	}
	return document, err
}
