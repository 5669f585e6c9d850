package armtemplate

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/pacific-aci/pacific/armtemplate/internal/document"
	"github.com/pacific-aci/pacific/armtemplate/internal/functions"
	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

// Secrets are the texts that no message about a deployment may hold: the strings and numbers in the values of secure
// parameters, and what the functions of the template computed of them. The zero value has none. It is safe for use by
// several goroutines.
type Secrets struct {
	mu sync.Mutex
	// given are secrets themselves: a text that holds one is secret too. derived are whole results.
	given   map[string]string // with how they are inside a JSON string
	derived map[string]bool
	forms   []string // how both may be written, the longest first; nil if something was added since
}

// shortestSecret is how many bytes a secret has at least that messages are cleared of: a shorter one may be part of any word.
const shortestSecret = 4

// Add takes a text. One of less than four bytes is passed over.
func (s *Secrets) Add(text string) {
	if len(text) < shortestSecret {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.given == nil {
		s.given = map[string]string{}
	}
	if _, ok := s.given[text]; !ok {
		s.given[text], s.forms = quoted(text, false), nil
	}
}

// AddJSON takes the strings and numbers of a JSON value; what is no JSON is passed over.
func (s *Secrets) AddJSON(text []byte) {
	if v, err := document.ParseValue(text); err == nil {
		s.addValue(v)
	}
}

// Texts are the secrets, sorted.
func (s *Secrets) Texts() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Collect(maps.Keys(s.given))
	for text := range s.derived {
		if _, ok := s.given[text]; !ok {
			all = append(all, text)
		}
	}
	slices.Sort(all)
	return all
}

// Mask replaces each secret in a text by ***, whether it stands there as it is, escaped for JSON, a URL or an expression, or
// in base64. The longest come first: one may begin another.
func (s *Secrets) Mask(text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.forms == nil && len(s.given)+len(s.derived) > 0 {
		all := map[string]bool{}
		for _, secret := range slices.Concat(slices.Collect(maps.Keys(s.given)), slices.Collect(maps.Keys(s.derived))) {
			for _, form := range formsOf(secret) {
				all[form] = true
			}
		}
		s.forms = slices.SortedFunc(maps.Keys(all), func(a, b string) int {
			if len(a) != len(b) {
				return len(b) - len(a)
			}
			return strings.Compare(a, b)
		})
	}
	for _, form := range s.forms {
		text = strings.ReplaceAll(text, form, "***")
	}
	return text
}

// formsOf are the ways in which a message may write a text.
func formsOf(text string) []string {
	return []string{text, quoted(text, false), quoted(text, true), strings.ReplaceAll(text, "'", "''"), url.PathEscape(text), url.QueryEscape(text),
		base64.StdEncoding.EncodeToString([]byte(text)), base64.URLEncoding.EncodeToString([]byte(text))}
}

// quoted is a text as it is inside a JSON string, with or without escapes for what HTML minds.
func quoted(text string, html bool) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(html)
	_ = e.Encode(text) // a string can always be encoded
	return strings.TrimSuffix(b.String()[1:], "\"\n")
}

// Secrets are those of Options.Secrets: the values of secure parameters, whether given or by default, with those of the nested
// deployments that were evaluated, and what was computed of them.
func (d *Deployment) Secrets() *Secrets { return d.opts.Secrets }

// addValue takes the strings and numbers of a value.
func (s *Secrets) addValue(v value.Value) {
	eachLeaf(v, func(text string) bool { s.Add(text); return true })
}

// empty reports whether there are no secrets.
func (s *Secrets) empty() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.given) == 0
}

// derive takes what a function computed of secrets: the new texts of a result of which an argument holds one, but for those
// that show the secret itself. The result is how much was compared, in bytes.
func (s *Secrets) derive(args []value.Value, result value.Value) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	compared, secret := 0, false
	for _, a := range args {
		eachLeaf(a, func(text string) bool {
			compared += len(text) * len(s.given)
			secret = s.holds(text) || s.derived[text]
			return !secret
		})
		if secret {
			break
		}
	}
	if !secret {
		return compared
	}
	old := map[string]bool{}
	for _, a := range args {
		eachLeaf(a, func(text string) bool { old[text] = true; return true })
	}
	eachLeaf(result, func(text string) bool {
		compared += len(text) * len(s.given)
		if len(text) >= shortestSecret && !old[text] && !s.derived[text] && !s.holds(text) {
			if s.derived == nil {
				s.derived = map[string]bool{}
			}
			s.derived[text], s.forms = true, nil
		}
		return true
	})
	return compared
}

// holds reports whether a text holds a secret. It is called with mu held.
func (s *Secrets) holds(text string) bool {
	for secret, quoted := range s.given {
		if strings.Contains(text, secret) || quoted != secret && strings.Contains(text, quoted) {
			return true
		}
	}
	return false
}

// eachLeaf calls do for the strings and numbers in a value until it returns false, and reports whether it never did.
func eachLeaf(v value.Value, do func(text string) bool) bool {
	switch v := v.(type) {
	case string:
		return do(v)
	case int64, value.Number:
		return do(functions.Text(v))
	case []value.Value:
		for _, e := range v {
			if !eachLeaf(e, do) {
				return false
			}
		}
	case *value.Object:
		for i := range v.Len() {
			if _, e := v.At(i); !eachLeaf(e, do) {
				return false
			}
		}
	}
	return true
}
