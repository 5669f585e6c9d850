package deploy

import (
	"context"
	"encoding/json"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// CheckRun refuses what a new flow run gives a deployment and the deployment does not know: parameters that the flow does not
// have, and job variables that its work pool does not have or that do not fit. A Prefect server takes both in silence; the run
// then fails, or runs without them. The values of parameters are left to the server, which checks them. A deployment without a
// schema takes all parameters, and one for an agent all job variables. The errors are [*InvalidError].
func CheckRun(ctx context.Context, client *prefect.Client, d prefect.Deployment, run prefect.DeploymentFlowRunCreate) error {
	var schema map[string]any
	if err := json.Unmarshal(d.ParameterOpenAPISchema, &schema); err == nil {
		if properties, ok := schema["properties"].(map[string]any); ok {
			if err := checkParameterNames(schema, properties, run.Parameters); err != nil {
				return err
			}
		}
	}
	if len(run.JobVariables) == 0 || d.WorkPoolName == "" || d.InfrastructureDocumentID != "" {
		return nil
	}
	version, err := client.ServerVersion(ctx)
	if err != nil {
		return err
	}
	pool, err := client.WorkPool(ctx, d.WorkPoolName)
	if err != nil {
		return asMissing(err, ObjectPool, d.WorkPoolName)
	}
	return variableErrors(jobtemplate.CheckVariables(pool.BaseJobTemplate, version, run.JobVariables))
}
