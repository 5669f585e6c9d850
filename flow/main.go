package flow

import (
	"context"
	"fmt"

	"github.com/pacific-aci/pacific/prefect"
)

// refuse ends a run whose parameters do not fit, as Prefect's engine does: Failed, with the reason.
func refuse(ctx context.Context, run *prefect.FlowRun, problem *ParameterError) error {
	client := clientOf(ctx)
	if run == nil || client == nil {
		return problem
	}
	state := prefect.State{Type: prefect.StateFailed, Message: "Validation of flow parameters failed: " + problem.Error()}
	if _, err := client.ProposeFlowRunState(ctx, run.ID, state); err != nil {
		return fmt.Errorf("%w (its state could not be set: %w)", problem, err)
	}
	return problem
}
