package flowrun

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
	"github.com/spf13/cobra"
)

// lsFlags are the flags of ls.
type lsFlags struct {
	states []string
	name   string
	pool   string
	limit  int
}

func newLs(a *cmdutil.App) *cobra.Command {
	f := &lsFlags{}
	cmd := &cobra.Command{
		Use:     "ls [--state S]… [--pool P] [--name N] [--limit N]",
		Aliases: []string{"list"},
		Short:   "List flow runs, the newest first",
		Long: `Ls lists flow runs by their expected start, the newest first. A state is one of
Prefect's types (running) or a name of its own (late). With --output wide, the
table has the runs' ids too, which --output json has in any case. What runs wait
for that are due and have not begun follows on standard error.`,
		Example: cmdutil.Lines(
			"pacific flow-run ls",
			"pacific flow-run ls --state running --state pending --pool aci",
			"pacific flow-run ls --state crashed --output json | jq -r '.[] | .message'",
		),
		Args: cmdutil.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLs(a, cmd, f) },
	}
	cmd.Flags().StringSliceVar(&f.states, "state", nil, "only runs in this `state`; may be repeated")
	cmd.Flags().StringVar(&f.pool, "pool", "", "only runs of this work `pool`")
	cmd.Flags().StringVar(&f.name, "name", "", "only runs of this `name`")
	cmd.Flags().IntVarP(&f.limit, "limit", "n", 20, "at most `N` runs; 0 for all")
	cmdutil.CompleteFlag(cmd, "state", func(context.Context, *cobra.Command) ([]string, error) { return stateWordList(), nil })
	cmdutil.CompleteFlag(cmd, "pool", a.PoolNames())
	cmdutil.CompleteFlag(cmd, "name", a.FlowRunNames())
	a.AddPrefectFlags(cmd)
	return cmd
}

// stateTypes are Prefect's types of state, stateNames the names within a type that mean more than it.
var (
	stateTypes = []prefect.StateType{
		prefect.StateScheduled, prefect.StatePending, prefect.StateRunning, prefect.StateCompleted, prefect.StateFailed,
		prefect.StateCancelled, prefect.StateCrashed, prefect.StatePaused, prefect.StateCancelling,
	}
	stateNames = []string{
		prefect.StateNameLate, prefect.StateNameAwaitingRetry, prefect.StateNameAwaitingConcurrencySlot, prefect.StateNameResuming,
		prefect.StateNameSubmitting, prefect.StateNameInfrastructurePending, prefect.StateNameRetrying, prefect.StateNameTimedOut,
		prefect.StateNameSuspended, worker.StateNameAwaitingQuota, worker.StateNameAwaitingAzure,
	}
)

// stateWordList is what --state takes, as a shell offers it.
func stateWordList() []string {
	var words []string
	for _, t := range stateTypes {
		words = append(words, strings.ToLower(string(t)))
	}
	for _, name := range stateNames {
		words = append(words, strings.ToLower(name))
	}
	return words
}

// stateFilters reads the values of --state: types and names, in any case. A filter of both would ask for a state that fits
// both, so each kind is a filter of its own.
func stateFilters(given []string) ([]prefect.StateFilter, error) {
	var types, names []string
	for _, word := range given {
		if i := slices.IndexFunc(stateTypes, func(t prefect.StateType) bool { return strings.EqualFold(string(t), word) }); i >= 0 {
			types = append(types, string(stateTypes[i]))
			continue
		}
		if i := slices.IndexFunc(stateNames, func(n string) bool { return strings.EqualFold(n, word) }); i >= 0 {
			names = append(names, stateNames[i])
			continue
		}
		return nil, cmdutil.Usage(fmt.Sprintf("--state %q is not a state of flow runs", word), "states: "+strings.Join(stateWordList(), ", "))
	}
	var filters []prefect.StateFilter
	if len(types) > 0 {
		filters = append(filters, prefect.StateFilter{Type: prefect.Match{Any: types}})
	}
	if len(names) > 0 {
		filters = append(filters, prefect.StateFilter{Name: prefect.Match{Any: names}})
	}
	if len(filters) == 0 {
		filters = []prefect.StateFilter{{}}
	}
	return filters, nil
}

// lsView is a run in the JSON of ls.
type lsView struct {
	runView
	// Flow is the flow's name.
	Flow string `json:"flow"`
}

