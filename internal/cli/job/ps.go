package job

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/spf13/cobra"
)

// NewPs makes `pacific ps`.
func NewPs(a *cmdutil.App) *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:     "ps [--all]",
		Aliases: []string{"list", "ls"},
		GroupID: cmdutil.GroupJobs,
		Short:   "List the jobs in the resource group",
		Long: `Ps lists the jobs that pacific started in the resource group and that have not
ended. With --all it also lists ended jobs whose container group was kept.`,
		Example: cmdutil.Lines(
			"pacific ps",
			`pacific ps --all --output json | jq -r '.[] | select(.exitCode != 0) | .name'`,
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runPs(a, cmd, all) },
	}
	cmd.Flags().BoolVarP(&all, "all", "a", false, "also list jobs that have ended")
	cmdutil.AddSettings(cmd, cmdutil.AzureSettings()...)
	return cmd
}

// jobView is one job in JSON.
type jobView struct {
	Name string `json:"name"`
	// State is Waiting, Running or Terminated, the main container's; before
	// Azure knows that, how far it got with the group.
	State    string    `json:"state"`
	ExitCode *int      `json:"exitCode"`
	Image    string    `json:"image"`
	CPU      float64   `json:"cpu"`
	MemoryGB float64   `json:"memoryGB"`
	Location string    `json:"location"`
	Restarts int       `json:"restarts"`
	Created  time.Time `json:"created,omitzero"`
	Started  time.Time `json:"started,omitzero"`
	Finished time.Time `json:"finished,omitzero"`
	Deadline time.Time `json:"deadline,omitzero"`
	ID       string    `json:"id"`
}

func runPs(a *cmdutil.App, cmd *cobra.Command, all bool) error {
	t, err := a.Open(cmd.Context(), cmd)
	if err != nil {
		return err
	}
	shown := a.Show(cmdutil.WaitFor("reading the list of jobs"))
	groups, err := readJobs(cmd.Context(), t, a)
	shown()
	if err != nil {
		return err
	}
	views := []jobView{}
	for _, g := range groups {
		if _, ended := g.Ended(); all || !ended {
			views = append(views, viewOfGroup(g))
		}
	}
	if t.Settings.Get("output") == "json" {
		return a.Out.JSON(views)
	}
	if len(views) == 0 && a.Out.Terminal() {
		also := ""
		if !all {
			also = "; pacific ps --all shows those that have ended"
		}
		a.Say.Status("no jobs in resource group " + t.Settings.Get("resource-group") + also)
		return nil
	}
	rows := make([][]string, len(views))
	for i, v := range views {
		rows[i] = v.row(time.Now())
	}
	a.Out.List([]string{"NAME", "STATE", "EXIT", "AGE", "CPU", "MEMORY", "IMAGE"}, rows)
	return nil
}

// readsAtOnce bounds the reads of single groups. Azure's list leaves out what
// the containers do, so each group takes a read of its own.
const readsAtOnce = 8

// readJobs reads every group that Pacific made, newest first.
func readJobs(ctx context.Context, t *cmdutil.Target, a *cmdutil.App) ([]*aci.Group, error) {
	listed, err := t.Client.List(ctx, aci.ListOptions{Events: a.Waits})
	if err != nil {
		return nil, err
	}
	groups := make([]*aci.Group, len(listed))
	errs := make([]error, len(listed))
	slots := make(chan struct{}, readsAtOnce)
	var wg sync.WaitGroup
	for i := range listed {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			errs[i] = a.Repeat(ctx, func(ctx context.Context) (err error) {
				groups[i], err = t.Client.Get(ctx, listed[i].Name)
				return err
			})
			if errors.Is(errs[i], aci.ErrNotFound) {
				errs[i] = nil // deleted since the list was made
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	groups = slices.DeleteFunc(groups, func(g *aci.Group) bool { return g == nil })
	slices.SortFunc(groups, func(a, b *aci.Group) int {
		if c := b.Created.Compare(a.Created); c != 0 {
			return c
		}
		return strings.Compare(a.Name, b.Name)
	})
	return groups, nil
}

func viewOfGroup(g *aci.Group) jobView {
	v := jobView{Name: g.Name, State: string(g.Provisioning), Location: g.Location, Created: g.Created, Deadline: g.Deadline, ID: g.ID}
	main := g.Main()
	if main == nil {
		return v
	}
	v.Image, v.CPU, v.MemoryGB, v.Restarts = main.Image, main.CPU, main.MemoryGB, main.Restarts
	if now := main.Current; now != nil {
		v.State, v.ExitCode, v.Started, v.Finished = string(now.State), now.ExitCode, now.Started, now.Finished
	}
	return v
}

func (v jobView) row(now time.Time) []string {
	code, age := "", ""
	if v.ExitCode != nil {
		code = strconv.Itoa(*v.ExitCode)
	}
	if !v.Created.IsZero() {
		age = cmdutil.ShortAge(now.Sub(v.Created))
	}
	return []string{v.Name, v.State, code, age, number(v.CPU), number(v.MemoryGB) + "GB", v.Image}
}

func number(f float64) string { return strconv.FormatFloat(f, 'g', -1, 64) }
