package runs

import (
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/schedule"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/view"
)

func (x *handlers) registerSchedules(r *api.Router) {
	r.Handle("GET /deployments/{id}/schedules", x.listSchedules)
	r.Handle("POST /deployments/{id}/schedules", x.createSchedules)
	r.Handle("PATCH /deployments/{id}/schedules/{schedule_id}", x.updateSchedule)
	r.Handle("DELETE /deployments/{id}/schedules/{schedule_id}", x.deleteSchedule)
}

// maxScheduledRuns is PREFECT_DEPLOYMENT_SCHEDULE_MAX_SCHEDULED_RUNS.
const maxScheduledRuns = 50

// runLimit is how many runs a schedule may have ahead of it.
type runLimit int

// Check refuses too many.
func (n runLimit) Check() string {
	if n > maxScheduledRuns {
		return fmt.Sprintf("`max_scheduled_runs` must be less than or equal to %d.", maxScheduledRuns)
	}
	return ""
}

// scheduleCreate is a schedule that is made.
type scheduleCreate struct {
	Active           api.Optional[bool] `json:"active"`
	Schedule         schedule.Schedule  `json:"schedule" req:"true"`
	MaxScheduledRuns *runLimit          `json:"max_scheduled_runs" above:"0"`
	Parameters       api.Object         `json:"parameters"`
	Slug             *string            `json:"slug"`
	Replaces         *string            `json:"replaces"`
}

// scheduleUpdate is a schedule that is changed, or in an update of a deployment perhaps made.
type scheduleUpdate struct {
	Active           *bool                    `json:"active"`
	Schedule         *schedule.Schedule       `json:"schedule"`
	MaxScheduledRuns *runLimit                `json:"max_scheduled_runs" above:"0"`
	Parameters       api.Optional[api.Object] `json:"parameters"`
	Slug             *string                  `json:"slug"`
	Replaces         *string                  `json:"replaces"`
}

func (s *scheduleUpdate) create() scheduleCreate {
	made := scheduleCreate{Schedule: *s.Schedule, Parameters: s.Parameters.Value, Slug: s.Slug}
	if s.Active != nil {
		made.Active = api.Optional[bool]{Given: true, Value: *s.Active}
	}
	return made
}

// apply writes what is not null. Parameters that the request does not name become none: so it is in the server.
func (s *scheduleUpdate) apply(to *db.Schedule) {
	if s.Active != nil {
		to.Active = *s.Active
	}
	if s.Schedule != nil {
		s.Schedule.Settle(time.Now())
		to.Schedule = api.Raw(s.Schedule)
	}
	if s.MaxScheduledRuns != nil {
		to.MaxScheduledRuns = (*int)(s.MaxScheduledRuns)
	}
	to.Parameters = s.Parameters.Value.JSON()
	if s.Slug != nil {
		to.Slug = s.Slug
	}
	to.Touch()
}

func uniqueSlugs(schedules []scheduleCreate) bool {
	seen := map[string]bool{}
	for _, s := range schedules {
		if s.Slug == nil {
			continue
		}
		if seen[*s.Slug] {
			return false
		}
		seen[*s.Slug] = true
	}
	return true
}

// unlimited is the schedules without their most runs, which the server forgets when it makes them with a deployment.
func unlimited(schedules []scheduleCreate) []scheduleCreate {
	schedules = slices.Clone(schedules)
	for i := range schedules {
		schedules[i].MaxScheduledRuns = nil
	}
	return schedules
}

// addSchedules gives a deployment more schedules.
func (x *handlers) addSchedules(d *db.Deployment, schedules []scheduleCreate) []*db.Schedule {
	var added []*db.Schedule
	for _, s := range schedules {
		s.Schedule.Settle(time.Now())
		added = append(added, &db.Schedule{
			Base: db.NewBase(), DeploymentID: d.ID, Schedule: api.Raw(&s.Schedule), Active: !s.Active.Given || s.Active.Value,
			MaxScheduledRuns: (*int)(s.MaxScheduledRuns), Parameters: s.Parameters.JSON(), Slug: s.Slug,
		})
	}
	d.Schedules = append(slices.Clip(d.Schedules), added...)
	return added
}

// schedulePlan is what an update of a deployment does to its schedules.
type schedulePlan struct {
	replaceAll bool
	patches    map[*db.Schedule]*scheduleUpdate
	creates    []scheduleCreate
}

