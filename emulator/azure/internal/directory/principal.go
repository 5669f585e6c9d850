package directory

import (
	"strings"
	"time"

	"github.com/google/uuid"
)

// Principals are all service principals, sorted by id.
func (d *Directory) Principals() []Principal {
	d.mu.RLock()
	defer d.mu.RUnlock()
	return sorted(d.principals)
}

// Principal finds a service principal by its object id, in any case.
func (d *Directory) Principal(id string) (Principal, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	p, ok := d.principals[strings.ToLower(id)]
	return p, ok
}

// PrincipalOf finds a service principal by its client id, in any case.
func (d *Directory) PrincipalOf(appID string) (Principal, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	p, ok := d.principals[d.principalByAppID[strings.ToLower(appID)]]
	return p, ok
}

// AddPrincipal adds the service principal of p.AppID, with an id and a time of creation, unless that application has one.
func (d *Directory) AddPrincipal(p Principal) (added Principal, isNew bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if there, ok := d.principals[d.principalByAppID[strings.ToLower(p.AppID)]]; ok {
		return there, false
	}
	p.ID, p.Created = uuid.NewString(), time.Now().UTC()
	d.putPrincipal(p)
	return p, true
}

// ChangePrincipal alters a service principal as [Directory.Change] does an application.
func (d *Directory) ChangePrincipal(id string, change func(*Principal) error) (found bool, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p, ok := d.principals[strings.ToLower(id)]
	if !ok {
		return false, nil
	}
	if err := change(&p); err != nil {
		return true, err
	}
	d.putPrincipal(p)
	return true, nil
}

// DeletePrincipal removes a service principal and reports whether it was there. Its application stays.
func (d *Directory) DeletePrincipal(id string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.removePrincipal(strings.ToLower(id))
}

// Identity is the principal of a managed identity by its resource id, in any case; for a resource's own identity, by the
// id of that resource.
func (d *Directory) Identity(resourceID string) (Principal, bool) {
	d.mu.RLock()
	defer d.mu.RUnlock()
	p, ok := d.principals[d.byResource[strings.ToLower(resourceID)]]
	return p, ok
}

// AddIdentity adds the principal of a managed identity, with new ids, unless the resource has one.
func (d *Directory) AddIdentity(resourceID, name string, userAssigned bool) Principal {
	d.mu.Lock()
	defer d.mu.Unlock()
	if there, ok := d.principals[d.byResource[strings.ToLower(resourceID)]]; ok {
		return there
	}
	p := Principal{
		ID: uuid.NewString(), AppID: uuid.NewString(), DisplayName: name, ResourceID: resourceID, UserAssigned: userAssigned, Created: time.Now().UTC(),
	}
	d.putPrincipal(p)
	return p
}

// DeleteIdentity removes the principal of a managed identity and reports whether it was there.
func (d *Directory) DeleteIdentity(resourceID string) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.removePrincipal(d.byResource[strings.ToLower(resourceID)])
}

func (d *Directory) putPrincipal(p Principal) {
	id := strings.ToLower(p.ID)
	d.principals[id] = p
	d.principalByAppID[strings.ToLower(p.AppID)] = id
	if p.ResourceID != "" {
		d.byResource[strings.ToLower(p.ResourceID)] = id
	}
}

func (d *Directory) removePrincipal(id string) bool {
	p, ok := d.principals[id]
	if !ok {
		return false
	}
	delete(d.principals, id)
	delete(d.principalByAppID, strings.ToLower(p.AppID))
	delete(d.byResource, strings.ToLower(p.ResourceID))
	return true
}
