package view

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
)

// taskRun is a task run on the wire.
type taskRun struct {
	run
	FlowRunID       *uuid.UUID      `json:"flow_run_id"`
	TaskKey         string          `json:"task_key"`
	DynamicKey      string          `json:"dynamic_key"`
	CacheKey        *string         `json:"cache_key"`
	CacheExpiration api.Time        `json:"cache_expiration"`
	TaskVersion     *string         `json:"task_version"`
	EmpiricalPolicy taskRunPolicy   `json:"empirical_policy"`
	TaskInputs      json.RawMessage `json:"task_inputs"`
	FlowRunRunCount int             `json:"flow_run_run_count"`
}

// taskRunPolicy is a task run's part of db.Policy.
type taskRunPolicy struct {
	MaxRetries        int             `json:"max_retries"`
	RetryDelaySeconds float64         `json:"retry_delay_seconds"`
	Retries           *int            `json:"retries"`
	RetryDelay        json.RawMessage `json:"retry_delay"`
	RetryJitterFactor *float64        `json:"retry_jitter_factor"`
}

// TaskRun is how task runs' routes show a run.
func TaskRun(run *db.TaskRun) any { return ofTaskRun(run) }

func ofTaskRun(r *db.TaskRun) taskRun {
	view := taskRun{
		run: ofRun(&r.Run), FlowRunID: r.FlowRunID, TaskKey: r.TaskKey, DynamicKey: r.DynamicKey,
		CacheKey: r.CacheKey, CacheExpiration: r.CacheExpiration, TaskVersion: r.TaskVersion,
		EmpiricalPolicy: taskRunPolicy{
			MaxRetries: r.Policy.MaxRetries, RetryDelaySeconds: r.Policy.RetryDelaySeconds, Retries: r.Policy.Retries,
			RetryDelay: r.Policy.RetryDelay, RetryJitterFactor: r.RetryJitterFactor,
		},
		TaskInputs: jsonOr(r.TaskInputs, "{}"), FlowRunRunCount: r.FlowRunRunCount,
	}
	view.State = r.State
	return view
}

// TaskRunPage is how the route that paginates task runs shows one: with fewer fields.
func TaskRunPage(run *db.TaskRun) any {
	view := ofTaskRun(run)
	return struct {
		db.Base
		Name                    string          `json:"name"`
		FlowRunID               *uuid.UUID      `json:"flow_run_id"`
		TaskKey                 string          `json:"task_key"`
		StateID                 *uuid.UUID      `json:"state_id"`
		State                   *db.State       `json:"state"`
		TaskVersion             *string         `json:"task_version"`
		TaskInputs              json.RawMessage `json:"task_inputs"`
		EmpiricalPolicy         taskRunPolicy   `json:"empirical_policy"`
		Tags                    []string        `json:"tags"`
		StartTime               api.Time        `json:"start_time"`
		EndTime                 api.Time        `json:"end_time"`
		TotalRunTime            float64         `json:"total_run_time"`
		EstimatedRunTime        float64         `json:"estimated_run_time"`
		EstimatedStartTimeDelta float64         `json:"estimated_start_time_delta"`
	}{
		view.Base, view.Name, view.FlowRunID, view.TaskKey, view.StateID, view.State, view.TaskVersion, view.TaskInputs, view.EmpiricalPolicy, view.Tags,
		view.StartTime, view.EndTime, view.TotalRunTime, view.EstimatedRunTime, view.EstimatedStartTimeDelta,
	}
}
