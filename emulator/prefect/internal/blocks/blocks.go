// Package blocks is the part of the emulated Prefect API for block types, schemas and documents. Call Register.
package blocks

import (
	_ "embed"
	"encoding/json"
	"fmt"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/internal/pytext"
)

// handlers are what the routes work on, under the router's lock.
type handlers struct {
	db        *db.DB
	types     db.Table[blockType]
	schemas   db.Table[schema]
	documents db.Table[document]
}

// Register adds the room's routes, and the block types that a server has from its start. Its error is for these: a
// mistake of ours.
func Register(r *api.Router, d *db.DB) error {
	b := &handlers{db: d}
	if err := b.start(); err != nil {
		return fmt.Errorf("reading the block types of the start: %w", err)
	}
	d.BlockDocumentData = b.maskedData
	b.registerTypes(r)
	b.registerSchemas(r)
	b.registerDocuments(r)
	return nil
}

// startTypes are those of a server of 3.9.1 that Pacific, the demo and their neighbours use, with the schemas as the
// server has them. What describes a type in prose is left out: it is in no checksum.
//
//go:embed start.json
var startTypes []byte

func (b *handlers) start() error {
	var types []struct {
		Name             string
		Slug             string
		LogoURL          *string `json:"logo_url"`
		DocumentationURL *string `json:"documentation_url"`
		IsProtected      bool    `json:"is_protected"`
		Version          string
		Capabilities     []string
		Fields           json.RawMessage
	}
	if err := json.Unmarshal(startTypes, &types); err != nil {
		return err
	}
	var rows []*blockType
	for _, t := range types {
		row := &blockType{Base: db.NewBase(), Name: t.Name, Slug: t.Slug, LogoURL: t.LogoURL, DocumentationURL: t.DocumentationURL, IsProtected: t.IsProtected}
		b.types.Put(row.ID, row)
		rows = append(rows, row)
	}
	for i, t := range types { // after all types, as schemas refer to them
		fields, err := pytext.Decode(t.Fields)
		if err != nil {
			return err
		}
		object, ok := fields.(map[string]any)
		if !ok {
			return fmt.Errorf("%s: its fields are no object", t.Slug)
		}
		if _, err := b.addSchema(newSchema{Fields: api.Object{Map: object, Text: t.Fields}, BlockTypeID: rows[i].ID, Capabilities: t.Capabilities, Version: t.Version}, api.Object{}); err != nil {
			return fmt.Errorf("%s: %w", t.Slug, err)
		}
	}
	return nil
}
