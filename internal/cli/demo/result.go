package demo

import (
	"time"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/prefect"
)

// stepView is a step in JSON.
type stepView struct {
	Name     string   `json:"name"`
	Title    string   `json:"title"`
	Outcome  string   `json:"outcome"`
	Seconds  float64  `json:"seconds"`
	Commands []string `json:"commands"`
}

// refusal is how the key vault answered the wrong identity.
type refusal struct {
	Identity string `json:"identity"`
	ExitCode int    `json:"exitCode"`
	Error    string `json:"error"`
}

// told is what the story has found out.
type told struct {
	run     prefect.FlowRun
	logs    []prefect.Log
	states  []prefect.State
	group   *aci.Group
	refusal refusal
	keep    *keepView
}

// resultView is the demo in JSON.
type resultView struct {
	// Outcome is completed or failed; Error is why.
	Outcome string     `json:"outcome"`
	Error   string     `json:"error,omitempty"`
	Seconds float64    `json:"seconds"`
	Steps   []stepView `json:"steps"`
	FlowRun runView    `json:"flowRun"`
	// ContainerGroup is null if the demo did not come so far.
	ContainerGroup *aci.Group `json:"containerGroup"`
	Refusal        refusal    `json:"refusal"`
	// Keep is how to look around. It is only there with --keep, while all of it goes on.
	Keep *keepView `json:"keep,omitempty"`
}

// keepView is for another shell.
type keepView struct {
	EnvFile  string   `json:"envFile"`
	Commands []string `json:"commands"`
}

type runView struct {
	ID   prefect.ID `json:"id"`
	Name string     `json:"name"`
	// Deployment is FLOW/DEPLOYMENT.
	Deployment string      `json:"deployment"`
	State      string      `json:"state"`
	States     []stateView `json:"states"`
	Logs       []logView   `json:"logs"`
}

type stateView struct {
	Time time.Time         `json:"time"`
	Name string            `json:"name"`
	Type prefect.StateType `json:"type"`
}

type logView struct {
	Time    time.Time `json:"time"`
	Logger  string    `json:"logger"`
	Message string    `json:"message"`
}

// result is the story for a program.
func (s *story) result(err error) resultView {
	v := resultView{Outcome: "completed", Seconds: time.Since(s.began).Seconds(), Steps: append([]stepView{}, s.done...), ContainerGroup: s.told.group, Refusal: s.told.refusal, Keep: s.told.keep}
	if err != nil {
		v.Outcome, v.Error = "failed", err.Error()
	}
	v.FlowRun = runView{ID: s.flowRun, Name: s.told.run.Name, Deployment: s.deploymentName(), State: s.told.run.StateName, States: []stateView{}, Logs: []logView{}}
	for _, state := range s.told.states {
		v.FlowRun.States = append(v.FlowRun.States, stateView{state.Timestamp.Time, state.Name, state.Type})
	}
	for _, line := range s.told.logs {
		v.FlowRun.Logs = append(v.FlowRun.Logs, logView{line.Timestamp.Time, line.Name, line.Message})
	}
	return v
}
