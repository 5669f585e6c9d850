package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/cli/cmdutil"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// prefectChecker is what the checks of Prefect's side find out for each other.
type prefectChecker struct {
	settings *profiles.Settings
	client   *prefect.Client
	health   prefect.Health
	// answers: somebody who may be Prefect does. signedIn: and accepts our requests.
	answers, signedIn bool
}

// checkPrefect makes the checks of Prefect's side. `pacific run` needs no Prefect, so one that is not set is no failure.
func checkPrefect(a *cmdutil.App, cmd *cobra.Command) []finding {
	settings, err := a.PrefectSettings(cmd)
	if err != nil {
		return []finding{failedFinding("prefect settings", err, cmd)}
	}
	first := finding{Name: "prefect settings", Status: checkOK, Detail: strings.Join(append(settings.Warnings, settingsInWords(settings)), "; ")}
	if len(settings.Warnings) > 0 {
		first.Status = checkNote
	}
	if settings.Text("PREFECT_API_URL") == "" {
		first.Status, first.Detail = checkNote, "no PREFECT_API_URL, which pacific run does not need; "+first.Detail
		first.Fixes = []string{cmdutil.WaysToAPrefect()}
		return []finding{first}
	}
	checks := []finding{first}
	p := &prefectChecker{settings: settings}
	for _, e := range []struct {
		name  string
		needs string
		have  *bool
		make  func(context.Context, *cmdutil.App) (string, error)
	}{
		{"prefect server", "", nil, p.checkServer},
		{"prefect authentication", "a server", &p.answers, p.checkAuthentication},
		{"prefect version", "authentication", &p.signedIn, p.checkVersion},
		{"prefect clock", "a server", &p.answers, p.checkClock},
	} {
		if e.have != nil && !*e.have {
			checks = append(checks, finding{e.name, checkSkipped, "needs " + e.needs, nil})
			continue
		}
		shown := a.Show(cmdutil.WaitFor("checking the " + e.name))
		detail, err := e.make(cmd.Context(), a)
		shown()
		if err != nil {
			checks = append(checks, failedFinding(e.name, err, cmd))
		} else {
			checks = append(checks, finding{e.name, checkOK, detail, nil})
		}
	}
	return checks
}

// settingsInWords says which profile counts and where everything comes from that is not as Prefect has it by itself.
func settingsInWords(settings *profiles.Settings) string {
	parts := []string{fmt.Sprintf("profile %s (%s)", settings.Profile, settings.ProfilePlace)}
	for _, v := range settings.Values() {
		if v.Origin != profiles.OriginDefault {
			parts = append(parts, fmt.Sprintf("%s=%s from %s", v.Name, v.Shown(), v.Where()))
		}
	}
	return strings.Join(parts, "; ")
}

// doctorTimeout and doctorRetries keep a check short: who asks a doctor knows that something is wrong.
const (
	doctorTimeout = 10 * time.Second
	doctorRetries = 1
)

func (p *prefectChecker) checkServer(ctx context.Context, a *cmdutil.App) (string, error) {
	client, err := a.PrefectClient(p.settings, func(o *prefect.Options) {
		o.Timeout = min(o.Timeout, doctorTimeout)
		o.Retries.Max = min(o.Retries.Max, doctorRetries)
	})
	if err != nil {
		return "", err
	}
	p.client = client
	if p.health, err = client.Health(ctx); err != nil {
		return "", err
	}
	p.answers = true
	return fmt.Sprintf("%s answers after %s", client.URL(), p.health.RoundTrip.Round(time.Millisecond)), nil
}

// checkAuthentication reads what a server shows only to those it knows. Health is shown to all.
func (p *prefectChecker) checkAuthentication(ctx context.Context, _ *cmdutil.App) (string, error) {
	with, given := p.credential()
	_, err := prefect.Collect(p.client.WorkPools(ctx, prefect.Query{Limit: 1}))
	switch {
	case errors.Is(err, prefect.ErrUnauthorised) && given:
		return "", cmdutil.WithHint(err, "correct "+with+"; a server with basic authentication takes PREFECT_API_AUTH_STRING, Prefect Cloud PREFECT_API_KEY")
	case err != nil:
		return "", err
	}
	p.signedIn = true
	if !given {
		return "the server accepts requests without PREFECT_API_KEY and PREFECT_API_AUTH_STRING", nil
	}
	return "the server accepts " + with, nil
}

// credential says what the client signs in with, and where it stands; false: with nothing.
func (p *prefectChecker) credential() (words string, given bool) {
	// In the order in which the client takes them.
	for _, name := range []string{"PREFECT_API_AUTH_STRING", "PREFECT_API_URL", "PREFECT_API_KEY"} {
		v := p.settings.Value(name)
		if v.Value != "" && (name != "PREFECT_API_URL" || cmdutil.URLWithPassword(v.Value)) {
			return fmt.Sprintf("%s from %s", name, v.Where()), true
		}
	}
	return "", false
}

func (p *prefectChecker) checkVersion(ctx context.Context, _ *cmdutil.App) (string, error) {
	if p.client.Cloud() {
		return "Prefect Cloud", nil
	}
	version, err := p.client.ServerVersion(ctx)
	const other = "use a server of 3.x, or a Pacific that knows this one"
	switch {
	case errors.Is(err, prefect.ErrUnsupported):
		return "", cmdutil.WithHint(err, other)
	case err != nil:
		return "", err
	case !version.AtLeast(2, 20, 0):
		// Of 2 only its last minor release was tried.
		return "", cmdutil.WithHint(fmt.Errorf("the server runs Prefect %s, and Pacific speaks to 2.20 and 3.x only", version), other)
	}
	return fmt.Sprintf("the server runs Prefect %s; Pacific speaks to 2.20 and 3.x", version), nil
}

// clockSlack is what a clock may differ before it is told: a busy server's own word of the time is up to 10 s old.
const clockSlack = 20 * time.Second

func (p *prefectChecker) checkClock(context.Context, *cmdutil.App) (string, error) {
	ahead := p.health.ClockAhead
	if ahead.Abs() <= clockSlack {
		return fmt.Sprintf("no difference of more than %s from this machine's", clockSlack), nil
	}
	word := "ahead of"
	if ahead < 0 {
		word = "behind"
	}
	return "", cmdutil.WithHint(fmt.Errorf("the server's clock is %s %s this machine's", ahead.Abs(), word),
		"set both by NTP: runs start at the wrong time, and workers look offline")
}

// failedFinding is a check that went wrong, with ways to mend it.
func failedFinding(name string, err error, call *cobra.Command) finding {
	w := cmdutil.Explain(err, call)
	if len(w.Hints) == 0 {
		w.Hints = []string{cmdutil.Advice("correct the setting that is wrong; {} shows where Pacific's come from, the line prefect settings where Prefect's do", cmdutil.ShowConfig())}
	}
	problems := strings.Join(w.Problems, "; ")
	if e, ok := errors.AsType[*cmdutil.PrefectSettingsError](err); ok && problems == e.Error() {
		problems = e.Unwrap().Error() // the name of the check says the rest
	}
	return finding{name, checkFailed, problems, w.Hints}
}
