// Package directory is what the one tenant knows of applications and principals: registered applications with their
// credentials, their service principals, and the principals of managed identities. It is a table and no service:
// package graph serves it to clients, package entra signs its applications in, package rbac asks whether a principal
// is there, and packages identity and containers enter the principals of managed identities.
//
// What is new is there at once for those who ask for it by [Directory.Application] or [Directory.Principal], as in a
// session with Microsoft Graph. For others it takes the setting propagation.directory, as [Directory.Settled] says.
package directory

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Directory holds applications and principals. Make it with [New]; it is safe for concurrent use. All values that it
// takes and gives are copies whose slices and maps nobody changes.
type Directory struct {
	delay func() time.Duration

	mu           sync.RWMutex
	applications map[string]Application // by id
	principals   map[string]Principal   // by id
	// ids of applications and principals by application id, and of managed identities by resource id, all lower case.
	byAppID, principalByAppID, byResource map[string]string
	initial                               []entry
}

// entry is an application with its service principal that is there from the start.
type entry struct {
	application Application
	principal   Principal
}

// New returns an empty directory. delay is how long a new entry takes to be known everywhere; nil is not at all.
func New(delay func() time.Duration) *Directory {
	if delay == nil {
		delay = func() time.Duration { return 0 }
	}
	d := &Directory{delay: delay}
	d.clear()
	return d
}

// Application is a registered application.
type Application struct {
	// ID is the object's id, AppID the client id; both are GUIDs.
	ID, AppID   string
	DisplayName string
	// Audience is signInAudience, such as AzureADMyOrg.
	Audience       string
	IdentifierURIs []string
	Passwords      []Password
	Keys           []Key
	// Federated are the federated identity credentials, as Microsoft Graph shows them.
	Federated []map[string]any
	// More are the other properties, as Microsoft Graph got them.
	More map[string]any
	// Created is zero for what was there from the start.
	Created time.Time
}

// Principal is a service principal.
type Principal struct {
	// ID is the object's id, which role assignments name, AppID the client id.
	ID, AppID   string
	DisplayName string
	// ResourceID is that of the managed identity, or of the resource whose own identity it is; empty for an application.
	ResourceID string
	// UserAssigned says that ResourceID is a managed identity's own.
	UserAssigned bool
	// Disabled principals get no tokens.
	Disabled bool
	// Administrator may read and change the directory.
	Administrator bool
	Passwords     []Password
	Keys          []Key
	// More are the other properties, as Microsoft Graph got them.
	More    map[string]any
	Created time.Time
}

// Managed reports whether the principal is a managed identity's.
func (p Principal) Managed() bool { return p.ResourceID != "" }

// StartWith adds an application with its principal that is there from the start, and again after a reset.
func (d *Directory) StartWith(a Application, p Principal) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.initial = append(d.initial, entry{a, p})
	d.put(a)
	d.putPrincipal(p)
}

// Reset goes back to what was there from the start.
func (d *Directory) Reset() {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.clear()
	for _, e := range d.initial {
		d.put(e.application)
		d.putPrincipal(e.principal)
	}
}

// Settled reports whether something created at a time is known everywhere by now.
func (d *Directory) Settled(created time.Time) bool {
	return created.IsZero() || time.Since(created) >= d.delay()
}

func (d *Directory) clear() {
	d.applications, d.principals = map[string]Application{}, map[string]Principal{}
	d.byAppID, d.principalByAppID, d.byResource = map[string]string{}, map[string]string{}, map[string]string{}
}

// Applications are all applications, sorted by id.
func (d *Directory) Applications() []Application {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return sorted(d.applications)
}

// Application finds an application by its object id, in any case.
func (d *Directory) Application(id string) (Application, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a, ok := d.applications[strings.ToLower(id)]
	return a, ok
}

// ApplicationOf finds an application by its client id, in any case.
func (d *Directory) ApplicationOf(appID string) (Application, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	a, ok := d.applications[d.byAppID[strings.ToLower(appID)]]
	return a, ok
}

// Add registers an application and gives it its ids and its time of creation.
func (d *Directory) Add(a Application) Application {
	a.ID, a.AppID, a.Created = uuid.NewString(), uuid.NewString(), time.Now().UTC()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.put(a)
	return a
}

// Change alters an application in one step and reports whether it is there. change gets a copy, which must not keep the
// old slices and maps where it alters them; its error leaves everything as it was.
func (d *Directory) Change(id string, change func(*Application) error) (found bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.applications[strings.ToLower(id)]
	if !ok {
		return false, nil
	}
	if err := change(&a); err != nil {
		return true, err
	}
	d.put(a)
	return true, nil
}

// Delete removes an application and its service principal, and reports whether it was there.
func (d *Directory) Delete(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	a, ok := d.applications[strings.ToLower(id)]
	if !ok {
		return false
	}
	delete(d.applications, strings.ToLower(a.ID))
	delete(d.byAppID, strings.ToLower(a.AppID))
	d.removePrincipal(d.principalByAppID[strings.ToLower(a.AppID)])
	return true
}

func (d *Directory) put(a Application) {
	d.applications[strings.ToLower(a.ID)] = a
	d.byAppID[strings.ToLower(a.AppID)] = strings.ToLower(a.ID)
}

// sorted are a table's values by their key.
func sorted[T any](table map[string]T) []T {
	list := make([]T, 0, len(table))
	for _, key := range slices.Sorted(maps.Keys(table)) {
		list = append(list, table[key])
	}
	return list
}
