package db

import (
	"encoding/json"

	"github.com/google/uuid"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
)

// TaskRunView is a task run on the wire.
type TaskRunView struct {
	RunView
	FlowRunID       *uuid.UUID      `json:"flow_run_id"`
	TaskKey         string          `json:"task_key"`
	DynamicKey      string          `json:"dynamic_key"`
	CacheKey        *string         `json:"cache_key"`
	CacheExpiration api.Time        `json:"cache_expiration"`
	TaskVersion     *string         `json:"task_version"`
	EmpiricalPolicy TaskRunPolicy   `json:"empirical_policy"`
	TaskInputs      json.RawMessage `json:"task_inputs"`
	FlowRunRunCount int             `json:"flow_run_run_count"`
}

// TaskRunPolicy is a task run's part of Policy.
type TaskRunPolicy struct {
	MaxRetries        int             `json:"max_retries"`
	RetryDelaySeconds float64         `json:"retry_delay_seconds"`
	Retries           *int            `json:"retries"`
	RetryDelay        json.RawMessage `json:"retry_delay"`
	RetryJitterFactor *float64        `json:"retry_jitter_factor"`
}

// TaskRunView is how task runs' routes show a run.
func (d *DB) TaskRunView(run *TaskRun) any {
	view := TaskRunView{
		RunView: runView(&run.Run), FlowRunID: run.FlowRunID, TaskKey: run.TaskKey, DynamicKey: run.DynamicKey,
		CacheKey: run.CacheKey, CacheExpiration: run.CacheExpiration, TaskVersion: run.TaskVersion,
		EmpiricalPolicy: TaskRunPolicy{
			MaxRetries: run.Policy.MaxRetries, RetryDelaySeconds: run.Policy.RetryDelaySeconds, Retries: run.Policy.Retries,
			RetryDelay: run.Policy.RetryDelay, RetryJitterFactor: run.RetryJitterFactor,
		},
		TaskInputs: objectOr(run.TaskInputs, "{}"), FlowRunRunCount: run.FlowRunRunCount,
	}
	view.State = run.State
	return view
}

// TaskRunPageView is how the route that paginates task runs shows one: with fewer fields.
func (d *DB) TaskRunPageView(run *TaskRun) any {
	view := d.TaskRunView(run).(TaskRunView)
	return struct {
		Base
		Name                    string          `json:"name"`
		FlowRunID               *uuid.UUID      `json:"flow_run_id"`
		TaskKey                 string          `json:"task_key"`
		StateID                 *uuid.UUID      `json:"state_id"`
		State                   *State          `json:"state"`
		TaskVersion             *string         `json:"task_version"`
		TaskInputs              json.RawMessage `json:"task_inputs"`
		EmpiricalPolicy         TaskRunPolicy   `json:"empirical_policy"`
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
