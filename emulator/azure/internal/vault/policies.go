package vault

import (
	"net/http"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// accessPolicy is what a vault without roles lets one principal do.
type accessPolicy struct {
	TenantID      string      `json:"tenantId"`
	ObjectID      string      `json:"objectId"`
	ApplicationID string      `json:"applicationId,omitempty"`
	Permissions   permissions `json:"permissions"`
}

// permissions are words by what they are for; nil lists are left out, as they were given.
type permissions struct {
	Keys         []string `json:"keys,omitzero"`
	Secrets      []string `json:"secrets,omitzero"`
	Certificates []string `json:"certificates,omitzero"`
	Storage      []string `json:"storage,omitzero"`
}

// The permissions on secrets. allPermissions stands for each of them but the purge, which has to be named.
const (
	allPermissions = "all"
	purgeWord      = "purge"
)

// maxPolicies is Azure's limit for a vault.
const maxPolicies = 1024

var secretPermissions = []string{allPermissions, "get", "list", "set", "delete", "backup", "restore", "recover", purgeWord}

// checkedPolicies are policies as a client gave them, found valid.
func checkedPolicies(policies []accessPolicy, tenant string) ([]accessPolicy, error) {
	if len(policies) > maxPolicies {
		return nil, invalid("The number of access policies %d exceeds the maximum allowed %d.", len(policies), maxPolicies)
	}
	seen := map[string]bool{}
	policies = slices.Clone(policies)
	for i, p := range policies {
		switch {
		case !arm.IsGUID(p.ObjectID):
			return nil, invalid("An invalid value was provided for 'accessPolicies': the objectId '%s' is not a GUID.", p.ObjectID)
		case !strings.EqualFold(p.TenantID, tenant):
			return nil, invalid("An invalid value was provided for 'accessPolicies': the tenantId '%s' is not the vault's.", p.TenantID)
		case p.ApplicationID != "" && !arm.IsGUID(p.ApplicationID):
			return nil, invalid("An invalid value was provided for 'accessPolicies': the applicationId '%s' is not a GUID.", p.ApplicationID)
		case seen[p.key()]:
			return nil, invalid("An invalid value was provided for 'accessPolicies': the objectId '%s' is there twice.", p.ObjectID)
		}
		seen[p.key()] = true
		var words []string
		for _, word := range p.Permissions.Secrets {
			known, ok := arm.OneOf(word, secretPermissions...)
			if !ok {
				return nil, invalid("An invalid value was provided for 'accessPolicies': '%s' is not a permission on secrets.", word)
			}
			words = append(words, known)
		}
		policies[i].Permissions.Secrets = words
	}
	return policies, nil
}

// key is what no two policies of a vault share.
func (p accessPolicy) key() string { return strings.ToLower(p.ObjectID + "/" + p.ApplicationID) }

// permits reports whether the vault's access policies let a principal do something with secrets. Policies for a client
// that acts on behalf of a principal do not count: nobody does so here.
func (set settings) permits(p *arm.Principal, permission string) bool {
	for _, policy := range set.policies {
		if policy.ApplicationID != "" || !strings.EqualFold(policy.ObjectID, p.ObjectID) {
			continue
		}
		_, named := arm.OneOf(permission, policy.Permissions.Secrets...)
		_, all := arm.OneOf(allPermissions, policy.Permissions.Secrets...)
		if named || all && permission != purgeWord {
			return true
		}
	}
	return false
}

// changePolicies adds, replaces or removes access policies.
func (s *Service) changePolicies(r *arm.Request) (*arm.Response, error) {
	kind, ok := arm.OneOf(r.Params["operationKind"], "add", "replace", "remove")
	if !ok {
		return nil, invalid("The operation '%s' is invalid. The value must be 'add', 'replace' or 'remove'.", r.Params["operationKind"])
	}
	var body struct {
		Properties struct {
			AccessPolicies []accessPolicy `json:"accessPolicies"`
		} `json:"properties"`
	}
	if err := r.Decode(&body); err != nil {
		return nil, err
	}
	given, err := checkedPolicies(body.Properties.AccessPolicies, s.core.TenantID())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	v, _, err := s.find(r.ResourceID())
	if err != nil {
		return nil, err
	}
	next := given
	if kind != "replace" {
		next = merged(v.settings.policies, given, kind == "remove")
	}
	if len(next) > maxPolicies {
		return nil, invalid("The number of access policies %d exceeds the maximum allowed %d.", len(next), maxPolicies)
	}
	v.settings.policies = next
	v.settings.touch(r)
	type properties struct {
		AccessPolicies []accessPolicy `json:"accessPolicies"`
	}
	return &arm.Response{Status: http.StatusOK, Body: struct {
		ID         string     `json:"id"`
		Type       string     `json:"type"`
		Properties properties `json:"properties"`
	}{v.id.String() + "/accessPolicies/", vaultType + "/accessPolicies", properties{append([]accessPolicy{}, next...)}}}, nil
}

// merged adds permissions to those that are there or, with remove, takes them away. A policy without any goes.
func merged(there, given []accessPolicy, remove bool) []accessPolicy {
	next := slices.Clone(there)
	for _, p := range given {
		i := slices.IndexFunc(next, func(old accessPolicy) bool { return old.key() == p.key() })
		switch {
		case i < 0 && !remove:
			next = append(next, p)
		case i >= 0:
			next[i].Permissions = next[i].Permissions.merged(p.Permissions, remove)
		}
	}
	return slices.DeleteFunc(next, func(p accessPolicy) bool {
		w := p.Permissions
		return remove && len(w.Keys)+len(w.Secrets)+len(w.Certificates)+len(w.Storage) == 0
	})
}

func (w permissions) merged(given permissions, remove bool) permissions {
	return permissions{
		Keys: mergedWords(w.Keys, given.Keys, remove), Secrets: mergedWords(w.Secrets, given.Secrets, remove),
		Certificates: mergedWords(w.Certificates, given.Certificates, remove), Storage: mergedWords(w.Storage, given.Storage, remove),
	}
}

func mergedWords(there, given []string, remove bool) []string {
	if remove {
		return slices.DeleteFunc(slices.Clone(there), func(word string) bool { _, ok := arm.OneOf(word, given...); return ok })
	}
	for _, word := range given {
		if _, ok := arm.OneOf(word, there...); !ok {
			there = append(slices.Clip(there), word)
		}
	}
	return there
}
