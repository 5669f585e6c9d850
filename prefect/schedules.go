package prefect

import (
	"context"
	"errors"
	"net/http"
)

// Schedule says when a deployment runs: set exactly one of Cron, Interval and RRule.
type Schedule struct {
	// Cron is five fields (six with seconds are refused).
	Cron string `json:"cron,omitempty"`
	// DayOr: with both day of month and day of week given, either is enough. nil: true, as in cron.
	DayOr *bool `json:"day_or,omitempty"`
	// Interval is the time from run to run, counted from AnchorDate (zero: now).
	Interval   Seconds `json:"interval,omitempty"`
	AnchorDate Time    `json:"anchor_date,omitzero"`
	// RRule is an iCalendar rule.
	RRule string `json:"rrule,omitempty"`
	// Timezone is an IANA name. Empty: UTC.
	Timezone string `json:"timezone,omitempty"`
}

// DeploymentSchedule is a schedule of a deployment.
type DeploymentSchedule struct {
	ID           ID       `json:"id,omitzero"`
	Created      Time     `json:"created,omitzero"`
	Updated      Time     `json:"updated,omitzero"`
	DeploymentID ID       `json:"deployment_id,omitzero"`
	Schedule     Schedule `json:"schedule"`
	Active       bool     `json:"active"`
	// MaxScheduledRuns bounds the runs that are made ahead. nil: the server's own limit.
	MaxScheduledRuns *int `json:"max_scheduled_runs,omitempty"`
	// Parameters are for the runs of this schedule (3.x). Slug names it within the deployment (3.x).
	Parameters map[string]any `json:"parameters,omitempty"`
	Slug       string         `json:"slug,omitempty"`
}

// proposed leaves out what the server sets and refuses to be told.
func proposed(schedules []DeploymentSchedule) []DeploymentSchedule {
	var all []DeploymentSchedule
	for _, s := range schedules {
		s.ID, s.DeploymentID, s.Created, s.Updated = "", "", Time{}, Time{}
		all = append(all, s)
	}
	return all
}

// noDeployment is the id of a deployment that no server has.
const noDeployment = "00000000-0000-0000-0000-000000000000"

// CheckSchedules asks the server whether it takes schedules: it alone knows its dialect of cron and its time zones. Nothing is changed:
// they are proposed for a deployment that does not exist, and a server reads them before it looks for that. One that looks first has
// no objection. A schedule that is wrong is [ErrInvalid].
func (c *Client) CheckSchedules(ctx context.Context, schedules []DeploymentSchedule) error {
	if len(schedules) == 0 {
		return nil
	}
	_, err := do(ctx, c, request[none]{
		doing: "checking the schedule", method: http.MethodPost, path: pathf("/deployments/%s/schedules", noDeployment), body: proposed(schedules),
	})
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrUnsupported) {
		return nil
	}
	return err
}
