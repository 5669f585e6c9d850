package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path"
	"strings"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
)

// bootstrap makes the environment.
func (s *story) bootstrap(ctx context.Context) (string, error) {
	text, err := s.must(ctx, s.secret, "bootstrap", "--no-worker", "--yes", "--secret", names.secret+"=-", "--output", "json")
	if err != nil {
		return "", err
	}
	var answer struct {
		Result struct {
			KeyVault, KeyVaultURI, Identity string
		}
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return "", fmt.Errorf("reading what bootstrap has made: %w", err)
	}
	s.vaultURL, s.identities = strings.TrimSuffix(answer.Result.KeyVaultURI, "/"), path.Dir(answer.Result.Identity)
	return "key vault " + answer.Result.KeyVault + ", identity " + path.Base(answer.Result.Identity), nil
}

// principal makes the service principal. Its secret is on standard output, and goes nowhere.
func (s *story) principal(ctx context.Context) (string, error) {
	_, err := s.must(ctx, "", "service-principal", "create", names.principal, "--resource-group", names.group, "--role", cmdutil.RoleJobCreator, "--block", s.names.credentials, "--yes")
	return "block azure-container-instance-credentials/" + s.names.credentials, err
}

// provision makes the work pool, and has the service principal with the smaller role start its runs.
func (s *story) provision(ctx context.Context) (string, error) {
	text, err := s.must(ctx, "", append(s.provisionArgs(), "--output", "json")...)
	if err != nil {
		return "", err
	}
	var answer struct {
		Result struct{ Registry, Identity string }
	}
	if err := json.Unmarshal([]byte(text), &answer); err != nil {
		return "", fmt.Errorf("reading what was provisioned: %w", err)
	}
	_, err = s.must(ctx, "", "work-pool", "update", s.names.pool, "--credentials", s.names.credentials, "--description", poolDescription)
	return "work pool " + s.names.pool + ", registry " + answer.Result.Registry, err
}

func (s *story) provisionArgs() []string {
	args := []string{"provision", s.names.pool, "--yes", "--resource-group", names.group, "--credentials-block", s.names.poolCredentials}
	if s.registry != "" {
		name, _, _ := strings.Cut(s.registry, ".")
		args = append(args, "--registry", name)
	}
	return args
}

// buildImage builds an image of this program.
func (s *story) buildImage(ctx context.Context) (string, error) {
	program, err := s.programFile() // in the image it has the file's name
	if err != nil {
		return "", err
	}
	_, err = s.must(ctx, "", "image", "build", program, "--push", s.image)
	return "image " + s.image, err
}

// program is how a container calls this program.
func (s *story) program() (string, error) {
	if s.image != "" {
		return programName, nil
	}
	return program()
}

// block saves the vault's address.
func (s *story) block(ctx context.Context) (string, error) {
	_, err := s.must(ctx, "", "block", "create", "string", s.names.vaultBlock, "--value", s.vaultURL)
	return "block string/" + s.names.vaultBlock, err
}

// runFlow runs the flow, and shows its logs as they come.
func (s *story) runFlow(ctx context.Context) (string, error) {
	text, err := s.must(ctx, "", "flow-run", "create", s.deploymentName())
	if err != nil {
		return "", err
	}
	s.flowRun = prefect.ID(strings.TrimSpace(text))
	worker := &call{args: []string{"worker", "start", "--pool", s.names.pool, "--run-once"}}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		s.command(ctx, worker)
	}()
	followed := s.follow(ctx, ended)
	<-ended
	if worker.code != cmdutil.ExitOK {
		return "", worker.failed(ctx)
	}
	if followed != nil {
		return "", followed
	}
	run, err := s.client.FlowRun(ctx, s.flowRun)
	switch {
	case err != nil:
		return "", err
	case run.StateType != prefect.StateCompleted:
		return "", fmt.Errorf("flow run %s is %s", run.Name, stateText(run))
	}
	s.told.run = run
	return "flow run " + run.Name + " is " + run.StateName, nil
}

func stateText(run prefect.FlowRun) string {
	if run.State == nil || run.State.Message == "" {
		return run.StateName
	}
	return run.StateName + ": " + run.State.Message
}

// refuse has a container with another identity ask for the secret, which the key vault must refuse.
func (s *story) refuse(ctx context.Context) (string, error) {
	self, err := s.program()
	if err != nil {
		return "", err
	}
	identity := s.identities + "/" + names.pullIdentity
	c := &call{args: []string{"run", "--resource-group", names.group, "--identity", identity}}
	if s.image != "" {
		c.args = append(c.args, "--image", s.image, "--registry-server", s.registry, "--registry-identity", identity)
	}
	c.args = append(c.args, "--", self, "demo", "flow", "vault="+s.vaultURL)
	s.command(ctx, c)
	if ctx.Err() != nil {
		return "", context.Cause(ctx)
	}
	said := c.stdout.String() + c.stderr.String()
	if strings.Contains(said, s.secret) {
		return "", errors.New("the secret was shown")
	}
	s.told.refusal = refusal{Identity: names.pullIdentity, ExitCode: c.code, Error: refusalText(said)}
	if c.code != 1 || !strings.Contains(said, "HTTP 403") || !strings.Contains(said, forbidden) {
		return "", fmt.Errorf("the key vault did not refuse it: exit code %d: %s", c.code, s.told.refusal.Error)
	}
	return "refused: " + names.pullIdentity + " gets 403 " + forbidden, nil
}

// forbidden is Key Vault's code for a caller without a role.
const forbidden = "ForbiddenByRbac"

// refusalText is the flow's error of all that its container has printed.
func refusalText(said string) string {
	for line := range strings.Lines(said) {
		if text, ok := strings.CutPrefix(line, "error: "); ok {
			return strings.TrimSpace(text)
		}
	}
	return strings.TrimSpace(said)
}
