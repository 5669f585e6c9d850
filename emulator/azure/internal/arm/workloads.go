package arm

import (
	"sync"
	"time"
)

// Identity is a managed identity of a container group.
type Identity struct {
	// ResourceID is the user-assigned identity's id, or the group's own for a system-assigned one.
	ResourceID string
	// PrincipalID and ClientID are GUIDs.
	PrincipalID, ClientID string
	SystemAssigned        bool
}

// Workload is a running container, as the identity endpoint knows it.
type Workload struct {
	// ContainerGroup is the group's resource id.
	ContainerGroup string
	Identities     []Identity
	Started        time.Time
}

// ShareKey names a file share of a storage account, with one of the account's keys, which is a secret.
type ShareKey struct {
	Account, Share, Key string
}

// Workloads are the running containers by the value of their IDENTITY_HEADER. Package
// containers adds and removes them; the identity endpoint of package entra reads them.
// The zero value is ready.
type Workloads struct {
	mu       sync.RWMutex
	byHeader map[string]Workload
}

// Add enters a container at its start. header is a secret.
func (w *Workloads) Add(header string, workload Workload) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byHeader == nil {
		w.byHeader = map[string]Workload{}
	}
	w.byHeader[header] = workload
}

// Remove takes a container out at its end.
func (w *Workloads) Remove(header string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.byHeader, header)
}

// Get finds a container by its IDENTITY_HEADER.
func (w *Workloads) Get(header string) (Workload, bool) {
	w.mu.RLock()
	defer w.mu.RUnlock()
	workload, ok := w.byHeader[header]
	return workload, ok
}