// planSchedules decides it: if all have slugs, those that are there and those of the request, then each is changed or
// made by its slug, and the others stay. Otherwise the request's take the place of all.
func planSchedules(d *db.Deployment, given api.Optional[[]scheduleUpdate]) (schedulePlan, error) {
	plan := schedulePlan{patches: map[*db.Schedule]*scheduleUpdate{}}
	unprocessable := func(reason string) error { return api.Problem(http.StatusUnprocessableEntity, reason) }
	slugged := len(d.Schedules) > 0 && !slices.ContainsFunc(d.Schedules, func(s *db.Schedule) bool { return s.Slug == nil })
	if !slugged {
		plan.replaceAll = given.Given
		for _, s := range given.Value {
			if s.Schedule != nil {
				plan.creates = append(plan.creates, s.create())
			}
		}
		return plan, nil
	}
	bySlug := map[string]*db.Schedule{}
	for _, s := range d.Schedules {
		bySlug[*s.Slug] = s
	}
	replaced := map[string]bool{}
	for _, s := range given.Value {
		if s.Slug == nil {
			return plan, unprocessable("Please provide a slug for each schedule in your request to ensure schedules are updated correctly.")
		}
		if nonEmpty(s.Replaces) != nil {
			if replaced[*s.Replaces] {
				return plan, unprocessable("Multiple schedules have 'replaces' targeting the same slug: " + *s.Replaces)
			}
			replaced[*s.Replaces] = true
		}
	}
	for _, s := range given.Value {
		target := *s.Slug
		if nonEmpty(s.Replaces) != nil {
			target = *s.Replaces
			if bySlug[*s.Slug] != nil && !replaced[*s.Slug] {
				return plan, unprocessable("Cannot rename schedule from '" + *s.Replaces + "' to '" + *s.Slug + "': a schedule with slug '" + *s.Slug + "' already exists.")
			}
		}
		switch known := bySlug[target]; {
		case known != nil:
			plan.patches[known] = &s
		case s.Schedule == nil:
			return plan, unprocessable("Unable to create new deployment schedules without a schedule configuration.")
		default:
			plan.creates = append(plan.creates, s.create())
		}
	}
	return plan, nil
}

func (x *handlers) applySchedules(d *db.Deployment, plan schedulePlan) {
	if plan.replaceAll {
		d.Schedules = nil
	}
	for known, change := range plan.patches {
		change.apply(known)
	}
	x.addSchedules(d, unlimited(plan.creates))
}

func (x *handlers) listSchedules(r *api.Request) (api.Reply, error) {
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return api.Reply{}, notFoundDot("Deployment", err)
	}
	return api.OK(view.Schedules(d))
}

func (x *handlers) createSchedules(r *api.Request) (api.Reply, error) {
	var body []scheduleCreate
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return api.Reply{}, notFoundDot("Deployment", err)
	}
	all := slices.Clone(body)
	for _, s := range d.Schedules {
		all = append(all, scheduleCreate{Slug: s.Slug})
	}
	if !uniqueSlugs(all) {
		return api.Reply{}, api.IntegrityConflict()
	}
	added := x.addSchedules(d, body)
	x.db.Wake(time.Now())
	return api.Created(api.Map(slices.Values(added), view.Schedule))
}

// schedule finds the deployment and the schedule that an address names.
func (x *handlers) schedule(r *api.Request) (*db.Deployment, *db.Schedule, error) {
	d, err := find(r, &x.db.Deployments, "Deployment")
	if err != nil {
		return nil, nil, notFoundDot("Deployment", err)
	}
	id, err := r.ID("schedule_id")
	if err != nil {
		return nil, nil, err
	}
	i := slices.IndexFunc(d.Schedules, func(s *db.Schedule) bool { return s.ID == id })
	if i < 0 {
		return nil, nil, api.Problem(http.StatusNotFound, "Schedule not found.")
	}
	return d, d.Schedules[i], nil
}

func (x *handlers) updateSchedule(r *api.Request) (api.Reply, error) {
	var body scheduleUpdate
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	d, s, err := x.schedule(r)
	if err != nil {
		return api.Reply{}, err
	}
	body.apply(s)
	x.deleteScheduledRuns(d.ID, futureAutoScheduled)
	x.db.Wake(time.Now())
	return api.NoContent()
}

func (x *handlers) deleteSchedule(r *api.Request) (api.Reply, error) {
	d, s, err := x.schedule(r)
	if err != nil {
		return api.Reply{}, err
	}
	d.Schedules = slices.DeleteFunc(slices.Clone(d.Schedules), func(other *db.Schedule) bool { return other == s })
	x.deleteScheduledRuns(d.ID, autoScheduled)
	x.db.Wake(time.Now())
	return api.NoContent()
}
