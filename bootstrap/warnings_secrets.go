package bootstrap

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// secretName is what a parameter that holds a secret is called.
var secretName = regexp.MustCompile(`(?i)(api[-_]?key|password|secret|token|connection[-_]?string)`)

// plainSecrets are parameters whose values are secrets, by their name or by where the value goes, and whose type keeps them
// readable in the history of deployments.
func (s *state) plainSecrets() []string {
	var values []string
	for _, r := range s.resources {
		properties, _ := r.body["properties"].(map[string]any)
		if value, ok := properties["value"].(string); ok && r.kind == KindSecret && value != "" {
			values = append(values, value)
		}
		for _, c := range containersOf(r) {
			for _, e := range list(c["environmentVariables"]) {
				if value, ok := member(e, "secureValue").(string); ok && value != "" {
					values = append(values, value)
				}
			}
		}
	}
	var all []string
	for _, p := range s.evaluated.Parameters() {
		var value string
		if p.Secure || json.Unmarshal(p.Value, &value) != nil {
			continue
		}
		if secretName.MatchString(p.Name) || slices.Contains(values, value) {
			all = append(all, fmt.Sprintf("parameter %s holds a secret, and its type %s keeps it readable in the history of deployments: use securestring", p.Name, p.Type))
		}
	}
	return all
}

// leaks are the outputs and the parameters of nested deployments with secrets in plain.
func (s *state) leaks() []string {
	var all []string
	for _, leak := range s.evaluated.Leaks() {
		all = append(all, leak.String())
	}
	return all
}

// plainPlaces are the names, the tags and the plain settings of containers in which a secure parameter is: whoever may read the
// resource reads it there.
func (s *state) plainPlaces() []string {
	secrets := s.evaluated.Secrets()
	var all []string
	check := func(r *resource, place, hint string, value any) {
		if text, _ := value.(string); secrets.Mask(text) != text {
			all = append(all, fmt.Sprintf("%s of %s %s shows a secure parameter to everybody who may read the resource%s", place, r.kind, secrets.Mask(r.name), hint))
		}
	}
	for _, r := range s.resources {
		check(r, "the name", "", r.name)
		tags, _ := member(r.body, "tags").(map[string]any)
		for _, name := range slices.Sorted(maps.Keys(tags)) {
			check(r, "tag "+secrets.Mask(name), "", tags[name])
		}
		for _, c := range containersOf(r) {
			in := fmt.Sprintf(" of container %v", c["name"])
			for _, e := range list(c["environmentVariables"]) {
				check(r, fmt.Sprintf("environment variable %v", member(e, "name"))+in, ": give it as secureValue", member(e, "value"))
			}
			for i, word := range list(c["command"]) {
				check(r, fmt.Sprintf("word %d of the command", i+1)+in, ": give it as an environment variable with a secureValue", word)
			}
		}
	}
	return all
}
