package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/console"
	"github.com/spf13/cobra"
)

func (a *app) workPoolInspectCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "inspect NAME",
		Short: "Show a work pool with its template, queues and workers",
		Example: lines(
			"pacific work-pool inspect aci",
			"pacific work-pool inspect aci --output json | jq .baseJobTemplate > template.json",
		),
		Args:              onePool,
		ValidArgsFunction: completeArgs(a.poolNames(), 1),
		RunE:              func(cmd *cobra.Command, args []string) error { return a.workPoolInspect(cmd, args[0]) },
	}
	a.addPrefectFlags(cmd)
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

func (a *app) workPoolInspect(cmd *cobra.Command, name string) error {
	p, err := a.openPrefect(cmd)
	if err != nil {
		return err
	}
	details, err := p.poolDetails(cmd.Context(), name)
	if err != nil {
		return poolError(err, name)
	}
	if p.wantsJSON() {
		return a.out.JSON(details)
	}
	a.showPool(details)
	return nil
}

func (p *prefectSide) poolDetails(ctx context.Context, name string) (poolDetails, error) {
	pool, err := p.client.WorkPool(ctx, name)
	if err != nil {
		return poolDetails{}, err
	}
	details := poolDetails{poolView: viewOfPool(pool, p.settings), Queues: []queueView{}, Workers: []workerView{}, BaseJobTemplate: pool.BaseJobTemplate}
	for q, err := range p.client.WorkQueues(ctx, name) {
		if err != nil {
			return poolDetails{}, err
		}
		details.Queues = append(details.Queues, queueView{q.Name, q.Status, q.IsPaused, q.Priority, q.ConcurrencyLimit, q.LastPolled.Time, string(q.ID)})
	}
	for w, err := range p.client.Workers(ctx, name) {
		if err != nil {
			return poolDetails{}, err
		}
		details.Workers = append(details.Workers, workerView{w.Name, w.Status, w.LastHeartbeatTime.Time})
	}
	return details, nil
}

func (a *app) showPool(d poolDetails) {
	for _, line := range [][2]string{
		{"name", d.Name}, {"type", d.Type}, {"status", statusWord(d.Status)}, {"concurrency limit", limitWord(d.ConcurrencyLimit)},
		{"description", d.Description}, {"id", d.ID}, {"default pool", map[bool]string{true: "yes", false: "no"}[d.Default]},
	} {
		if line[1] != "" {
			a.out.Line("%-18s %s", line[0]+":", console.Flat(line[1]))
		}
	}
	rows := make([][]string, len(d.Queues))
	for i, q := range d.Queues {
		rows[i] = []string{q.Name, statusWord(q.Status), strconv.Itoa(q.Priority), limitWord(q.ConcurrencyLimit), ageOf(q.LastPolled)}
	}
	a.out.Line("")
	a.out.Table([]string{"QUEUE", "STATUS", "PRIORITY", "LIMIT", "POLLED"}, rows)
	rows = make([][]string, len(d.Workers))
	for i, w := range d.Workers {
		rows[i] = []string{w.Name, statusWord(w.Status), ageOf(w.LastHeartbeat)}
	}
	a.out.Line("")
	a.out.Table([]string{"WORKER", "STATUS", "HEARTBEAT"}, rows)
	a.out.Line("")
	a.out.Line("base job template:")
	for line := range strings.Lines(indented(d.BaseJobTemplate)) {
		text := strings.TrimLeft(line, " ")
		a.out.Line("%s", strings.Repeat(" ", 2+len(line)-len(text))+console.Flat(text))
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

// ageOf tells how long ago something was; nothing if it never was.
func ageOf(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return shortAge(time.Since(t)) + " ago"
}
