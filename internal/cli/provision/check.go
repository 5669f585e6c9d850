package provision

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// ForDoctor is what `pacific doctor POOL` finds of what was provisioned for a pool. It asks and changes nothing.
func ForDoctor(a *cmdutil.App) cmdutil.PoolPlanFunc {
	return func(cmd *cobra.Command, p *cmdutil.Prefect, name string) ([]provision.Resource, error) {
		f := flags{via: viaNative, role: string(provision.RoleContributor), kind: provision.TypePush, plan: true, skipLogin: true}
		pool, err := findPool(cmd, p, name, f)
		if err != nil {
			return nil, err
		}
		f.kind = pool.Type
		if f.names, err = namesIn(cmd, p, pool); err != nil {
			return nil, err
		}
		found, err := newRun(a, cmd, p, f).look(pool)
		if err == nil && lacks(found, provision.KindRole) {
			// Perhaps it has the other role.
			f.role = string(provision.RoleLeast)
			if least, lookErr := newRun(a, cmd, p, f).look(pool); lookErr == nil && !lacks(least, provision.KindRole) {
				found = least
			}
		}
		return found, err
	}
}

// lacks reports whether something of that kind is missing.
func lacks(all []provision.Resource, kind provision.Kind) bool {
	for _, one := range all {
		if one.Kind == kind && one.Action != provision.ActionKeep {
			return true
		}
	}
	return false
}

// namesIn are the names of what a pool's template refers to, so that a pool with names of its own is checked by those.
func namesIn(cmd *cobra.Command, p *cmdutil.Prefect, pool cmdutil.PoolToProvision) (provision.Names, error) {
	names := provision.DefaultNames(pool.Name)
	group, server, identity, block := defaultsOf(pool.Template)
	if group != "" {
		names.ResourceGroup = group
	}
	if registry, _, ok := strings.Cut(strings.TrimPrefix(server, "https://"), "."); ok {
		names.Registry = registry
	}
	if i := strings.LastIndexByte(identity, '/'); i >= 0 {
		names.Identity = identity[i+1:]
	}
	if block == "" {
		return names, nil
	}
	document, err := p.Client.BlockDocument(cmd.Context(), prefect.ID(block), prefect.MaskSecrets)
	if errors.Is(err, prefect.ErrNotFound) {
		return names, nil // it is missing, and will be said to be
	}
	if err == nil {
		names.CredentialsBlock = document.Name
	}
	return names, err
}

// look reads what is there of what the pool needs.
func (r *run) look(pool cmdutil.PoolToProvision) ([]provision.Resource, error) {
	r.pool = pool
	var err error
	if r.settings, err = r.a.Settings(r.cmd); err != nil {
		return nil, err
	}
	o, err := r.open(r.cmd.Context())
	if err != nil {
		return nil, err
	}
	plan, err := provision.New(o).Plan(r.cmd.Context(), pool.Name, json.RawMessage(pool.Template))
	return plan.Resources, err
}
