package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/pacific-aci/pacific/worker"
	"github.com/spf13/cobra"
)

// maxTemplate is far more than any base job template.
const maxTemplate = 4 << 20

// service is one worker on its way: configure reads what it is told, open what it finds outside, and both fill in config.
type service struct {
	a        *cmdutil.App
	cmd      *cobra.Command
	f        flags
	settings *config.Config
	log      *slog.Logger
	config   worker.Config

	places *cmdutil.Places
	local  *cmdutil.LocalAzure
	mount  string
	// doing is what goes on before there is a worker, and worker is that, once there is one.
	doing  atomic.Value
	worker atomic.Pointer[worker.Worker]
	away   sync.Once
}

// configure reads settings and files. Nothing is sent.
func (s *service) configure() (err error) {
	if s.settings, err = s.a.Settings(s.cmd); err != nil {
		return err
	}
	s.log = s.a.ServiceLog(s.settings)
	s.waits("it is starting")
	s.config = worker.Config{
		Pool: s.f.pool, Queues: s.f.queues, Name: s.f.name, Type: s.f.kind, Limit: s.f.limit, RunOnce: s.f.runOnce,
		CreatePool: s.f.createPool, NoEvents: s.f.noEvents, Output: s.a.Stdout, Log: s.log, Env: s.a.Env.LookupEnv,
		Location: s.settings.Get("location"),
	}
	if s.cmd.Flags().Changed("mount") {
		if s.mount, err = s.a.MountFolder(s.f.mount); err != nil {
			return err
		}
	}
	if s.f.template == "" {
		return nil
	}
	text, err := s.a.ReadInput(s.cmd.Context(), "--base-job-template", s.f.template, maxTemplate)
	if err != nil {
		return err
	}
	var object map[string]any
	if err := json.Unmarshal(text, &object); err != nil {
		return cmdutil.Usage(fmt.Sprintf("--base-job-template %s is no JSON object: %v", s.f.template, err),
			"{} prints one", cmdutil.ShowPoolTemplate(poolTypes[0]))
	}
	s.config.BaseJobTemplate = text
	return nil
}

// waits notes what the worker does or waits for before it works.
func (s *service) waits(doing string) { s.doing.Store(doing) }

// open finds Prefect and Azure.
func (s *service) open(ctx context.Context) error {
	s.places = s.a.NewPlaces(s.cmd, s.settings)
	over, err := s.fromVault(ctx)
	if err != nil {
		return err
	}
	if err := s.openPrefect(over); err != nil {
		return err
	}
	if s.f.local {
		return s.openLocal(ctx)
	}
	return s.openAzure(ctx)
}

// fromVault reads Prefect's settings from the key vault, if one is named.
func (s *service) fromVault(ctx context.Context) (map[string]string, error) {
	if s.f.keyvault == "" {
		return nil, nil
	}
	s.waits("it reads the key vault")
	cloud, err := s.places.Own(ctx)
	if err != nil {
		return nil, err
	}
	return s.a.PrefectFromVault(ctx, cloud, s.f.keyvault, cmdutil.LogAzureWaits(s.log))
}

// openPrefect makes the client, and takes from Prefect's settings what no flag says.
func (s *service) openPrefect(over map[string]string) error {
	settings, err := s.a.PrefectSettingsOver(s.cmd, over)
	if err != nil {
		return err
	}
	for _, warning := range settings.Warnings {
		s.log.Warn(warning)
	}
	if profiles.LacksAPI(settings.Text("PREFECT_API_URL")) {
		s.log.Warn("PREFECT_API_URL does not end in /api, as the address of a Prefect server does")
	}
	s.config.Prefect, err = s.a.PrefectClient(settings, func(o *prefect.Options) {
		o.Waiting, o.Log = s.prefectWaits, s.log
	})
	if err != nil {
		if over != nil {
			return cmdutil.VaultSettingError(err)
		}
		return err
	}
	s.config.Prefetch, s.config.Poll = s.f.prefetch, s.f.poll
	for _, one := range []struct {
		flag, setting string
		to            *time.Duration
	}{
		{"prefetch", "PREFECT_WORKER_PREFETCH_SECONDS", &s.config.Prefetch},
		{"poll", "PREFECT_WORKER_QUERY_SECONDS", &s.config.Poll},
		{"", "PREFECT_WORKER_HEARTBEAT_SECONDS", &s.config.Heartbeat},
	} {
		if one.flag != "" && s.cmd.Flags().Changed(one.flag) {
			continue
		}
		value, err := settings.Seconds(one.setting)
		if err != nil {
			return err
		}
		*one.to = max(value, 0)
	}
	return nil
}

