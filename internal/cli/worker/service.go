package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/pacific-aci/pacific/aci"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/jsonplace"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/worker"
	"github.com/spf13/cobra"
)

// maxTemplate is far more than any base job template.
const maxTemplate = 4 << 20

// service is one worker on its way: configure reads what it is told, open what it finds outside, and both fill in config.
type service struct {
	*cmdutil.Service
	a      *cmdutil.App
	cmd    *cobra.Command
	f      flags
	config worker.Config

	local *cmdutil.LocalAzure
	mount string
	// worker is there once it works.
	worker atomic.Pointer[worker.Worker]
}

// configure reads settings and files. Nothing is sent.
func configure(a *cmdutil.App, cmd *cobra.Command, f flags) (*service, error) {
	common, err := a.NewService(cmd)
	if err != nil {
		return nil, err
	}
	s := &service{Service: common, a: a, cmd: cmd, f: f}
	s.config = worker.Config{
		Pool: f.pool, Queues: f.queues, Name: f.name, Type: f.kind, Limit: f.limit, RunOnce: f.runOnce,
		CreatePool: f.createPool, NoEvents: f.noEvents, ForwardOutput: f.forward, Output: a.Stdout, Log: s.Log, Env: a.Env.LookupEnv,
		Location: s.Settings.Get("location"),
	}
	if cmd.Flags().Changed("mount") {
		if s.mount, err = a.MountFolder(f.mount); err != nil {
			return nil, err
		}
	}
	if f.template != "" {
		s.config.BaseJobTemplate, err = s.readTemplate()
	}
	return s, err
}

// readTemplate reads --base-job-template.
func (s *service) readTemplate() (json.RawMessage, error) {
	text, err := s.a.ReadInput(s.cmd.Context(), "--base-job-template", s.f.template, maxTemplate)
	if err != nil {
		return nil, err
	}
	const hint = "{} prints one"
	var object map[string]json.RawMessage
	switch err, wrong := jsonplace.Find(text, json.Unmarshal(text, &object)); {
	case wrong:
		return nil, cmdutil.Usage(fmt.Sprintf("--base-job-template %s: %v", s.f.template, err), hint, cmdutil.ShowPoolTemplate(poolTypes[0]))
	case object == nil:
		return nil, cmdutil.Usage(fmt.Sprintf("--base-job-template %s is not a JSON object", s.f.template), hint, cmdutil.ShowPoolTemplate(poolTypes[0]))
	}
	return text, nil
}

// open finds Prefect and Azure.
func (s *service) open(ctx context.Context) (err error) {
	if err := s.OpenPrefect(ctx, s.f.keyvault); err != nil {
		return err
	}
	s.config.Prefect = s.Prefect
	if s.config.Prefetch, err = s.Seconds("prefetch", s.f.prefetch, "PREFECT_WORKER_PREFETCH_SECONDS"); err != nil {
		return err
	}
	if s.config.Poll, err = s.Seconds("poll", s.f.poll, "PREFECT_WORKER_QUERY_SECONDS"); err != nil {
		return err
	}
	if s.config.Heartbeat, err = s.Seconds("", 0, "PREFECT_WORKER_HEARTBEAT_SECONDS"); err != nil {
		return err
	}
	if s.f.local {
		return s.openLocal(ctx)
	}
	return s.openAzure(ctx)
}

// openLocal starts an Azure that all runs go to, whatever place they name.
func (s *service) openLocal(ctx context.Context) (err error) {
	s.local, err = s.a.StartLocalAzure(ctx, cmdutil.LocalOptions{
		Settings: s.Settings, Network: s.f.network, Mount: s.mount, Identities: true, Tunnel: true,
	})
	if err != nil {
		return err
	}
	s.config.Containers, s.config.ResourceGroupID = s.local.Client, s.local.ResourceGroupID()
	s.Log.Info("containers run on an Azure inside this process", "engine", s.Settings.Get("engine"))
	return nil
}

// openAzure finds the place that the pool names, and the client for it.
func (s *service) openAzure(ctx context.Context) error {
	template, err := s.poolTemplate(ctx)
	if err != nil {
		return err
	}
	s.Does("it signs in to Azure")
	at, err := s.Places.OfPool(ctx, s.Prefect, template)
	if err != nil {
		return err
	}
	s.config.ResourceGroupID, s.config.ContainersFor, s.config.ContainersNow = at.GroupID(), s.Places.ForPlan, s.containersNow
	s.config.Containers, err = s.Places.Client(ctx, at)
	return err
}

// containersNow is the client for the place that the pool names by now, with the credentials of its block as they are.
func (s *service) containersNow(ctx context.Context) (*aci.Client, error) {
	pool, err := s.Prefect.WorkPool(ctx, s.f.pool)
	if err != nil {
		return nil, err
	}
	at, err := s.Places.OfPool(ctx, s.Prefect, pool.BaseJobTemplate)
	if err != nil {
		return nil, err
	}
	return s.Places.Client(ctx, at)
}

// poolTemplate reads the pool's template; that of a pool which is to be created is the one that was given.
func (s *service) poolTemplate(ctx context.Context) (json.RawMessage, error) {
	s.Does("it reads the work pool")
	var pool prefect.WorkPool
	err := s.AskPrefect(ctx, func(ctx context.Context) (err error) {
		pool, err = s.Prefect.WorkPool(ctx, s.f.pool)
		return err
	})
	switch {
	case errors.Is(err, prefect.ErrNotFound) && s.f.createPool:
		return s.config.BaseJobTemplate, nil
	case errors.Is(err, prefect.ErrNotFound):
		return nil, s.noPool()
	case err != nil:
		return nil, s.explain(err)
	}
	return pool.BaseJobTemplate, nil
}

// close ends what was opened.
func (s *service) close() error {
	s.Places.Close()
	if s.local == nil {
		return nil
	}
	return s.local.Close()
}
