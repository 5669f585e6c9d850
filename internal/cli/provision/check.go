package provision

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/provision"
	"github.com/spf13/cobra"
)

// ForDoctor is what `pacific doctor POOL` finds of what was provisioned for a pool. It asks and changes nothing.
func ForDoctor(a *cmdutil.App) cmdutil.PoolPlanFunc {
	return func(cmd *cobra.Command, p *cmdutil.Prefect, name string) ([]provision.Resource, error) {
		f := flags{via: viaNative, kind: provision.TypePush, plan: true, skipLogin: true}
		pool, err := findPool(cmd, p, name, f)
		if err != nil {
			return nil, err
		}
		f.kind = pool.Type
		if f.names, err = namesIn(cmd, p, pool); err != nil {
			return nil, err
		}
		return newRun(a, cmd, p, f).readPlan(pool)
	}
}

// readPlan reads what is there of what the pool needs.
func (r *run) readPlan(pool cmdutil.PoolToProvision) ([]provision.Resource, error) {
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
	if err != nil {
		return nil, err
	}
	return append(plan.Resources, r.onMachine(r.cmd.Context())...), nil
}

// onMachine is what provisioning writes on this machine: docker's sign-in to the pool's registry, and the docker build
// namespace. A local Azure has neither.
func (r *run) onMachine(ctx context.Context) []provision.Resource {
	server := strings.TrimPrefix(defaultsOf(r.pool.Template).server, "https://")
	if server == "" || r.local() {
		return nil
	}
	login := provision.Resource{Kind: provision.KindLogin, Name: server, Action: provision.ActionKeep}
	switch signedIn, err := r.signedIn(ctx, server); {
	case err != nil:
		login.Action, login.Detail = provision.ActionCreate, err.Error()
	case !signedIn:
		login.Action, login.Detail = provision.ActionCreate, "docker is not signed in to "+server
	}
	namespace := provision.Resource{Kind: provision.KindNamespace, Name: server, Action: provision.ActionKeep}
	if now := r.namespace(); now != server {
		namespace.Action, namespace.Detail = provision.ActionUpdate, fmt.Sprintf("it is %s, not %s", now, server)
		if now == "" {
			namespace.Detail = "not set"
		}
	}
	return []provision.Resource{login, namespace}
}
