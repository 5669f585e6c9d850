package prefect

import (
	"context"
	"errors"
	"fmt"
)

// RegisterBlock makes sure that the server has a block type with a schema for its documents, and gives both. What is
// there already is used as it is: our schema, else the type's newest one if it has all the fields and hides all the
// secrets of ours. Blocks inside of the schema are registered first, since the server refuses it otherwise.
//
// For a type that Pacific does not know (see [BlockDefinitions]), the newest schema is used; an error that matches
// [ErrNotFound] says that the server does not know the type either.
func (c *Client) RegisterBlock(ctx context.Context, slug string) (BlockType, BlockSchema, error) {
	version, err := c.ServerVersion(ctx)
	if err != nil {
		return BlockType{}, BlockSchema{}, err
	}
	definition, known := FindBlockDefinition(slug, version.Major)
	if !known {
		return c.existingBlock(ctx, slug)
	}
	blockType, err := c.registerType(ctx, definition)
	if err != nil {
		return BlockType{}, BlockSchema{}, err
	}
	if schema, ok, err := c.fittingSchema(ctx, blockType, definition); ok || err != nil {
		return blockType, schema, err
	}
	nested, err := definition.nestedDefinitions(version.Major)
	if err != nil {
		return BlockType{}, BlockSchema{}, err
	}
	for _, inner := range nested {
		innerType, err := c.registerType(ctx, inner)
		if err != nil {
			return BlockType{}, BlockSchema{}, err
		}
		if err := c.registerSchema(ctx, innerType, inner); err != nil {
			return BlockType{}, BlockSchema{}, err
		}
	}
	schema, err := c.createSchema(ctx, blockType, definition)
	return blockType, schema, err
}

// existingBlock finds a type that only the server knows.
func (c *Client) existingBlock(ctx context.Context, slug string) (BlockType, BlockSchema, error) {
	blockType, err := c.BlockType(ctx, slug)
	if errors.Is(err, ErrNotFound) {
		err = fmt.Errorf("%w; register it with `prefect block register` where its package is installed", err)
	}
	if err != nil {
		return BlockType{}, BlockSchema{}, err
	}
	schema, err := c.LatestBlockSchema(ctx, blockType.ID)
	return blockType, schema, err
}

// registerType reads the type, or creates it. Somebody else may do the same at the same time.
func (c *Client) registerType(ctx context.Context, d BlockDefinition) (BlockType, error) {
	blockType, err := c.BlockType(ctx, d.Slug)
	if !errors.Is(err, ErrNotFound) {
		return blockType, err
	}
	blockType, err = c.CreateBlockType(ctx, BlockTypeCreate{Name: d.Name, Slug: d.Slug, LogoURL: d.LogoURL, Description: d.Description})
	if errors.Is(err, ErrConflict) {
		return c.BlockType(ctx, d.Slug)
	}
	return blockType, err
}

// fittingSchema finds a schema of the type that documents of ours can use.
func (c *Client) fittingSchema(ctx context.Context, t BlockType, d BlockDefinition) (BlockSchema, bool, error) {
	schema, err := c.BlockSchemaByChecksum(ctx, d.Checksum, "")
	if err == nil && schema.BlockTypeID == t.ID {
		return schema, true, nil
	}
	if err != nil && !errors.Is(err, ErrNotFound) {
		return BlockSchema{}, false, err
	}
	schema, err = c.LatestBlockSchema(ctx, t.ID)
	if errors.Is(err, ErrNotFound) {
		return BlockSchema{}, false, nil
	}
	if err != nil {
		return BlockSchema{}, false, err
	}
	if schema.Version == nonVersioned {
		return BlockSchema{}, false, nil // it came as a part of another type's schema; docker-registry's is an older one
	}
	theirs, err := readFields(schema.Fields)
	if err != nil {
		return BlockSchema{}, false, err
	}
	ours, err := readFields(d.Fields)
	return schema, err == nil && theirs.covers(ours), err
}

// registerSchema makes sure that exactly this schema is there: another one refers to it by its checksum.
func (c *Client) registerSchema(ctx context.Context, t BlockType, d BlockDefinition) error {
	_, err := c.BlockSchemaByChecksum(ctx, d.Checksum, "")
	if errors.Is(err, ErrNotFound) {
		_, err = c.createSchema(ctx, t, d)
	}
	return err
}

// createSchema registers the schema and holds the server's checksum against ours: a difference means that documents would
// be kept under a schema that Prefect's classes do not know.
func (c *Client) createSchema(ctx context.Context, t BlockType, d BlockDefinition) (BlockSchema, error) {
	schema, err := c.CreateBlockSchema(ctx, BlockSchemaCreate{Fields: d.Fields, BlockTypeID: t.ID, Capabilities: d.Capabilities, Version: d.Version})
	if err != nil {
		return BlockSchema{}, fmt.Errorf("registering block type %s: %w", d.Slug, err)
	}
	if schema.Checksum != d.Checksum {
		return BlockSchema{}, fmt.Errorf("registering block type %s: the server's checksum of its schema is %s and ours is %s; report this with the server's version",
			d.Slug, schema.Checksum, d.Checksum)
	}
	return schema, nil
}
