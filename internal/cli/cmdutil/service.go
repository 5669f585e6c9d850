package cmdutil

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/config"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// Service is a command that runs flow runs until it is interrupted: its settings, its log, and the Prefect and the Azure that it
// works with. Make it with [App.NewService], which sends nothing.
type Service struct {
	Settings *config.Config
	// Log is on standard error.
	Log *slog.Logger
	// Places makes the clients for container groups.
	Places *Places
	// Prefect and PrefectSettings are there after [Service.OpenPrefect].
	Prefect         *prefect.Client
	PrefectSettings *profiles.Settings

	a   *App
	cmd *cobra.Command
	// doing is what goes on before it works.
	doing atomic.Value
	works atomic.Bool
	away  sync.Once
	// maintained is when, in nanoseconds since 1970, the API last said that it is under maintenance; 0: never.
	maintained atomic.Int64
}

// NewService reads the settings of cmd.
func (a *App) NewService(cmd *cobra.Command) (*Service, error) {
	settings, err := a.Settings(cmd)
	if err != nil {
		return nil, err
	}
	s := &Service{Settings: settings, Log: a.ServiceLog(settings), Places: a.NewPlaces(cmd, settings), a: a, cmd: cmd}
	s.Does("it is starting")
	return s, nil
}

// Detach keeps the reader of the log from holding up what runs: see [Gate.Detach]. Call end when it runs no more.
func (s *Service) Detach() (end func()) {
	return s.a.Stderr.Detach(func(dropped int) {
		s.Log.Warn("nobody read this log for a while, so lines of it were dropped", "dropped_lines", dropped)
	})
}

// Does notes what goes on before it works, for [Service.Doing].
func (s *Service) Does(what string) { s.doing.Store(what) }

// Doing is what goes on before it works.
func (s *Service) Doing() string { return s.doing.Load().(string) }

// Works notes that it works, and from now on says itself when an API is away.
func (s *Service) Works() { s.works.Store(true) }

// OpenPrefect makes the client for Prefect. keyvault names the vault that has the API's address and key; empty: they are Prefect's
// own settings.
func (s *Service) OpenPrefect(ctx context.Context, keyvault string) error {
	over, err := s.fromVault(ctx, keyvault)
	if err != nil {
		return err
	}
	if s.PrefectSettings, err = s.a.PrefectSettingsOver(s.cmd, over); err != nil {
		return err
	}
	for _, warning := range s.PrefectSettings.Warnings {
		s.Log.Warn(warning)
	}
	s.Prefect, err = s.a.PrefectClient(s.PrefectSettings, func(o *prefect.Options) {
		o.Waiting, o.Log = s.prefectWaits, s.Log
	})
	if over != nil {
		return vaultSettingError(err)
	}
	return err
}

// fromVault reads Prefect's settings from the key vault, if one is named.
func (s *Service) fromVault(ctx context.Context, keyvault string) (map[string]string, error) {
	if keyvault == "" {
		return nil, nil
	}
	s.Does("it reads the key vault")
	cloud, err := s.Places.Own(ctx)
	if err != nil {
		return nil, err
	}
	said := ""
	return s.a.PrefectFromVault(ctx, cloud, keyvault, func(w azure.Wait) {
		if w.For != said { // each thing once
			said = w.For
			s.Log.Warn("waiting for "+w.For, "reason", w.Err.Error())
		}
	})
}

// prefectWaits is told what a request to Prefect waits for.
func (s *Service) prefectWaits(d prefect.Delay) {
	if d.Err == nil {
		return
	}
	s.Log.Debug("trying again", "request", d.Doing, "in", d.Next, "reason", d.Err.Error())
	switch {
	case !s.works.Load():
		s.apiAway(d.Err)
	case d.Err.Maintenance():
		s.underMaintenance()
	}
}

// maintenanceEnds is how long after the last word about maintenance the next one is about another one.
const maintenanceEnds = 10 * time.Minute

// underMaintenance says once in each maintenance of the API that it is waited for: no request fails meanwhile, so nobody else
// would say so.
func (s *Service) underMaintenance() {
	now := time.Now()
	if last := s.maintained.Swap(now.UnixNano()); now.Sub(time.Unix(0, last)) > maintenanceEnds {
		s.Log.Warn("the Prefect API is under maintenance; waiting for its end")
	}
}

// apiAway says once that the API does not answer.
func (s *Service) apiAway(err error) {
	s.Does("the Prefect API does not answer: " + err.Error())
	s.away.Do(func() { s.Log.Warn("the Prefect API does not answer; waiting for it", "reason", err.Error()) })
}

// apiPause is how long to wait for an API that did not answer, after the client's own repeats.
const apiPause = 10 * time.Second

// AskPrefect asks until the API answers; what it refuses is an error.
func (s *Service) AskPrefect(ctx context.Context, ask func(context.Context) error) error {
	for {
		err := ask(ctx)
		if err == nil || ctx.Err() != nil || !errors.Is(err, prefect.ErrUnavailable) && !errors.Is(err, prefect.ErrConnection) {
			return err
		}
		s.apiAway(err)
		if err := azure.Sleep(ctx, apiPause); err != nil {
			return err
		}
	}
}

// Seconds is a flag's duration or, where it was not given, that of a setting of Prefect's.
func (s *Service) Seconds(flag string, given time.Duration, setting string) (time.Duration, error) {
	if flag != "" && s.cmd.Flags().Changed(flag) {
		return given, nil
	}
	value, err := s.PrefectSettings.Seconds(setting)
	return max(value, 0), err
}

// EndedBySignal takes the end by a signal for what it is: the ordinary one.
func EndedBySignal(ctx context.Context, err error) error {
	if Signalled(ctx, err) != nil {
		return nil
	}
	return err
}
