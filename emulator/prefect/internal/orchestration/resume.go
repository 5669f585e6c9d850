package orchestration

import (
	"encoding/json"
	"errors"

	"github.com/pacific-aci/pacific/emulator/prefect/internal/api"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/db"
	"github.com/pacific-aci/pacific/emulator/prefect/internal/parameters"
)

// keyset names the inputs of a flow run that waits for a person's: the schema that it put there, and the answer to come.
type keyset struct {
	Schema   string `json:"schema"`
	Response string `json:"response"`
}

// resume lets a paused run go on: one that left its infrastructure is scheduled anew. A run that waits for input gets it
// with the request, if it fits the run's schema. The answer has the form of set_state's, a refusal too: 200, with the
// reason in its details.
func (o *Rules) resume(r *api.Request) (api.Reply, error) {
	id, err := r.ID("id")
	if err != nil {
		return api.Reply{}, err
	}
	var body struct {
		api.Loose
		RunInput map[string]any `json:"run_input"`
	}
	if err := r.Decode(&body); err != nil {
		return api.Reply{}, err
	}
	run := o.db.FlowRuns.Get(id)
	if run == nil {
		return api.Reply{}, missing("Flow", id) // the server itself fails here with 500
	}
	if typeOf(run.State) != db.Paused {
		return Result{Status: Abort, Details: Details{Status: Abort, Reason: "Cannot resume a flow run that is not paused."}}.reply()
	}
	var keys *keyset
	_ = json.Unmarshal(run.State.Details.RunInputKeyset, &keys) // one that does not fit names no schema, and is refused below
	if keys != nil {
		filled, err := parameters.Fill(body.RunInput, o.db)
		if errors.Is(err, parameters.ErrBroken) {
			return api.Reply{}, api.Failure()
		}
		reason := ""
		if err != nil {
			reason = "Error hydrating run input: " + err.Error()
		} else {
			body.RunInput = filled
			reason = o.refuseInput(run, *keys, filled)
		}
		if reason != "" {
			return Result{State: run.State, Status: Reject, Details: Details{Status: Abort, Reason: reason}}.reply()
		}
	}
	next := NewState(db.Running, "")
	if run.State.Details.PauseReschedule {
		next = NewState(db.Scheduled, "")
		next.Name = "Resuming"
	}
	result := o.setBy(run, proposal{State: next, Client: client(r)})
	if keys != nil && len(body.RunInput) > 0 && result.Status == Accept {
		o.db.Inputs[id] = append(o.db.Inputs[id], &db.FlowRunInput{
			Base: db.NewBase(), FlowRunID: id, Key: keys.Response, Value: string(api.Raw(body.RunInput)),
		})
	}
	return result.reply()
}

// refuseInput holds an input against the schema that the run put among its inputs before it paused. It says why the input
// does not fit; "" if it does.
func (o *Rules) refuseInput(run *db.FlowRun, keys keyset, input map[string]any) string {
	found := o.db.Input(run.ID, keys.Schema)
	if found == nil {
		return "Run input schema not found."
	}
	if !json.Valid([]byte(found.Value)) {
		return "Run input schema is not valid JSON."
	}
	if input == nil {
		input = map[string]any{}
	}
	switch err := parameters.ValidateValues(json.RawMessage(found.Value), api.Raw(input), parameters.Options{}); {
	case err == nil:
		return ""
	case errors.Is(err, parameters.ErrCircular):
		return err.Error()
	default:
		return "Reason: " + err.Error()
	}
}
