package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"
	"github.com/google/uuid"
)

// secretText is the secret of this run, which nothing may show.
var secretText = rand.Text()

// story takes Pacific's own commands from an empty subscription to a flow that has read a secret.
type story struct {
	*cloud
	folder string
	// undo are the deletions of what was made, the last first.
	undo []step
	// vaultURI and identity are what bootstrap made.
	vaultURI, identity string
}

type step struct {
	title string
	do    func(context.Context) error
}

func newStory(c *cloud, s settings) *story { return &story{cloud: c} }

func (s *story) steps() []step {
	steps := []step{
		{"a resource group", s.makesGroup},
		{"doctor: nothing is missing", s.examines},
		{"a job, with its output and its exit code", s.runsJob},
		{"bootstrap: a network, a key vault, an identity", s.bootstraps},
		{"an account that may run jobs and nothing else", s.makesAccount},
		{"a registry and a storage account", s.makesStores},
		{"an image without Docker", s.buildsImage},
		{"a flow in Go reads the secret with its identity, without Prefect", s.readsSecret},
	}
	if s.prefect != "" {
		steps = append(steps, step{"provision: a work pool", s.provisions}, step{"a deployment, and a worker that runs it", s.runsFlow})
	}
	return steps
}

// play does the steps in their order, up to the first that fails.
func (s *story) play(ctx context.Context) error {
	folder, err := os.MkdirTemp("", "pacific-e2e-")
	if err != nil {
		return err
	}
	s.folder = folder
	for _, step := range s.steps() {
		began := time.Now()
		if err := step.do(ctx); err != nil {
			fmt.Printf("failed     %s (%.0f s)\n", step.title, time.Since(began).Seconds())
			return fmt.Errorf("%s: %w", step.title, err)
		}
		fmt.Printf("ok         %s (%.0f s)\n", step.title, time.Since(began).Seconds())
	}
	if s.prefect == "" {
		fmt.Println("left out   a work pool, a deployment and a worker: PREFECT_API_URL is not set")
	}
	return nil
}

// later has something deleted at the end.
func (s *story) later(title string, do func(context.Context) error) {
	s.undo = append(s.undo, step{title, do})
}

// cleanUp deletes what was made. What fails does not keep it from the rest.
func (s *story) cleanUp(ctx context.Context) error {
	var errs []error
	for _, step := range slices.Backward(s.undo) {
		if err := step.do(ctx); err != nil {
			errs = append(errs, fmt.Errorf("deleting %s: %w", step.title, err))
			continue
		}
		fmt.Printf("deleted    %s\n", step.title)
	}
	return errors.Join(append(errs, os.RemoveAll(s.folder))...)
}

// cli runs Pacific with a sign-in and a Prefect API of the environment, and wants its exit code. It gives standard output,
// which may hold a password, and is in no error.
func (s *story) cli(ctx context.Context, code int, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, s.pacific, args...)
	cmd.Env = append(os.Environ(), "PACIFIC_RESOURCE_GROUP="+s.group, "PACIFIC_LOCATION="+s.location, "PACIFIC_CLOUD=public", "NO_COLOR=1")
	// Where this command is interrupted, Pacific ends its own way, in which it leaves no job behind.
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGTERM) }
	cmd.WaitDelay = time.Minute
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	switch {
	case strings.Contains(stdout.String()+stderr.String(), secretText):
		return "", fmt.Errorf("pacific %s shows the secret", args[0])
	case cmd.ProcessState == nil:
		return "", fmt.Errorf("pacific %s: %w", args[0], err)
	case cmd.ProcessState.ExitCode() != code:
		err = errors.Join(fmt.Errorf("%v, want exit code %d", cmd.ProcessState, code), ctx.Err())
		return stdout.String(), fmt.Errorf("pacific %s: %w\n%s", strings.Join(args, " "), err, &stderr)
	}
	return stdout.String(), nil
}

// cliJSON runs Pacific and reads its JSON.
func (s *story) cliJSON(ctx context.Context, into any, args ...string) error {
	out, err := s.cli(ctx, 0, append(args, "--output", "json")...)
	if err != nil {
		return err
	}
	return json.Unmarshal([]byte(out), into)
}

// gone deletes with Pacific. It is no failure that there is nothing, which absent says: a step may have been interrupted early.
func (s *story) gone(ctx context.Context, absent string, args ...string) error {
	_, err := s.cli(ctx, 0, args...)
	if err != nil && strings.Contains(err.Error(), "error: "+absent) {
		return nil
	}
	return err
}

