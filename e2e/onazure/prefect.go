package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"

	"github.com/pacific-aci/pacific/prefect"
)

// compile builds the sample flow for this machine, so that it can be asked for its flows.
func compile(ctx context.Context, program string) error {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", program, samplePackage)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("building the flow: %w\n%s", err, text)
	}
	return nil
}

// deletesDeployment deletes what no command of Pacific's deletes.
func deletesDeployment(ctx context.Context, flow, name string) error {
	client, err := prefect.NewClient(prefect.Options{URL: os.Getenv("PREFECT_API_URL"), APIKey: os.Getenv("PREFECT_API_KEY")})
	if err != nil {
		return err
	}
	made, err := client.DeploymentByName(ctx, flow, name)
	if errors.Is(err, prefect.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return client.DeleteDeployment(ctx, made.ID)
}
