package prefect_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pacific-aci/pacific/prefect"
)

// schedulesContract: the server makes the runs of a schedule by itself, at its times, and takes them back when the
// deployment is paused; a run whose time has passed is Late.
func schedulesContract(t *testing.T, s target) {
	ctx := t.Context()
	s.pool(t)
	flow := must(s.CreateFlow(ctx, prefect.FlowCreate{Name: s.name}))(t)
	anchor := time.Date(2026, 1, 1, 0, 7, 0, 0, time.UTC)
	deployment := must(s.CreateDeployment(ctx, prefect.DeploymentCreate{
		Name: "d1", FlowID: flow.ID, WorkPoolName: s.name, JobVariables: map[string]any{"command": "true"}, Parameters: map[string]any{"p": "v"},
		Schedules: []prefect.DeploymentSchedule{{
			Schedule: prefect.Schedule{Interval: prefect.Seconds(24 * time.Hour), AnchorDate: prefect.At(anchor)}, Active: true,
		}},
	}))(t)
	t.Cleanup(func() { _ = s.DeleteDeployment(ctx, deployment.ID) })
	query := prefect.Query{Sort: "EXPECTED_START_TIME_ASC", Deployments: prefect.DeploymentFilter{ID: prefect.Match{Any: []string{string(deployment.ID)}}}}
	var runs []prefect.FlowRun
	eventually(t, "runs are made of the schedule", func() bool {
		runs = must(prefect.Collect(s.FlowRuns(ctx, query)))(t)
		return len(runs) > 0
	})
	want(t, "runs", len(runs), 3) // the server makes no more ahead of so rare a schedule
	for i, run := range runs {
		at := run.ExpectedStartTime.Time
		if offset := at.Sub(anchor) % (24 * time.Hour); offset != 0 || !run.AutoScheduled || run.StateType != prefect.StateScheduled || run.Parameters["p"] != "v" {
			t.Errorf("run %d is at %s with %v, %s, %v: want one of the schedule's", i, at, run.AutoScheduled, run.StateType, run.Parameters)
		}
		if i > 0 && at.Sub(runs[i-1].ExpectedStartTime.Time) != 24*time.Hour {
			t.Errorf("run %d is %s after the one before, want a day", i, at.Sub(runs[i-1].ExpectedStartTime.Time))
		}
	}
	for name, test := range map[string]struct {
		schedule prefect.Schedule
		want     error
	}{
		"cron":              {prefect.Schedule{Cron: "0 6 * * MON-FRI", Timezone: "Europe/Oslo"}, nil},
		"interval":          {prefect.Schedule{Interval: prefect.Seconds(time.Hour)}, nil},
		"no such day":       {prefect.Schedule{Cron: "0 6 * * 9"}, prefect.ErrInvalid},
		"no cron":           {prefect.Schedule{Cron: "daily"}, prefect.ErrInvalid},
		"no such time zone": {prefect.Schedule{Cron: "0 6 * * *", Timezone: "Europe/Atlantis"}, prefect.ErrInvalid},
	} {
		if err := s.CheckSchedules(ctx, []prefect.DeploymentSchedule{{Active: true, Schedule: test.schedule}}); !errors.Is(err, test.want) {
			t.Errorf("checking the schedule %q: got %v, want %v", name, err, test.want)
		}
	}
	check(t, s.PauseDeployment(ctx, deployment.ID))
	eventually(t, "the runs of a paused deployment are gone", func() bool { return must(s.CountFlowRuns(ctx, query))(t) == 0 })

	late := must(s.CreateDeploymentFlowRun(ctx, deployment.ID, prefect.DeploymentFlowRunCreate{
		State: &prefect.State{Type: prefect.StateScheduled, Details: prefect.StateDetails{ScheduledTime: prefect.At(time.Now().Add(-time.Hour))}},
	}))(t)
	eventually(t, "a run whose time has passed is late", func() bool { return must(s.FlowRun(ctx, late.ID))(t).StateName == "Late" })
}
