package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/pacific-aci/pacific/prefect"
)

// prefectSettingsError is a setting or a file of Prefect's that cannot be used; nothing was sent. An error about a file
// says itself what to do, and needs no hint.
type prefectSettingsError struct {
	err  error
	hint string
}

// seeDoctor ends hints about a setting; doctor itself leaves it out.
const seeDoctor = "; pacific doctor shows what is set, and where"

func (e *prefectSettingsError) Error() string { return "reading Prefect's settings: " + e.err.Error() }
func (e *prefectSettingsError) Unwrap() error { return e.err }

// explainPrefect puts the errors of Prefect's side into words; false if err is none of them. A hint that w has already
// wins: it knows the command.
func explainPrefect(err error, w words) (words, bool) {
	if e, ok := errors.AsType[*prefect.UnknownProfileError](err); ok {
		w.problems, w.usage = []string{fmt.Sprintf("there is no profile %q in %s", e.Name, e.Path)}, true
		if len(w.hints) == 0 {
			w.hints = []string{fmt.Sprintf("profiles: %s; pacific profile create %s makes it", strings.Join(e.Known, ", "), shellWord(e.Name))}
		}
		return w, true
	}
	if _, ok := errors.AsType[*prefect.InvalidSettingError](err); ok {
		w.usage = true
		return w, true
	}
	if e, ok := errors.AsType[*prefectSettingsError](err); ok {
		w.usage = true
		if len(w.hints) == 0 && e.hint != "" {
			w.hints = []string{e.hint}
		}
		return w, true
	}
	e, ok := errors.AsType[*prefect.Error](err)
	if !ok {
		return w, false
	}
	w.problems = prefectProblems(err, e)
	if hint := prefectHint(e); hint != "" && len(w.hints) == 0 {
		w.hints = []string{hint}
	}
	return w, true
}

// prefectProblems is what the server said: each field that it objects to has a line of its own, and what to do is left
// to the hints.
func prefectProblems(err error, e *prefect.Error) []string {
	bare := *e
	bare.Kind, bare.Details, bare.Unclear = nil, nil, false // without its details and its own hint
	if errors.Is(e, prefect.ErrNotPrefect) {
		bare.Status = 0 // its message has the status already
	}
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

// prefectHint is what helps against a kind of trouble, whatever the command was.
func prefectHint(e *prefect.Error) string {
	switch {
	case errors.Is(e, prefect.ErrUnauthorised):
		return "pacific profile set PREFECT_API_KEY --stdin, or PREFECT_API_AUTH_STRING for a server with basic authentication" + seeDoctor
	case noSuchRoute(e):
		return "the address may be wrong: PREFECT_API_URL must end in /api, or in a workspace's id" + seeDoctor
	case errors.Is(e, prefect.ErrForbidden):
		return "use another name if it is one that Prefect keeps for itself, else a key that may do this"
	case errors.Is(e, prefect.ErrNotPrefect):
		return "PREFECT_API_URL must end in /api, or in a workspace's id; if it does, a proxy or its sign-in page stands between"
	case errors.Is(e, prefect.ErrUnavailable) && e.Status == 0:
		return "start the server, or correct PREFECT_API_URL" + seeDoctor
	case errors.Is(e, prefect.ErrUnavailable):
		return "the server is there but cannot answer now: try again, and look at its log if that does not help"
	case errors.Is(e, prefect.ErrUnsupported):
		return "pacific doctor shows the server's version"
	}
	return ""
}

// noSuchRoute tells a server that does not know the address from one that knows no such object, which names what it misses.
func noSuchRoute(e *prefect.Error) bool {
	return errors.Is(e, prefect.ErrNotFound) && e.Message == "Not Found"
}
