package workpool

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/console"
	"github.com/spf13/cobra"
)

func newInspect(a *cmdutil.App) *cobra.Command {
	cmd := &cobra.Command{
		Use:     "inspect NAME",
		Aliases: []string{"show"},
		Short:   "Show a work pool with its template, queues and workers",
		Example: cmdutil.Lines(
			"pacific work-pool inspect aci",
			`pacific work-pool inspect aci --output json | jq .baseJobTemplate > pool.json`,
		),
		Args:              onePool,
		ValidArgsFunction: cmdutil.CompleteArgs(a.PoolNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return runInspect(a, cmd, args[0]) },
	}
	a.AddPrefectFlags(cmd)
	return cmd
}

// poolDetails is a work pool with all that belongs to it, in JSON.
type poolDetails struct {
	poolView
	Queues          []queueView     `json:"queues"`
	Workers         []workerView    `json:"workers"`
	BaseJobTemplate json.RawMessage `json:"baseJobTemplate"`
}

type queueView struct {
	Name             string    `json:"name"`
	Status           string    `json:"status"`
	Paused           bool      `json:"paused"`
	Priority         int       `json:"priority"`
	ConcurrencyLimit *int      `json:"concurrencyLimit"`
	LastPolled       time.Time `json:"lastPolled,omitzero"`
	ID               string    `json:"id"`
}

type workerView struct {
	Name string `json:"name"`
	// Status is ONLINE or OFFLINE.
	Status        string    `json:"status"`
	LastHeartbeat time.Time `json:"lastHeartbeat,omitzero"`
}

func runInspect(a *cmdutil.App, cmd *cobra.Command, name string) error {
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	details, err := readDetails(cmd.Context(), p, name)
	if err != nil {
		return cmdutil.PoolError(err, name)
	}
	if p.WantsJSON() {
		return a.Out.JSON(details)
	}
	showPool(a, details)
	return nil
}

func readDetails(ctx context.Context, p *cmdutil.Prefect, name string) (poolDetails, error) {
	pool, err := p.Client.WorkPool(ctx, name)
	if err != nil {
		return poolDetails{}, err
	}
	details := poolDetails{poolView: viewOfPool(pool, p.Settings), Queues: []queueView{}, Workers: []workerView{}, BaseJobTemplate: pool.BaseJobTemplate}
	for q, err := range p.Client.WorkQueues(ctx, name) {
		if err != nil {
			return poolDetails{}, err
		}
		details.Queues = append(details.Queues, queueView{q.Name, q.Status, q.IsPaused, q.Priority, q.ConcurrencyLimit, q.LastPolled.Time, string(q.ID)})
	}
	for w, err := range p.Client.Workers(ctx, name) {
		if err != nil {
			return poolDetails{}, err
		}
		details.Workers = append(details.Workers, workerView{w.Name, w.Status, w.LastHeartbeatTime.Time})
	}
	return details, nil
}

func showPool(a *cmdutil.App, d poolDetails) {
	for _, line := range [][2]string{
		{"name", d.Name}, {"type", d.Type}, {"status", statusWord(d.Status)}, {"concurrency limit", limitWord(d.ConcurrencyLimit)},
		{"description", d.Description}, {"id", d.ID}, {"default pool", map[bool]string{true: "yes", false: "no"}[d.Default]},
	} {
		if line[1] != "" {
			a.Out.Line("%-18s %s", line[0]+":", console.Flat(line[1]))
		}
	}
	rows := make([][]string, len(d.Queues))
	for i, q := range d.Queues {
		rows[i] = []string{q.Name, statusWord(q.Status), strconv.Itoa(q.Priority), limitWord(q.ConcurrencyLimit), cmdutil.AgeOf(q.LastPolled)}
	}
	a.Out.Line("")
	a.Out.List([]string{"QUEUE", "STATUS", "PRIORITY", "LIMIT", "POLLED"}, rows)
	rows = make([][]string, len(d.Workers))
	for i, w := range d.Workers {
		rows[i] = []string{w.Name, statusWord(w.Status), cmdutil.AgeOf(w.LastHeartbeat)}
	}
	a.Out.Line("")
	a.Out.List([]string{"WORKER", "STATUS", "HEARTBEAT"}, rows)
	a.Out.Line("")
	a.Out.Line("base job template:")
	for line := range strings.Lines(indented(d.BaseJobTemplate)) {
		text := strings.TrimLeft(line, " ")
		a.Out.Line("%s", strings.Repeat(" ", 2+len(line)-len(text))+console.Flat(text))
	}
}

// indented is for people; what is no JSON stays as it is.
func indented(raw json.RawMessage) string {
	var b bytes.Buffer
	if json.Indent(&b, raw, "", "  ") != nil {
		return string(raw)
	}
	return b.String()
}
