package jobtemplate

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/pytext"
	"github.com/pacific-aci/pacific/prefect"
)

// reader takes values out of a job configuration as Prefect's classes do: a text that reads as a number is one, and
// null is not given. It notes what is of the wrong kind, all of it.
type reader struct {
	newest bool
	found  []error
}

func (r *reader) err() error { return errors.Join(r.found...) }

func (r *reader) wrong(field, problem, want string) {
	r.found = append(r.found, &Error{Kind: ErrValue, Field: field, Problem: problem, Want: want})
}

// text reads a text; 2.20 takes numbers and booleans as Python writes them, 3.x refuses them.
func (r *reader) text(field string, v any) string {
	switch v.(type) {
	case nil:
		return ""
	case string:
		return pytext.Str(v)
	case json.Number, bool:
		if !r.newest {
			return pytext.Str(v)
		}
	}
	r.wrong(field, "must be a text, and is "+nature(v), "")
	return ""
}

func nature(v any) string {
	switch v.(type) {
	case map[string]any:
		return "a map"
	case []any:
		return "a list"
	case json.Number:
		return "a number"
	case bool:
		return "true or false"
	}
	return "a text"
}

// number reads a number, or a text that is one.
func (r *reader) number(field string, v any) float64 {
	text := ""
	switch v := v.(type) {
	case json.Number:
		text = v.String()
	case string:
		text = strings.TrimSpace(v)
	}
	f, err := strconv.ParseFloat(text, 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		r.wrong(field, "must be a number, and is "+nature(v), "such as 1 or 0.5")
		return 0
	}
	return f
}

// whole reads a whole number.
func (r *reader) whole(field string, v any) int {
	before := len(r.found)
	f := r.number(field, v)
	if len(r.found) == before && (f != math.Trunc(f) || math.Abs(f) > math.MaxInt32) {
		r.wrong(field, "must be a whole number of a sensible size", "such as 1")
		return 0
	}
	return int(f)
}

// seconds reads a length of time that is not negative.
func (r *reader) seconds(field string, v any) time.Duration {
	f := r.number(field, v)
	if f < 0 || f > math.MaxInt32 {
		r.wrong(field, "must be a number of seconds, not negative", "such as 240")
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

// boolean reads true and false in the words that Prefect takes.
func (r *reader) boolean(field string, v any) bool {
	text := strings.ToLower(pytext.Str(v))
	if _, ok := v.(json.Number); ok {
		text = strings.TrimSuffix(text, ".0")
	}
	switch text {
	case "true", "t", "yes", "y", "on", "1":
		return true
	case "false", "f", "no", "n", "off", "0":
		return false
	}
	r.wrong(field, "must be true or false", "")
	return false
}

// texts reads a list of texts. Empty ones are left out.
func (r *reader) texts(field string, v any) []string {
	list, ok := v.([]any)
	if !ok {
		if v != nil && v != "" {
			r.wrong(field, "must be a list of texts, and is "+nature(v), `such as ["…"]`)
		}
		return nil
	}
	var found []string
	for i, item := range list {
		if item == nil {
			r.wrong(field+"["+strconv.Itoa(i)+"]", "must be a text, and is null", "")
			continue
		}
		if text := r.text(field+"["+strconv.Itoa(i)+"]", item); text != "" {
			found = append(found, text)
		}
	}
	return found
}

// object reads a map.
func (r *reader) object(field string, v any) map[string]any {
	m, ok := v.(map[string]any)
	if !ok && v != nil && v != "" {
		r.wrong(field, "must be a map of names to values, and is "+nature(v), "")
	}
	return m
}

// environment reads a map whose values become texts; null stays. Lists and maps are a text too in 3.x, and refused by 2.20.
func (r *reader) environment(field string, v any) map[string]*string {
	read := map[string]*string{}
	m := r.object(field, v)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		switch value := m[name].(type) {
		case nil:
			read[name] = nil
		case map[string]any, []any:
			if !r.newest {
				r.wrong(fmt.Sprintf("%s[%q]", field, name), "must be a text, and is "+nature(value), "")
				continue
			}
			read[name] = new(pytext.Str(value))
		default:
			read[name] = new(pytext.Str(value))
		}
	}
	return read
}

// labels reads a map of texts; null ones are left out.
func (r *reader) labels(field string, v any) map[string]string {
	read := map[string]string{}
	m := r.object(field, v)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		if m[name] != nil {
			read[name] = r.text(fmt.Sprintf("%s[%q]", field, name), m[name])
		}
	}
	return read
}

// authorityName is the one of the credential_kwargs that is no matter of Python's.
const authorityName = "authority"

// credentials reads a credentials block. All three parts, or none for Azure's default credential.
func (r *reader) credentials(field string, v any) prefect.AzureContainerInstanceCredentials {
	m := r.object(field, v)
	c := prefect.AzureContainerInstanceCredentials{
		ClientID: r.text(field+".client_id", m["client_id"]), TenantID: r.text(field+".tenant_id", m["tenant_id"]),
		ClientSecret:     prefect.SecretStr(r.text(field+".client_secret", m["client_secret"])),
		CredentialKwargs: r.object(field+".credential_kwargs", m["credential_kwargs"]),
	}
	r.checkCredentials(field, c)
	return c
}

func (r *reader) checkCredentials(field string, c prefect.AzureContainerInstanceCredentials) {
	var lacking []string
	for _, part := range []struct{ name, value string }{{"client_id", c.ClientID}, {"tenant_id", c.TenantID}, {"client_secret", string(c.ClientSecret)}} {
		if part.value == "" {
			lacking = append(lacking, part.name)
		}
	}
	if n := len(lacking); n > 0 && n < 3 {
		r.wrong(field, strings.Join(lacking, " and ")+" is missing", "give client_id, tenant_id and client_secret, or none of them for Azure's default credential")
	}
	authority, given := c.CredentialKwargs[authorityName]
	text, isText := authority.(string)
	switch {
	case given && (!isText || text == "" || strings.HasPrefix(text, "http://")):
		r.wrong(field+".credential_kwargs."+authorityName, "must be the host that signs in", "such as login.microsoftonline.com")
	case given && len(lacking) == 3:
		r.wrong(field+".credential_kwargs."+authorityName, "needs a client_id, tenant_id and client_secret to sign in", "give them, or leave it out")
	}
}