// prefectWaits is told what a request to Prefect waits for. Once there is a worker, that says itself when the API is away.
func (s *service) prefectWaits(d prefect.Delay) {
	if d.Err == nil {
		return
	}
	s.log.Debug("trying again", "request", d.Doing, "in", d.Next, "reason", d.Err.Error())
	if s.worker.Load() == nil {
		s.apiAway(d.Err)
	}
}

// apiAway says once that the API does not answer.
func (s *service) apiAway(err error) {
	s.waits("the Prefect API does not answer: " + err.Error())
	s.away.Do(func() { s.log.Warn("the Prefect API does not answer; waiting for it", "reason", err.Error()) })
}

// openLocal starts an Azure that all runs go to, whatever place they name.
func (s *service) openLocal(ctx context.Context) (err error) {
	s.local, err = s.a.StartLocalAzure(ctx, cmdutil.LocalOptions{
		Settings: s.settings, Network: s.f.network, Mount: s.mount, Identities: true, Tunnel: true,
	})
	if err != nil {
		return err
	}
	s.config.Containers, s.config.ResourceGroupID = s.local.Client, s.local.ResourceGroupID()
	s.log.Info("containers run on an Azure inside this process", "engine", s.settings.Get("engine"))
	return nil
}

// openAzure finds the place that the pool names, and the client for it.
func (s *service) openAzure(ctx context.Context) error {
	template, err := s.poolTemplate(ctx)
	if err != nil {
		return err
	}
	s.waits("it signs in to Azure")
	at, err := s.places.OfPool(ctx, s.config.Prefect, template)
	if err != nil {
		return err
	}
	s.config.ResourceGroupID, s.config.ContainersFor = at.GroupID(), s.places.ForPlan
	s.config.Containers, err = s.places.Client(ctx, at)
	return err
}

// poolTemplate reads the pool's template; nil for a pool that is to be created. An API that does not answer is waited for.
func (s *service) poolTemplate(ctx context.Context) (json.RawMessage, error) {
	s.waits("it reads the work pool")
	for {
		pool, err := s.config.Prefect.WorkPool(ctx, s.f.pool)
		switch {
		case err == nil:
			return pool.BaseJobTemplate, nil
		case errors.Is(err, prefect.ErrNotFound) && s.f.createPool:
			return s.config.BaseJobTemplate, nil
		case errors.Is(err, prefect.ErrNotFound):
			return nil, s.noPool()
		case ctx.Err() != nil || !errors.Is(err, prefect.ErrUnavailable) && !errors.Is(err, prefect.ErrConnection):
			return nil, s.explain(err)
		}
		s.apiAway(err)
		if err := azure.Sleep(ctx, apiPause); err != nil {
			return nil, err
		}
	}
}

// apiPause is how long the worker waits for an API that did not answer, after the client's own repeats.
const apiPause = 10 * time.Second

// vaultKeyError says that it is the vault's key which the API refuses.
func vaultKeyError(err error) error {
	if errors.Is(err, prefect.ErrUnauthorised) {
		return cmdutil.WithHint(err, "correct the secret prefect-api-key in the key vault")
	}
	return err
}

// close ends what was opened.
func (s *service) close() error {
	if s.places != nil {
		s.places.Close()
	}
	if s.local == nil {
		return nil
	}
	return s.local.Close()
}
