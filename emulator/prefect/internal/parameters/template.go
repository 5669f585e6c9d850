package parameters

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
)

// placeholder is what the server finds in a template's text, of whatever kind: {{ name }}. It looks into JSON where
// everything but ASCII is escaped, so that names with other letters are none.
var placeholder = regexp.MustCompile(`\{\{\s*([\w.\-\[\]$]+)\s*\}\}`)

// ValidateTemplate checks a base job template: empty, or with a job configuration and with variables that declare every
// placeholder in it. Its error's text is the server's reason.
func ValidateTemplate(raw json.RawMessage) error {
	var keys map[string]json.RawMessage
	_ = json.Unmarshal(raw, &keys) // the body was an object already
	if len(keys) == 0 {
		return nil
	}
	var template struct {
		Configuration map[string]json.RawMessage `json:"job_configuration"`
		Variables     map[string]json.RawMessage `json:"variables"`
	}
	if err := json.Unmarshal(raw, &template); err != nil || len(template.Configuration) == 0 || len(template.Variables) == 0 {
		return reason("The `base_job_template` must contain both a `job_configuration` key and a `variables` key.")
	}
	var declared map[string]json.RawMessage
	_ = json.Unmarshal(template.Variables["properties"], &declared) // without properties nothing is declared
	var missing []string
	for _, part := range template.Configuration {
		for _, found := range placeholder.FindAllSubmatch(part, -1) {
			name := string(found[1])
			if _, ok := declared[name]; !ok && !slices.Contains(missing, name) {
				missing = append(missing, name)
			}
		}
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing) // the server's order is that of a set: any
	return reason("The variables specified in the job configuration template must be present as properties in the variables schema. " +
		"Your job configuration uses the following undeclared variable(s): " + strings.Join(missing, " ,") + ".")
}
