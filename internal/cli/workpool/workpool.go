// Package workpool has the commands for Prefect's work pools.
package workpool

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/jsonplace"
	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// NewCommand makes `pacific work-pool` and the commands below it. provision is what create calls for --provision-infra.
func NewCommand(a *cmdutil.App, provision cmdutil.ProvisionFunc) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "work-pool COMMAND",
		GroupID: cmdutil.GroupPrefect,
		Short:   "Create and manage Prefect's work pools",
		Example: cmdutil.Lines(
			"pacific work-pool create aci --type azure-container-instance --set-as-default",
			"pacific work-pool inspect aci",
		),
		Args: cmdutil.OnlyCommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(
		newLs(a),
		newInspect(a),
		newCreate(a, provision),
		newUpdate(a),
		newTemplate(a),
		newPause(a),
		newResume(a),
		newRm(a),
	)
	return cmdutil.WithoutFiles(cmd)
}

// onePool is the argument of most of these commands.
func onePool(cmd *cobra.Command, args []string) error {
	const see = "{} lists the names; see {}"
	switch {
	case len(args) == 0:
		return cmdutil.Usage(cmd.CommandPath()+" needs the name of a work pool", see, cmdutil.ListPools(), cmdutil.Help(cmd))
	case len(args) > 1:
		return cmdutil.Usage(fmt.Sprintf("%s takes one name, got also %q", cmd.CommandPath(), args[1]), see, cmdutil.ListPools(), cmdutil.Help(cmd))
	case strings.TrimSpace(args[0]) == "":
		return cmdutil.Usage(cmd.CommandPath()+": the name is empty", see, cmdutil.ListPools(), cmdutil.Help(cmd))
	}
	return nil
}

// poolView is one work pool in JSON.
type poolView struct {
	Name string `json:"name"`
	Type string `json:"type"`
	// Status is READY, NOT_READY or PAUSED, empty where Prefect has none.
	Status           string    `json:"status"`
	Paused           bool      `json:"paused"`
	ConcurrencyLimit *int      `json:"concurrencyLimit"`
	Description      string    `json:"description"`
	Default          bool      `json:"default"`
	ID               string    `json:"id"`
	Created          time.Time `json:"created,omitzero"`
	Updated          time.Time `json:"updated,omitzero"`
}

// viewOfPool needs the settings to know which pool is the default one.
func viewOfPool(pool prefect.WorkPool, settings *profiles.Settings) poolView {
	return poolView{
		Name: pool.Name, Type: pool.Type, Status: pool.Status, Paused: pool.IsPaused, ConcurrencyLimit: pool.ConcurrencyLimit,
		Description: pool.Description, Default: pool.Name == settings.Text(defaultPoolSetting), ID: string(pool.ID),
		Created: pool.Created.Time, Updated: pool.Updated.Time,
	}
}

// row is one line of a table.
func (v poolView) row() []string {
	name := v.Name
	if v.Default {
		name += " *"
	}
	return []string{name, v.Type, statusWord(v.Status), limitWord(v.ConcurrencyLimit), v.Description}
}

// statusWord puts Prefect's NOT_READY as its own UI does.
func statusWord(status string) string { return strings.ToLower(strings.ReplaceAll(status, "_", " ")) }

func limitWord(limit *int) string {
	if limit == nil {
		return ""
	}
	return strconv.Itoa(*limit)
}

// poolKinds are the types of pool that Prefect's own packages and Prefect Cloud have, with prefect-agent of agents.
var poolKinds = []string{
	jobtemplate.TypeWorker, jobtemplate.TypePush, "process", "docker", "kubernetes", "ecs", "ecs:push", "cloud-run", "cloud-run:push",
	"cloud-run-v2", "cloud-run-v2:push", "vertex-ai", "modal:push", "coiled:push", "prefect:managed", "prefect-agent",
}

// readTemplate reads --base-job-template: a file, or - for standard input. What it means is for the server to judge.
func readTemplate(ctx context.Context, a *cmdutil.App, name string) (json.RawMessage, error) {
	const hint = `it is JSON with "job_configuration" and "variables", as work-pool inspect --output json shows it under baseJobTemplate`
	text, err := a.ReadInput(ctx, "--base-job-template", name, maxTemplate)
	if err != nil {
		return nil, err
	}
	var object map[string]json.RawMessage
	switch err, wrong := jsonplace.Find(text, json.Unmarshal(text, &object)); {
	case wrong:
		return nil, cmdutil.Usage(fmt.Sprintf("--base-job-template %s: %v", name, err), hint)
	case object == nil:
		return nil, cmdutil.Usage(fmt.Sprintf("--base-job-template %s is not a JSON object", name), hint)
	}
	for _, key := range []string{"job_configuration", "variables"} {
		var part map[string]json.RawMessage
		if len(object) > 0 && (json.Unmarshal(object[key], &part) != nil || part == nil) {
			return nil, cmdutil.Usage(fmt.Sprintf("--base-job-template %s: %q is missing or is not an object", name, key), hint)
		}
	}
	return text, nil
}

// maxTemplate is far more than a template takes: Prefect's longest, for Kubernetes, has some 20 kB.
const maxTemplate = 1 << 20