func (s *story) makesGroup(ctx context.Context) error {
	got, err := s.do(ctx, http.MethodGet, s.inSubscription("?api-version=2022-12-01"), nil)
	if err != nil {
		return err
	}
	var subscription struct{ TenantID string }
	if err := got.into(&subscription); err != nil {
		return fmt.Errorf("reading the subscription: %w", err)
	}
	s.tenant = subscription.TenantID
	address := s.inGroup("?api-version=2021-04-01")
	s.later("the resource group, with all in it", func(ctx context.Context) error { return s.deletesGroup(ctx, address) })
	return s.made(ctx, address, map[string]any{
		"location": s.location, "tags": map[string]string{"pacific-e2e": time.Now().UTC().Format(time.RFC3339)},
	})
}

func (s *story) deletesGroup(ctx context.Context, address string) error {
	got, err := s.do(ctx, http.MethodDelete, address, nil)
	for err == nil && got.status != http.StatusNotFound {
		if err = sleep(ctx, time.Second); err == nil {
			got, err = s.do(ctx, http.MethodGet, address, nil)
		}
	}
	return err
}

// examines has Pacific look for what a run would miss: a registered provider, quota. Where it does, all of it is told.
func (s *story) examines(ctx context.Context) error {
	out, err := s.cli(ctx, 0, "doctor")
	if err != nil {
		return fmt.Errorf("%w%s", err, out)
	}
	return nil
}

func (s *story) runsJob(ctx context.Context) error {
	out, err := s.cli(ctx, 3, "run", "--quiet", "--image", s.image, "--env", "PLANET=earth", "--", "sh", "-c", "echo hello $PLANET; exit 3")
	if err == nil && out != "hello earth\n" {
		err = fmt.Errorf("the job printed %q", out)
	}
	return err
}

func (s *story) bootstraps(ctx context.Context) error {
	file := filepath.Join(s.folder, "secret")
	if err := os.WriteFile(file, []byte(secretText), 0o600); err != nil {
		return err
	}
	args := []string{"bootstrap", "--no-worker", "--yes", "--resource-group", s.group, "--keyvault-name", "pacific-e2e-" + s.suffix, "--secret", "testsecret=@" + file}
	if s.prefect == "" {
		args = append(args, "--prefect-api-url", "https://prefect.example/api") // kept in the vault, and asked by nobody
	}
	s.later("the environment, and its key vault for good", func(ctx context.Context) error {
		_, err := s.cli(ctx, 0, "bootstrap", "--destroy", "--purge", "--yes", "--resource-group", s.group)
		return err
	})
	var answer struct {
		Result struct{ KeyVault, KeyVaultURI, Identity string }
	}
	err := s.cliJSON(ctx, &answer, args...)
	s.vault, s.vaultURI, s.identity = answer.Result.KeyVault, answer.Result.KeyVaultURI, answer.Result.Identity
	return err
}

func (s *story) makesAccount(ctx context.Context) error {
	name := "pacific-e2e-" + s.suffix
	s.later("the account, and its role", func(ctx context.Context) error {
		return errors.Join(s.gone(ctx, "no service principal", "service-principal", "rm", name, "--yes"),
			s.gone(ctx, "no role", "role", "rm", "aci-job-creator", "--yes"))
	})
	var account struct{ AppID, Password, Tenant string }
	if err := s.cliJSON(ctx, &account, "service-principal", "create", name, "--role", "aci-job-creator", "--secret-lifetime", "1d"); err != nil {
		return err
	}
	credential, err := azidentity.NewClientSecretCredential(account.Tenant, account.AppID, account.Password, nil)
	if err == nil {
		s.job = credential
	}
	return err
}

// makesStores makes a registry from which the identity may pull, and a storage account.
func (s *story) makesStores(ctx context.Context) error {
	s.registry, s.account = "pacifice2e"+s.suffix, "pacifice2e"+s.suffix
	registry := s.inGroup("/providers/Microsoft.ContainerRegistry/registries/" + s.registry)
	if err := s.made(ctx, registry+"?api-version=2023-07-01", map[string]any{"location": s.location, "sku": map[string]string{"name": "Basic"}}); err != nil {
		return err
	}
	account := s.inGroup("/providers/Microsoft.Storage/storageAccounts/" + s.account + "?api-version=2023-05-01")
	if err := s.made(ctx, account, map[string]any{"location": s.location, "kind": "StorageV2", "sku": map[string]string{"name": "Standard_LRS"}}); err != nil {
		return err
	}
	got, err := s.do(ctx, http.MethodGet, resourceManager+s.identity+"?api-version=2023-01-31", nil)
	if err != nil {
		return err
	}
	var identity struct{ Properties struct{ PrincipalID string } }
	if err := got.into(&identity); err != nil {
		return err
	}
	const acrPull = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
	return s.made(ctx, registry+"/providers/Microsoft.Authorization/roleAssignments/"+uuid.NewString()+"?api-version=2022-04-01", map[string]any{
		"properties": map[string]string{
			"roleDefinitionId": "/subscriptions/" + s.subscription + "/providers/Microsoft.Authorization/roleDefinitions/" + acrPull,
			"principalId":      identity.Properties.PrincipalID, "principalType": "ServicePrincipal",
		},
	})
}
