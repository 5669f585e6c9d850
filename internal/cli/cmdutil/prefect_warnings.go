package cmdutil

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// WarnOfPrefect says what is odd about Prefect's settings, each thing once in a call of Pacific.
func (a *App) WarnOfPrefect(cmd *cobra.Command, settings *profiles.Settings) {
	for _, warning := range settings.Warnings {
		a.warnOnce(warning)
	}
	for _, name := range settings.Unknown {
		if near := NearestSetting(name); near != "" {
			a.hintOnce("did you mean " + near + "?")
		}
	}
	a.HintAtAPI(cmd, settings.Value("PREFECT_API_URL"), settings.Profile)
}

// WarnOfMissingProfile warns where the file names an active profile that does not exist: another one is shown and changed.
// A PREFECT_PROFILE that does not exist is an error of what needs it.
func (a *App) WarnOfMissingProfile(settings *profiles.Settings) {
	if settings.Missing != "" && !a.IsSet("PREFECT_PROFILE") {
		a.warnOnce(settings.Warnings[0])
	}
}

// HintAtAPI says how to mend an address that lacks the /api of Prefect's servers.
func (a *App) HintAtAPI(cmd *cobra.Command, v profiles.SettingValue, profile string) {
	if !profiles.LacksAPI(v.Value) {
		return
	}
	address := strings.TrimRight(v.Value, "/") + "/api"
	if v.Origin != profiles.OriginProfile || URLWithPassword(v.Value) {
		a.hintOnce("PREFECT_API_URL is probably " + profiles.SettingValue{Value: address}.Shown())
		return
	}
	a.hintOnce(advice{"an address of a Prefect server ends in /api, as in: {}", []Command{SetAPI(profile, address)}}.words(nil))
}

// NearestSetting is the setting of Prefect's that may be meant by a name that is none; "" for no such one.
func NearestSetting(name string) string {
	var names []string
	for _, s := range profiles.KnownSettings() {
		names = append(append(names, s.Name), s.Aliases...)
	}
	upper := strings.ToUpper(name)
	near := suggest.Nearest(upper, names)
	switch {
	case slices.Contains(names, upper):
		return upper
	case near == "" && slices.Contains(names, "PREFECT_"+upper):
		return "PREFECT_" + upper
	}
	return near
}

func (a *App) warnOnce(text string) {
	if a.first(text) {
		a.Say.Warning(text)
	}
}

func (a *App) hintOnce(text string) {
	if a.first(text) {
		a.Say.Hint(text)
	}
}

// first reports whether a text is said for the first time.
func (a *App) first(text string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.said[text] {
		return false
	}
	if a.said == nil {
		a.said = map[string]bool{}
	}
	a.said[text] = true
	return true
}
