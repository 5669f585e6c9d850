package deploy

import (
	"bytes"
	"cmp"
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// differences names the fields of a deployment that are not as wanted, by their names on the server. What is wanted as the
// server's default differs from nothing.
func differences(have prefect.Deployment, want prefect.DeploymentCreate) []string {
	var names []string
	differs := func(name string, differs bool) {
		if differs {
			names = append(names, name)
		}
	}
	differs("version", have.Version != want.Version)
	differs("description", have.Description != want.Description)
	differs("entrypoint", have.Entrypoint != want.Entrypoint)
	differs("tags", !slices.Equal(slices.Sorted(slices.Values(have.Tags)), slices.Sorted(slices.Values(want.Tags))))
	differs("parameters", !sameValue(orEmpty(have.Parameters), orEmpty(want.Parameters)))
	differs("parameter_openapi_schema", !sameValue(withoutNulls(have.ParameterOpenAPISchema), withoutNulls(want.ParameterOpenAPISchema)))
	differs("enforce_parameter_schema", want.EnforceParameterSchema != nil && *want.EnforceParameterSchema != have.EnforceParameterSchema)
	differs("job_variables", !sameValue(orEmpty(have.JobVariables), orEmpty(want.JobVariables)))
	differs("work_pool_name", want.WorkPoolName != "" && have.WorkPoolName != want.WorkPoolName)
	differs("work_queue_name", want.WorkQueueName != "" && have.WorkQueueName != want.WorkQueueName)
	differs("path", have.Path != want.Path)
	differs("pull_steps", !sameValue(orNone(have.PullSteps), orNone(want.PullSteps)))
	differs("storage_document_id", have.StorageDocumentID != want.StorageDocumentID)
	differs("infrastructure_document_id", have.InfrastructureDocumentID != want.InfrastructureDocumentID)
	differs("schedules", !sameSchedules(have.Schedules, want.Schedules))
	return names
}

func orEmpty(values map[string]any) map[string]any {
	if values == nil {
		return map[string]any{}
	}
	return values
}

func orNone(steps []map[string]any) []map[string]any {
	if steps == nil {
		return []map[string]any{}
	}
	return steps
}

// sameValue compares two values as JSON: what a server keeps has json.Number where ours has int.
func sameValue(a, b any) bool {
	return reflect.DeepEqual(asJSON(a), asJSON(b))
}

func asJSON(value any) any {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	var read any
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	if err := decoder.Decode(&read); err != nil {
		return err
	}
	return read
}

// withoutNulls drops the keys of a schema that are null or empty at the top: servers fill in those that were left out.
func withoutNulls(schema json.RawMessage) any {
	object, ok := asJSON(schema).(map[string]any)
	if !ok {
		return nil
	}
	for key, value := range object {
		list, isList := value.([]any)
		inner, isObject := value.(map[string]any)
		if value == nil || isList && len(list) == 0 || isObject && len(inner) == 0 {
			delete(object, key)
		}
	}
	return object
}

// sameSchedules compares what was asked for; an anchor that was left to the server is the server's.
func sameSchedules(have, want []prefect.DeploymentSchedule) bool {
	if len(have) != len(want) {
		return false
	}
	a, b := slices.Clone(have), slices.Clone(want)
	slices.SortFunc(a, bySchedule)
	slices.SortFunc(b, bySchedule)
	for i := range a {
		one, other := a[i], b[i]
		if bySchedule(one, other) != 0 || one.Active != other.Active || !sameValue(orEmpty(one.Parameters), orEmpty(other.Parameters)) ||
			!other.Schedule.AnchorDate.IsZero() && !one.Schedule.AnchorDate.Equal(other.Schedule.AnchorDate.Time) {
			return false
		}
	}
	return true
}

func bySchedule(a, b prefect.DeploymentSchedule) int {
	return cmp.Or(strings.Compare(a.Schedule.Cron, b.Schedule.Cron), cmp.Compare(a.Schedule.Interval, b.Schedule.Interval),
		strings.Compare(a.Schedule.RRule, b.Schedule.RRule),
		strings.Compare(cmp.Or(a.Schedule.Timezone, "UTC"), cmp.Or(b.Schedule.Timezone, "UTC")))
}