func runLs(a *cmdutil.App, cmd *cobra.Command, f *lsFlags) error {
	wide := cmdutil.IsWide(cmd)
	filters, err := stateFilters(f.states)
	switch {
	case err != nil:
		return err
	case f.limit < 0:
		return cmdutil.Usage(fmt.Sprintf("--limit is %d: it must not be negative", f.limit), "0 lists all")
	}
	p, err := a.OpenPrefect(cmd)
	if err != nil {
		return err
	}
	found, err := list(cmd.Context(), p.Client, f, filters)
	if err == nil && len(found) == 0 && f.pool != "" {
		err = poolExists(cmd.Context(), p.Client, f.pool)
	}
	if err != nil {
		return err
	}
	reasons, held := make([]string, len(found)), newWaits(p.Client)
	for i, run := range found {
		reasons[i] = held.of(cmd.Context(), run)
	}
	flows, err := flowNames(cmd.Context(), p.Client, found)
	if err != nil {
		return err
	}
	if p.WantsJSON() {
		views := make([]lsView, len(found))
		for i, run := range found {
			views[i] = lsView{viewOf(run), flows[run.FlowID]}
			views[i].Waits = reasons[i]
		}
		return a.Out.JSON(views)
	}
	defer sayWaits(a, found, reasons)
	if len(found) == 0 && a.Out.Terminal() {
		a.Say.Status("no flow runs")
		return nil
	}
	header, rows := []string{"NAME", "STATE", "START", "TRY", "FLOW", "POOL"}, make([][]string, len(found))
	for i, run := range found {
		rows[i] = []string{run.Name, viewOf(run).State, startOf(run, time.Now()), tries(run), flows[run.FlowID], run.WorkPoolName}
		if wide {
			rows[i] = append(rows[i], string(run.ID))
		}
	}
	if wide { // whoever asks for ids wants to copy them
		a.Out.Table(append(header, "ID"), rows)
		return nil
	}
	a.Out.List(header, rows)
	return nil
}

// sayWaits says what the runs wait for, each reason once.
func sayWaits(a *cmdutil.App, found []prefect.FlowRun, reasons []string) {
	for i, reason := range reasons {
		if reason == "" || slices.Contains(reasons[:i], reason) {
			continue
		}
		who, verb, more := called(found[i]), "waits", -1
		for _, other := range reasons {
			if other == reason {
				more++
			}
		}
		if more > 0 {
			who, verb = fmt.Sprintf("%s and %d more", who, more), "wait"
		}
		a.Say.Status(fmt.Sprintf("%s %s: %s", who, verb, reason))
	}
}

// list reads the runs of all filters, each once, the newest first.
func list(ctx context.Context, client *prefect.Client, f *lsFlags, filters []prefect.StateFilter) ([]prefect.FlowRun, error) {
	query := prefect.Query{Sort: prefect.SortExpectedStartTimeDesc, Limit: f.limit}
	if f.pool != "" {
		query.WorkPools.Name.Any = []string{f.pool}
	}
	if f.name != "" {
		query.FlowRuns.Name.Any = []string{f.name}
	}
	var all []prefect.FlowRun
	seen := map[prefect.ID]bool{}
	for _, filter := range filters {
		query.FlowRuns.State = filter
		for run, err := range client.FlowRuns(ctx, query) {
			if err != nil {
				return nil, err
			}
			if !seen[run.ID] {
				seen[run.ID] = true
				all = append(all, run)
			}
		}
	}
	slices.SortStableFunc(all, func(a, b prefect.FlowRun) int { return b.ExpectedStartTime.Compare(a.ExpectedStartTime.Time) })
	if f.limit > 0 && len(all) > f.limit {
		all = all[:f.limit]
	}
	return all, nil
}

// poolExists tells a pool without runs from a mistyped one.
func poolExists(ctx context.Context, client *prefect.Client, name string) error {
	_, err := client.WorkPool(ctx, name)
	if cmdutil.IsMissing(err) {
		return cmdutil.WithHint(fmt.Errorf("there is no work pool %s", name), "{} lists them", cmdutil.ListPools())
	}
	return err
}

// flowNames reads the names of the runs' flows, with one list.
func flowNames(ctx context.Context, client *prefect.Client, found []prefect.FlowRun) (map[prefect.ID]string, error) {
	names := map[prefect.ID]string{}
	var query prefect.Query
	for _, run := range found {
		if _, known := names[run.FlowID]; !known {
			names[run.FlowID] = ""
			query.Flows.ID.Any = append(query.Flows.ID.Any, string(run.FlowID))
		}
	}
	if len(names) == 0 {
		return names, nil
	}
	for flow, err := range client.Flows(ctx, query) {
		if err != nil {
			return nil, err
		}
		names[flow.ID] = flow.Name
	}
	return names, nil
}

// startOf says when a run started or will start.
func startOf(run prefect.FlowRun, now time.Time) string {
	at := run.StartTime.Time
	if at.IsZero() {
		at = run.ExpectedStartTime.Time
	}
	switch {
	case at.IsZero():
		return ""
	case at.After(now):
		return "in " + cmdutil.ShortAge(at.Sub(now))
	}
	return cmdutil.AgeOf(at)
}

// tries is which try of the flow a run is at; nothing before the first one.
func tries(run prefect.FlowRun) string {
	if run.RunCount == 0 {
		return ""
	}
	return fmt.Sprint(run.RunCount)
}
