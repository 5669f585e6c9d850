package worker

import (
	"encoding/json"
	"strings"

	"github.com/pacific-aci/pacific/jobtemplate"
)

// inPlace gives a pool's template the worker's own resource group and its subscription as defaults, where it has none for them:
// whoever starts a worker in a place wants runs there. groupID is the group's ARM id; empty, or a template that cannot be read,
// changes nothing.
func inPlace(raw json.RawMessage, groupID string) json.RawMessage {
	parts := strings.Split(groupID, "/")
	if len(parts) != 5 {
		return raw
	}
	template, err := jobtemplate.ReadTemplate(raw)
	if err != nil {
		return raw // Render says what is wrong with it
	}
	changed := false
	for name, value := range map[string]string{"subscription_id": parts[2], "resource_group_name": parts[4]} {
		switch string(template.Default(name)) {
		case "", "null", `""`:
			text, _ := json.Marshal(value) // a string cannot fail
			if template.SetJSON(name, text) != nil {
				continue // the template has no such variable, and so takes its place from elsewhere
			}
			changed = true
		}
	}
	if !changed {
		return raw
	}
	placed, err := template.MarshalJSON()
	if err != nil {
		return raw
	}
	return placed
}
