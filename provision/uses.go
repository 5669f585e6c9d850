package provision

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/prefect"
)

// otherPool is another work pool of the same Prefect, as far as it is about what it uses.
type otherPool struct {
	name string
	// texts are all texts in its base job template, in the job variables of its deployments and in the blocks that these
	// refer to, in small letters: Azure's names and ids count without case.
	texts []string
	// unknown says why that is not all that it may use; empty: it is.
	unknown string
}

// otherPools reads all other work pools. Those of other workspaces and servers cannot be seen.
func (p *Provisioner) otherPools(ctx context.Context, s *state) ([]otherPool, error) {
	failed := func(err error) ([]otherPool, error) {
		return nil, fmt.Errorf("looking for pools that use the same resources: %w", err)
	}
	variables := map[string][]map[string]any{}
	for deployment, err := range p.o.Prefect.Deployments(ctx, prefect.Query{}) {
		if err != nil {
			return failed(err)
		}
		variables[deployment.WorkPoolName] = append(variables[deployment.WorkPoolName], deployment.JobVariables)
	}
	var all []otherPool
	for pool, err := range p.o.Prefect.WorkPools(ctx, prefect.Query{}) {
		if err != nil {
			return failed(err)
		}
		if pool.Name == s.pool {
			continue
		}
		other := otherPool{name: pool.Name}
		var template map[string]any
		if json.Unmarshal(pool.BaseJobTemplate, &template) != nil {
			other.unknown = "its base job template cannot be read"
		}
		r := usesReader{p: p, pool: &other}
		if err := r.read(ctx, template); err != nil {
			return failed(err)
		}
		for _, one := range variables[pool.Name] {
			if err := r.read(ctx, one); err != nil {
				return failed(err)
			}
		}
		all = append(all, other)
	}
	return all, nil
}

// usesReader collects the texts of a pool.
type usesReader struct {
	p    *Provisioner
	pool *otherPool
	// blocks are those that have been read.
	blocks []string
}

// read collects the texts in a value, and in the blocks that it refers to.
func (r *usesReader) read(ctx context.Context, value any) error {
	switch v := value.(type) {
	case map[string]any:
		for name, one := range v {
			if name == "$ref" || name == "block_document_id" {
				if err := r.block(ctx, one); err != nil {
					return err
				}
			}
			if err := r.read(ctx, one); err != nil {
				return err
			}
		}
	case []any:
		for _, one := range v {
			if err := r.read(ctx, one); err != nil {
				return err
			}
		}
	case string:
		r.pool.texts = append(r.pool.texts, strings.ToLower(v))
		if strings.Contains(v, "prefect.blocks.") || strings.Contains(v, "prefect.variables.") {
			r.pool.unknown = "it refers to " + v
		}
	}
	return nil
}

// block reads a block of this id. What is no id, such as a place in a JSON schema, refers to none.
func (r *usesReader) block(ctx context.Context, value any) error {
	id, _ := value.(string)
	if uuid.Validate(id) != nil || slices.Contains(r.blocks, id) {
		return nil
	}
	r.blocks = append(r.blocks, id)
	document, err := r.p.o.Prefect.BlockDocument(ctx, prefect.ID(id), prefect.MaskSecrets)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return r.read(ctx, document.Data)
}

// use says which other pool uses something, or may use it; empty: none. uses reports whether one of a pool's texts, which
// are in small letters, names it.
func (u *undo) use(uses func(text string) bool) string {
	for _, other := range u.others {
		if slices.ContainsFunc(other.texts, uses) {
			return fmt.Sprintf("work pool %q uses it", other.name)
		}
	}
	for _, other := range u.others {
		if other.unknown != "" {
			return fmt.Sprintf("work pool %q may use it: %s", other.name, other.unknown)
		}
	}
	return ""
}

// is and holds are how a text names something: it is the name, or has the name in it.
func is(name string) func(string) bool {
	name = strings.ToLower(name)
	return func(text string) bool { return name != "" && text == name }
}

func holds(name string) func(string) bool {
	name = strings.ToLower(name)
	return func(text string) bool { return name != "" && strings.Contains(text, name) }
}

func either(a, b func(string) bool) func(string) bool {
	return func(text string) bool { return a(text) || b(text) }
}
