package provision

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// namesIn are the names of what a pool's template refers to, so that a pool with names of its own is found by those.
func namesIn(cmd *cobra.Command, p *cmdutil.Prefect, pool cmdutil.PoolToProvision) (provision.Names, error) {
	names := provision.DefaultNames(pool.Name)
	d := defaultsOf(pool.Template)
	take := func(to *string, name string, check func(string) error) {
		if check(name) == nil { // else it is no name, perhaps a reference to one
			*to = name
		}
	}
	take(&names.ResourceGroup, d.group, provision.CheckResourceGroup)
	if registry, _, ok := strings.Cut(strings.TrimPrefix(d.server, "https://"), "."); ok {
		take(&names.Registry, registry, provision.CheckRegistry)
	}
	take(&names.Identity, d.identity[strings.LastIndexByte(d.identity, '/')+1:], provision.CheckIdentity)
	if d.block == "" {
		return names, nil
	}
	document, err := p.Client.BlockDocument(cmd.Context(), prefect.ID(d.block), prefect.MaskSecrets)
	if errors.Is(err, prefect.ErrNotFound) {
		return names, nil // it is missing, and will be said to be
	}
	if err == nil {
		take(&names.CredentialsBlock, document.Name, provision.CheckCredentialsBlock)
	}
	return names, err
}

// takeNames puts the names that the pool's template refers to where no flag gives one: what a run with other names has made
// is found again without its flags. The registry is found by the template itself.
func (r *run) takeNames() error {
	own, err := namesIn(r.cmd, r.p, r.pool)
	if err != nil {
		return err
	}
	for _, name := range []struct {
		flag     string
		to, from *string
	}{
		{"resource-group", &r.f.names.ResourceGroup, &own.ResourceGroup},
		{"identity-name", &r.f.names.Identity, &own.Identity},
		{"credentials-block", &r.f.names.CredentialsBlock, &own.CredentialsBlock},
	} {
		if !r.cmd.Flags().Changed(name.flag) {
			*name.to = *name.from
		}
	}
	return nil
}

// warnOfUnused says which flags have no effect, because what they are about is there already.
func (r *run) warnOfUnused(plan provision.Plan) {
	if r.f.destroy || r.customised {
		return
	}
	is := func(kind provision.Kind) provision.Resource {
		i := slices.IndexFunc(plan.Resources, func(one provision.Resource) bool { return one.Kind == kind })
		if i < 0 {
			return provision.Resource{}
		}
		return plan.Resources[i]
	}
	changed := r.cmd.Flags().Changed
	block := plan.Request.Names.CredentialsBlock
	if app := is(provision.KindApplication); changed("app-name") && app.Name != r.f.names.Application {
		r.a.Say.Warning(fmt.Sprintf("--app-name is not used: credentials block %s already signs in as %s", block, app.Name))
	}
	if registry := is(provision.KindRegistry); changed("registry-prefix") && registry.Action == provision.ActionKeep {
		r.a.Say.Warning(fmt.Sprintf("--registry-prefix is not used: container registry %s is there", registry.Name))
	}
	if changed("secret-lifetime") && is(provision.KindSecret).Action == provision.ActionKeep {
		r.a.Say.Warning(fmt.Sprintf("--secret-lifetime is not used: the secret in credentials block %s is still valid", block))
	}
}
