package jobtemplate_test

import (
	"context"
	"fmt"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

func ExampleRender() {
	version := prefect.Version{Major: 3, Minor: 9, Patch: 1, Text: "3.9.1"}
	template, err := jobtemplate.BaseJobTemplate(jobtemplate.TypeWorker, version)
	if err != nil {
		fmt.Println(err)
		return
	}
	plan, err := jobtemplate.Render(context.Background(), jobtemplate.Input{
		Version: version, Template: template,
		Deployment: &prefect.Deployment{JobVariables: map[string]any{
			"resource_group_name": "flows", "subscription_id": "11111111-1111-1111-1111-111111111111", "cpu": 2, "env": map[string]any{"STAGE": "test"},
		}},
		FlowRun: prefect.FlowRun{ID: "0f7c0e7e-5f0b-4f0e-9d2c-3a5b1c2d3e4f", Name: "red-fox", JobVariables: map[string]any{"env.STAGE": "production"}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(plan.Job.Name)
	fmt.Println(plan.Job.Image, plan.Job.CPU, plan.Job.Env["STAGE"])
	fmt.Println(plan.Job.Entrypoint, plan.Job.Command)
	// Output:
	// red-fox-0f7c0e7e-5f0b-4f0e-9d2c-3a5b1c2d3e4f
	// prefecthq/prefect:3.9.1-python3.11 2 production
	// /opt/prefect/entrypoint.sh [prefect flow-run execute]
}
