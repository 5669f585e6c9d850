package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"
)

// The sample flow, and the name that its program has in an image.
const (
	samplePackage = "./examples/key_vault_demo/cmd/key_vault_demo"
	sampleProgram = "key_vault_demo"
	sampleFlow    = "Key Vault Demo"
)

func (s *story) server() string    { return s.registry + ".azurecr.io" }
func (s *story) imageName() string { return s.server() + "/key-vault-demo:1" }

func (s *story) buildsImage(ctx context.Context) error {
	if _, err := s.cli(ctx, 0, "image", "build", samplePackage, "--push", s.imageName()); err != nil {
		return err
	}
	_, err := s.cli(ctx, 0, "image", "check", s.imageName())
	return err
}

// readsSecret runs the flow as a job. A role that was just given may not hold for some minutes.
func (s *story) readsSecret(ctx context.Context) error {
	deadline := time.Now().Add(10 * time.Minute)
	for {
		out, err := s.cli(ctx, 0, "run", "--image", s.imageName(), "--registry-server", s.server(), "--registry-identity", s.identity, "--identity", s.identity,
			"--", "/usr/local/bin/"+sampleProgram, "vault="+s.vaultURI)
		switch {
		case err == nil && strings.Contains(out, "read the secret"):
			return nil
		case err == nil:
			return fmt.Errorf("the flow printed %q", out)
		case time.Now().After(deadline) || ctx.Err() != nil:
			return err
		}
		if err := sleep(ctx, 15*time.Second); err != nil {
			return err
		}
	}
}

func (s *story) pool() string { return "pacific-e2e-" + s.suffix }

// provisions makes a pool for a worker, with the registry that is there.
func (s *story) provisions(ctx context.Context) error {
	s.later("the work pool, and what was provisioned for it", func(ctx context.Context) error {
		_, err := s.cli(ctx, 0, "provision", s.pool(), "--destroy", "--yes", "--skip-login")
		return errors.Join(err, s.gone(ctx, "there is no work pool", "work-pool", "rm", s.pool(), "--yes"))
	})
	_, err := s.cli(ctx, 0, "provision", s.pool(), "--type", "azure-container-instance", "--yes", "--skip-login", "--resource-group", s.group, "--registry", s.registry,
		"--app-name", "pacific-e2e-app-"+s.suffix, "--identity-name", "pacific-e2e-puller", "--secret-lifetime", "1d")
	return err
}

// runsFlow deploys the flow and has a worker run it, which ends with the run.
func (s *story) runsFlow(ctx context.Context) error {
	program := filepath.Join(s.folder, sampleProgram)
	if err := compile(ctx, program); err != nil {
		return err
	}
	deployment := sampleFlow + "/" + s.pool()
	s.later("the deployment", func(ctx context.Context) error { return deletesDeployment(ctx, sampleFlow, s.pool()) })
	if _, err := s.cli(ctx, 0, "deploy", program, "--name", s.pool(), "--pool", s.pool(), "--image", s.imageName(),
		"--param", "vault="+s.vaultURI, "--param", "identity="+s.identity, "--job-variable", `identities=["`+s.identity+`"]`); err != nil {
		return err
	}
	var run struct{ ID string }
	if err := s.cliJSON(ctx, &run, "flow-run", "create", deployment); err != nil {
		return err
	}
	if _, err := s.cli(ctx, 0, "worker", "start", "--pool", s.pool(), "--run-once"); err != nil {
		return err
	}
	_, err := s.cli(ctx, 0, "flow-run", "wait", "--timeout", "5m", run.ID)
	return err
}
