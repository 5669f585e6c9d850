package cmdutil

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
	"github.com/pacific-aci/pacific/prefect/profiles"
)

// PrefectSettingsError is a setting or a file of Prefect's that cannot be used; nothing was sent. An error about a file
// says itself what to do, and needs no hint.
type PrefectSettingsError struct {
	err  error
	hint string
}

// SeeDoctor ends hints about a setting; doctor itself leaves it out.
const SeeDoctor = "; pacific doctor shows what is set, and where"

func (e *PrefectSettingsError) Error() string { return "reading Prefect's settings: " + e.err.Error() }

func (e *PrefectSettingsError) Unwrap() error { return e.err }

// explainPrefect puts the errors of Prefect's side into words; false if err is none of them. A hint that w has already
// wins: it knows the command.
func explainPrefect(err error, w Words) (Words, bool) {
	if e, ok := errors.AsType[*profiles.UnknownProfileError](err); ok {
		w.Problems, w.Usage = []string{fmt.Sprintf("there is no profile %q in %s", e.Name, e.Path)}, true
		if len(w.Hints) == 0 {
			w.Hints = []string{fmt.Sprintf("profiles: %s; pacific profile create %s makes it", strings.Join(e.Known, ", "), ShellWord(e.Name))}
		}
		return w, true
	}
	if _, ok := errors.AsType[*profiles.InvalidSettingError](err); ok {
		w.Usage = true
		return w, true
	}
	if e, ok := errors.AsType[*PrefectSettingsError](err); ok {
		w.Usage = true
		if len(w.Hints) == 0 && e.hint != "" {
			w.Hints = []string{e.hint}
		}
		return w, true
	}
	e, ok := errors.AsType[*prefect.Error](err)
	if !ok {
		return w, false
	}
	w.Problems = prefectProblems(err, e)
	if hint := prefectHint(e); hint != "" && len(w.Hints) == 0 {
		w.Hints = []string{hint}
	}
	return w, true
}

// prefectProblems is what the server said: each field that it objects to has a line of its own.
func prefectProblems(err error, e *prefect.Error) []string {
	bare := *e
	bare.Details, bare.Unclear = nil, false
	first := bare.Error()
	if text, full := err.Error(), e.Error(); strings.HasSuffix(text, full) {
		first = strings.TrimSuffix(text, full) + first
	}
	if e.Unclear {
		first += "; it may have been carried out all the same"
	}
	if len(e.Details) == 1 {
		return []string{first + ": " + e.Details[0].String()}
	}
	problems := []string{first}
	for _, d := range e.Details {
		problems = append(problems, d.String())
	}
	return problems
}

// prefectHint is what to do: the error's own hint, and the commands that help.
func prefectHint(e *prefect.Error) string {
	switch {
	case errors.Is(e, prefect.ErrUnauthorised):
		return "pacific profile set PREFECT_API_KEY --stdin, or PREFECT_API_AUTH_STRING for a server with basic authentication" + SeeDoctor
	case errors.Is(e, prefect.ErrUnsupported):
		return "pacific doctor shows the server's version"
	}
	hint := e.Hint()
	if strings.Contains(hint, "PREFECT_API_") {
		hint += SeeDoctor
	}
	return hint
}
