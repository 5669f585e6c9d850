package jobtemplate

import (
	"encoding/json"

	"github.com/pacific-aci/pacific/prefect"
)

// Input is what a job is made of. FlowRun.ID and, for [Render], Template are required; everything else may be zero.
type Input struct {
	// Version is the server's. Prefect's rules differ between 2.20 and 3.x. The zero value counts as the newest 3.x.
	Version prefect.Version
	// Template is the pool's base job template. [FromBlock] does not use it.
	Template json.RawMessage
	// FlowRun is the run; its JobVariables win over those of Deployment.
	FlowRun prefect.FlowRun
	// Deployment is nil for a run without one, Flow and WorkPool are nil where they are not known.
	Deployment *prefect.Deployment
	Flow       *prefect.Flow
	WorkPool   *prefect.WorkPool
	// WorkerName and WorkerID are of the worker that starts the run. Empty: not told.
	WorkerName string
	WorkerID   prefect.ID
	// Settings are Prefect's settings that are handed on to the container, as environment variables: at least
	// PREFECT_API_URL, with PREFECT_API_KEY or PREFECT_API_AUTH_STRING where the API wants one. They are the lowest
	// layer of the environment; empty ones are left out.
	Settings map[string]string
	// Attempt counts the tries to start the run, from 1; from 2 on the group has another name. 0 counts as 1, without a
	// tag.
	Attempt int
	// Lookups give what the template refers to.
	Lookups Lookups
}

// newest reports whether the rules of 3.x hold.
func (in *Input) newest() bool { return major(in.Version) >= 3 }
