package rbac

import (
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// filter is a $filter of a list: terms that all hold.
type filter struct {
	// atScope leaves out what is below the scope; below adds it.
	atScope, below bool
	// equal are the values of NAME eq 'VALUE' by the lower-case name.
	equal map[string]string
}

// same reports whether a field has the value that the filter wants of it, in any case.
func (f filter) same(name, value string) bool {
	want, ok := f.equal[strings.ToLower(name)]
	return !ok || strings.EqualFold(want, value)
}

// parseFilter reads a request's $filter, whose terms may be those of known: atScope(), atScopeAndBelow(),
// assignedTo('VALUE') and NAME eq 'VALUE', joined by and.
func parseFilter(r *arm.Request, known ...string) (filter, error) {
	f := filter{equal: map[string]string{}}
	text := strings.TrimSpace(r.URL.Query().Get("$filter"))
	if text == "" {
		return f, nil
	}
	for _, term := range splitTerms(text) {
		name, value, ok := parseTerm(term)
		i := slices.IndexFunc(known, func(k string) bool { return strings.EqualFold(k, name) })
		if !ok || i < 0 {
			return f, arm.BadRequest("InvalidFilter", "The filter '%s' is not supported. The supported terms are %s.", text, strings.Join(known, ", "))
		}
		switch strings.ToLower(name) {
		case "atscope()":
			f.atScope = true
		case "atscopeandbelow()":
			f.below = true
		default:
			f.equal[strings.ToLower(name)] = value
		}
	}
	if _, byPrincipal := f.equal["principalid"]; byPrincipal && len(f.equal) == 1 && f.atScope {
		return f, arm.BadRequest("InvalidFilter", "The filter '%s' is not supported: atScope() and principalId eq do not go together.", text)
	}
	return f, nil
}

// splitTerms cuts a filter at its ands, except within quotes.
func splitTerms(text string) []string {
	var terms []string
	quoted, from := false, 0
	for i := 0; i < len(text); i++ {
		if text[i] == '\'' {
			quoted = !quoted
		}
		if !quoted && len(text)-i >= 5 && strings.EqualFold(text[i:i+5], " and ") {
			terms, from = append(terms, text[from:i]), i+5
			i += 4
		}
	}
	return append(terms, text[from:])
}

// parseTerm reads NAME(), assignedTo('VALUE') or NAME eq 'VALUE'. A GUID may stand without quotes.
func parseTerm(term string) (name, value string, ok bool) {
	term = strings.TrimSpace(term)
	if strings.HasSuffix(term, "()") {
		return term, "", true
	}
	if name, rest, call := strings.Cut(term, "("); call && strings.HasSuffix(rest, ")") {
		value, ok := unquote(strings.TrimSuffix(rest, ")"))
		return name + "()", value, ok
	}
	parts := strings.SplitN(term, " ", 3)
	if len(parts) != 3 || !strings.EqualFold(parts[1], "eq") {
		return "", "", false
	}
	value, ok = unquote(parts[2])
	return parts[0], value, ok
}

func unquote(s string) (string, bool) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "'") {
		return s, s != "" && !strings.ContainsAny(s, "' ")
	}
	if len(s) < 2 || !strings.HasSuffix(s, "'") {
		return "", false
	}
	return strings.ReplaceAll(s[1:len(s)-1], "''", "'"), true
}
