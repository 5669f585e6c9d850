package demo

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	keyvaultdemo "github.com/pacific-aci/pacific/examples/key_vault_demo"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
)

// endTime is how long the server may take to delete what the demo has made there, also after Ctrl-C.
const endTime = 15 * time.Second

// stay leaves all of it running until the end of ctx.
func (s *story) stay(ctx context.Context) error {
	s.told.keep = &keepView{EnvFile: s.envFile(), Commands: s.lookAround()}
	s.view.stays(s.told.keep.Commands)
	if s.view.silent {
		if err := s.a.Out.JSON(s.result(nil)); err != nil {
			return err
		}
		s.printed = true
	}
	// A worker, so that whoever creates another run sees it run.
	worker := &call{args: []string{"worker", "start", "--pool", s.names.pool}}
	s.command(ctx, worker)
	if ctx.Err() == nil {
		return worker.failed(ctx)
	}
	return cmdutil.EndedBySignal(ctx, context.Cause(ctx))
}

// lookAround are commands for another shell, to see what is there and to run the flow again.
func (s *story) lookAround() []string {
	return []string{
		". " + cmdutil.ShellWord(s.envFile()),
		"pacific flow-run ls",
		"pacific work-pool inspect " + s.names.pool,
		"pacific ps --all --resource-group " + names.group,
		`pacific flow-run create "` + s.deploymentName() + `"`,
	}
}

// end deletes what was made, and closes the place.
func (s *story) end(ctx context.Context) error {
	began := time.Now()
	v := stepView{Name: "end", Title: "clean up", Commands: []string{"exit"}}
	outcome := "nothing is left"
	if s.touched {
		v.Commands = append(s.clearShell(), v.Commands...)
		outcome = "the flow and its run stay on the server"
	}
	s.view.begin(s.view.steps, v)
	var failed error
	if s.touched {
		failed = s.clearServer(ctx, s.names)
	}
	if failed = errors.Join(failed, s.place.close()); failed == nil {
		v.Outcome = outcome
	}
	v.Seconds = time.Since(began).Seconds()
	s.done = append(s.done, v)
	s.view.end(v)
	return failed
}

// blocks are those that a demo makes: their types and names.
func (n serverNames) blocks() [][2]string {
	const credentials = "azure-container-instance-credentials"
	return [][2]string{
		{"string", n.vaultBlock}, {credentials, n.credentials}, {credentials, n.poolCredentials},
	}
}

// leftAfter is how old the work pool of a demo must be to have been left by one that was killed: without --keep, a demo takes
// seconds, and with it a worker is online.
const leftAfter = time.Hour

// clearLeft deletes what demos that were killed have left on a server of the user's.
func (s *story) clearLeft(ctx context.Context) error {
	pools, err := prefect.Collect(s.client.WorkPools(ctx, prefect.Query{}))
	if err != nil {
		return err
	}
	for _, pool := range pools {
		if !strings.HasPrefix(pool.Name, names.pool+"-") {
			continue
		}
		workers, err := prefect.Collect(s.client.Workers(ctx, pool.Name))
		if errors.Is(err, prefect.ErrNotFound) {
			continue // another demo has just ended
		}
		if err != nil {
			return err
		}
		if wasLeft(pool, workers, time.Now()) {
			if err := s.clearServer(ctx, namesOn(pool.Name)); err != nil {
				return err
			}
		}
	}
	return nil
}

// wasLeft reports whether the pool is of a demo that nobody runs any more. The description tells it from a pool of the user's.
func wasLeft(pool prefect.WorkPool, workers []prefect.Worker, now time.Time) bool {
	return pool.Description == poolDescription && now.Sub(pool.Created.Time) > leftAfter &&
		!slices.ContainsFunc(workers, func(w prefect.Worker) bool { return w.Status == "ONLINE" })
}

// clearServer deletes what a demo has made on a server of the user's.
func (s *story) clearServer(ctx context.Context, n serverNames) error {
	ctx, cancel := context.WithTimeout(ctx, endTime)
	defer cancel()
	var failed []error
	note := func(err error) {
		if err != nil && !errors.Is(err, prefect.ErrNotFound) {
			failed = append(failed, err)
		}
	}
	deployment, err := s.client.DeploymentByName(ctx, keyvaultdemo.Flow.Name(), n.pool)
	if note(err); err == nil {
		note(s.client.DeleteDeployment(ctx, deployment.ID))
	}
	note(s.client.DeleteWorkPool(ctx, n.pool))
	for _, block := range n.blocks() {
		document, err := s.client.BlockDocumentByName(ctx, block[0], block[1], prefect.MaskSecrets)
		if note(err); err == nil {
			note(s.client.DeleteBlockDocument(ctx, document.ID))
		}
	}
	return errors.Join(failed...)
}

// clearShell is clearServer by hand. The pool takes its deployments' runs with it.
func (s *story) clearShell() []string {
	lines := []string{"pacific work-pool rm " + s.names.pool + " --yes"}
	for _, block := range s.names.blocks() {
		lines = append(lines, "pacific block rm "+block[0]+"/"+block[1]+" --yes")
	}
	return lines
}
