package azureemulator

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/faults"
)

// The control API's documents, for Go callers.
type (
	// Settings are the emulator's switches.
	Settings = faults.Settings
	// Fault is one thing that goes wrong on purpose; its Match says for which calls, its Effect how.
	Fault = faults.Fault
	// Match says which calls a fault is about.
	Match = faults.Match
	// Effect is what a fault does.
	Effect = faults.Effect
	// Duration is a time.Duration that is written in JSON as "1m30s".
	Duration = faults.Duration
	// FieldError says which field of a document is wrong, and why.
	FieldError = faults.FieldError
	// RequestRecord is one call in the request log.
	RequestRecord = arm.Record
)

// The events that can happen to a container group.
const (
	EventRestart   = "restart"
	EventEvict     = "evict"
	EventUnhealthy = "unhealthy"
	EventVanish    = "vanish"
)

// Cloud is what a client must know to reach this Azure.
type Cloud struct {
	CA              string        `json:"ca"`
	Proxy           string        `json:"proxy"`
	ResourceManager string        `json:"resourceManager"`
	Audience        string        `json:"audience"`
	ActiveDirectory string        `json:"activeDirectory"`
	Graph           string        `json:"graph"`
	Suffixes        CloudSuffixes `json:"suffixes"`
}

// CloudSuffixes are the ends of host names.
type CloudSuffixes struct {
	Vault      string `json:"vault"`
	Registry   string `json:"registry"`
	Containers string `json:"containers"`
}

// Cloud describes this Azure: Azure's own names, and the way in of [Options].Cloud.
func (s *Server) Cloud() Cloud {
	return Cloud{
		CA: s.cloud.CA, Proxy: s.cloud.Proxy,
		ResourceManager: "https://" + managementHost, Audience: "https://management.azure.com/",
		ActiveDirectory: "https://login.microsoftonline.com/", Graph: "https://graph.microsoft.com",
		Suffixes: CloudSuffixes{Vault: "vault.azure.net", Registry: "azurecr.io", Containers: "management.azurecontainer.io"},
	}
}

// Settings returns a copy of what holds now.
func (s *Server) Settings() Settings { return s.core.Faults.Settings() }

// PatchSettings lays the named values of a JSON object over the settings; all or
// nothing. The error is a *FieldError.
func (s *Server) PatchSettings(data []byte) error { return s.core.Faults.Patch(data) }

// Faults lists all faults with their hit counts.
func (s *Server) Faults() []Fault { return s.core.Faults.Faults() }

// AddFaults adds a fault or a list of them, written as JSON. The error is a *FieldError.
func (s *Server) AddFaults(data []byte) error { return s.core.Faults.AddFaults(data) }

// AddFault adds a fault. The error is a *FieldError.
func (s *Server) AddFault(f Fault) error { return s.core.Faults.AddFault(f) }

// ClearFaults removes all faults.
func (s *Server) ClearFaults() { s.core.Faults.ClearFaults() }

// Requests returns the request log from the record after seq on; 0 is all that is remembered.
func (s *Server) Requests(after int64) []RequestRecord { return s.core.Requests.After(after) }

// Event makes something happen to a container group now. A *FieldError for an unknown kind.
func (s *Server) Event(ctx context.Context, kind, resourceID string) error {
	kinds := []string{EventRestart, EventEvict, EventUnhealthy, EventVanish}
	if !slices.Contains(kinds, kind) {
		return &FieldError{Field: "kind", Reason: fmt.Sprintf("must be one of %s, not %q", strings.Join(kinds, ", "), kind)}
	}
	if resourceID == "" {
		return &FieldError{Field: "resourceId", Reason: "is needed: the id of a container group"}
	}
	return s.core.Event(ctx, kind, resourceID)
}
