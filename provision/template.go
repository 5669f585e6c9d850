package provision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/jobtemplate"
	"github.com/pacific-aci/pacific/prefect"
)

// The variables of a base job template that provisioning gives defaults.
const (
	varCredentials  = "aci_credentials"
	varGroup        = "resource_group_name"
	varSubscription = "subscription_id"
	varRegistry     = "image_registry"
	varIdentities   = "identities"
)

var variables = []string{varCredentials, varGroup, varSubscription, varRegistry, varIdentities}

// template is a base job template on its way to its defaults. The one that was given stays as it is.
type template struct{ *jobtemplate.Template }

// TemplateError says that a base job template has no place for what is provisioned.
type TemplateError struct {
	// Missing are the variables that it lacks; empty: it cannot be read.
	Missing []string

	cause error
}

// Error names the variables.
func (e *TemplateError) Error() string {
	if e.cause != nil {
		return "reading the base job template: " + e.cause.Error()
	}
	return "the base job template has no variable " + strings.Join(e.Missing, ", ") + ": there is no place for what is provisioned"
}

// Unwrap returns why the template could not be read; nil where variables are missing.
func (e *TemplateError) Unwrap() error { return e.cause }

// readTemplate reads a template and refuses one that lacks a variable: after the resources were made is too late.
func readTemplate(given json.RawMessage) (*template, error) {
	read, err := jobtemplate.ReadTemplate(given)
	if err != nil {
		return nil, &TemplateError{cause: err}
	}
	var missing []string
	for _, name := range variables {
		if !slices.Contains(read.Names(), name) {
			missing = append(missing, name)
		}
	}
	if len(missing) > 0 {
		return nil, &TemplateError{Missing: missing}
	}
	return &template{read}, nil
}

// registry is the login server that the template names; empty for none.
func (t *template) registry() string {
	var value struct {
		URL string `json:"registry_url"`
	}
	if json.Unmarshal(t.Default(varRegistry), &value) != nil {
		return ""
	}
	return strings.TrimPrefix(value.URL, "https://")
}

// subscription is the subscription that the template names; empty for none.
func (t *template) subscription() string {
	var value string
	if json.Unmarshal(t.Default(varSubscription), &value) != nil {
		return ""
	}
	return value
}

// imageRegistry is the default of image_registry.
type imageRegistry struct {
	URL      string `json:"registry_url"`
	Identity string `json:"identity"`
}

// wanted are the defaults in exactly the shapes that Prefect's provisioner writes. ARM ids are kept as Azure spells them.
func (s *state) wanted() map[string]any {
	return map[string]any{
		varCredentials:  prefect.BlockRef(s.credentials.id),
		varGroup:        s.group.Name,
		varSubscription: s.request.Subscription,
		varRegistry:     imageRegistry{s.registry.LoginServer, s.identity.ID},
		varIdentities:   []any{s.identity.ID},
	}
}

// complete reports whether the template already has what it should.
func (s *state) complete() bool {
	if !s.usable() || s.group == nil || s.registry == nil || s.identity == nil {
		return false
	}
	for name, value := range s.wanted() {
		encoded, err := json.Marshal(value)
		if err != nil || !sameJSON(s.template.Default(name), encoded) {
			return false
		}
	}
	return true
}

// fill writes the defaults.
func (s *state) fill() error {
	wanted := s.wanted()
	for _, name := range variables {
		encoded, err := json.Marshal(wanted[name])
		if err != nil {
			return fmt.Errorf("writing the base job template: %w", err)
		}
		if err := s.template.SetJSON(name, encoded); err != nil {
			return fmt.Errorf("writing the base job template: %w", err)
		}
	}
	return nil
}

// anyDefault reports whether one of the variables has a default.
func (t *template) anyDefault() bool {
	return slices.ContainsFunc(variables, func(name string) bool {
		value := t.Default(name)
		return value != nil && string(value) != "null"
	})
}

// clear takes the defaults away.
func (t *template) clear() error {
	for _, name := range variables {
		if err := t.ClearDefault(name); err != nil {
			return fmt.Errorf("writing the base job template: %w", err)
		}
	}
	return nil
}

// sameJSON compares two values but for blanks and the order of keys.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	if json.Unmarshal(a, &x) != nil || json.Unmarshal(b, &y) != nil {
		return false
	}
	left, err := json.Marshal(x)
	if err != nil {
		return false
	}
	right, err := json.Marshal(y)
	return err == nil && bytes.Equal(left, right)
}
