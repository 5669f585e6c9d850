package prefectemulator_test

import (
	"context"
	"fmt"
	"log"

	"github.com/pacific-aci/pacific/emulator/prefect"
	"github.com/pacific-aci/pacific/prefect"
)

// A run is claimed by the first who proposes PENDING; the second is told to leave it alone.
func ExampleNewServer() {
	ctx := context.Background()
	api, err := prefectemulator.NewServer(prefectemulator.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer api.Close()
	client, err := prefect.NewClient(prefect.Options{URL: prefectemulator.URL, Transport: api.Transport()})
	if err != nil {
		log.Fatal(err)
	}

	flow, err := client.CreateFlow(ctx, prefect.FlowCreate{Name: "hello"})
	if err != nil {
		log.Fatal(err)
	}
	run, err := client.CreateFlowRun(ctx, prefect.FlowRunCreate{FlowID: flow.ID, State: &prefect.State{Type: prefect.StateScheduled}})
	if err != nil {
		log.Fatal(err)
	}
	for range 2 {
		result, err := client.SetFlowRunState(ctx, run.ID, prefect.State{Type: prefect.StatePending})
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s: %s\n", result.Status, result.State.Name)
	}
	// Output:
	// ACCEPT: Pending
	// ABORT: Pending
}
