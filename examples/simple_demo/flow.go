// Package simpledemo is a flow that logs one line: the least that a flow can be. The program is in cmd/simple_demo.
package simpledemo

import (
	"context"
	"log/slog"

	"github.com/pacific-aci/pacific/flow"
)

// Params are the flow's parameters.
type Params struct {
	// Name is who is greeted.
	Name string `json:"name" default:"ACI" doc:"who is greeted"`
}

// Flow is the flow. It returns the greeting.
var Flow = flow.New("Simple Demo", func(ctx context.Context, p Params) (string, error) {
	return flow.Task(ctx, "greet", greet, p.Name)
})

func greet(ctx context.Context, name string) (string, error) {
	greeting := "Hello, " + name + "!"
	slog.InfoContext(ctx, greeting)
	return greeting, nil
}
