package cmdutil

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/internal/suggest"
	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
	"github.com/spf13/cobra"
)

// PrefectSettingsError is a setting or a file of Prefect's that cannot be used; nothing was sent.
type PrefectSettingsError struct {
	err error
	// hint is for errors that say nothing themselves of what to do.
	hint string
}

func (e *PrefectSettingsError) Error() string { return "reading Prefect's settings: " + e.err.Error() }

// Unwrap gives what was wrong.
func (e *PrefectSettingsError) Unwrap() error { return e.err }

// Hint says where the setting comes from, or what the error itself says.
func (e *PrefectSettingsError) Hint() string { return e.hint }

// explainPrefect puts the errors of Prefect's side into words; false if err is none of them.
func explainPrefect(err error, call *cobra.Command) (Words, bool) {
	w := Words{Problems: []string{err.Error()}, Usage: true}
	if e, ok := errors.AsType[*profiles.UnknownProfileError](err); ok {
		w.Problems = []string{fmt.Sprintf("there is no profile %q in %s", e.Name, e.Path)}
		text := "profiles: " + strings.Join(e.Known, ", ") + "; {} creates it"
		if near := suggest.Nearest(e.Name, e.Known); near != "" {
			text = "did you mean " + near + "? {} creates a new one"
		}
		known := advice{text, []Command{CreateProfile(e.Name)}}
		w.Hints = []string{known.words(nil)} // --profile names the very one that is not there
		return w, true
	}
	if _, ok := errors.AsType[*profiles.InvalidSettingError](err); ok {
		return w, true
	}
	if _, ok := errors.AsType[*PrefectSettingsError](err); ok {
		return w, true
	}
	e, ok := errors.AsType[*prefect.Error](err)
	if !ok {
		return w, false
	}
	w.Usage = false
	if err == error(e) {
		w.Problems = prefectProblems(e)
	}
	switch {
	case errors.Is(e, prefect.ErrUnauthorised):
		w.Hints = []string{advice{"{}, or PREFECT_API_AUTH_STRING for a server with basic authentication", []Command{SetSecret("PREFECT_API_KEY")}}.words(call)}
	case errors.Is(e, prefect.ErrUnsupported):
		w.Hints = []string{advice{"{} shows the server's version", []Command{RunDoctor()}}.words(call)}
	case e.Hint() != "":
		w.Hints = []string{e.Hint()}
	}
	if e.SettingsMatter() {
		w.See = advice{"{} shows what is set, and where", []Command{RunDoctor()}}.words(call)
	}
	return w, true
}

// prefectProblems is what the server said: each field that it objects to has a line of its own.
func prefectProblems(e *prefect.Error) []string {
	if len(e.Details) < 2 {
		return []string{e.Error()}
	}
	bare := *e
	bare.Details = nil
	problems := []string{bare.Error()}
	for _, d := range e.Details {
		problems = append(problems, d.String())
	}
	return problems
}
