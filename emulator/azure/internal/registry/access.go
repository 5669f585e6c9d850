package registry

import (
	"context"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// A caller is who wants something of a registry's host; the zero value is anonymous.
type caller struct {
	// admin is the registry's own admin user.
	admin     bool
	principal *arm.Principal
}

// Actions of scopes, as tokens name them.
const (
	actionPull          = "pull"
	actionPush          = "push"
	actionDelete        = "delete"
	actionMetadataRead  = "metadata_read"
	actionMetadataWrite = "metadata_write"
	actionAll           = "*"
)

// rights are the RBAC actions that a scope's action needs.
var rights = map[string][]string{
	actionPull:          {pullRight},
	actionMetadataRead:  {pullRight},
	actionPush:          {pushRight},
	actionMetadataWrite: {pushRight},
	actionDelete:        {deleteRight},
	actionAll:           {pullRight, pushRight, deleteRight},
}

const (
	pullRight   = registryType + "/pull/read"
	pushRight   = registryType + "/push/write"
	deleteRight = registryType + "/artifacts/delete"
)

// access is what a token grants, or a request needs: actions on one thing.
type access struct {
	// Type is repository or registry, Name a repository's or catalog.
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

// parseScope reads TYPE:NAME:ACTION,ACTION…; a name may have a colon in it.
func parseScope(scope string) (access, bool) {
	kind, rest, ok := strings.Cut(scope, ":")
	end := strings.LastIndexByte(rest, ':')
	if !ok || end <= 0 || kind != "repository" && kind != "registry" {
		return access{}, false
	}
	return access{Type: kind, Name: rest[:end], Actions: strings.Split(rest[end+1:], ",")}, true
}

// String is the access as a scope.
func (a access) String() string { return a.Type + ":" + a.Name + ":" + strings.Join(a.Actions, ",") }

// covers reports whether the grants allow all that is needed.
func covers(grants []access, need access) bool {
	return !slices.ContainsFunc(need.Actions, func(action string) bool {
		return !slices.ContainsFunc(grants, func(g access) bool {
			return g.Type == need.Type && g.Name == need.Name && (slices.Contains(g.Actions, action) || slices.Contains(g.Actions, actionAll))
		})
	})
}

// granted is what a caller gets of what is asked for: the allowed actions, and nothing where none is.
func (s *Service) granted(ctx context.Context, reg *registry, who caller, asked []access) []access {
	list := []access{}
	for _, want := range asked {
		got := access{Type: want.Type, Name: want.Name}
		for _, action := range want.Actions {
			if s.may(ctx, reg, who, want.Type, action) {
				got.Actions = append(got.Actions, action)
			}
		}
		if len(got.Actions) > 0 {
			list = append(list, got)
		}
	}
	return list
}

// may decides one action. Rights are for a whole registry: repositories have none of their own.
func (s *Service) may(ctx context.Context, reg *registry, who caller, kind, action string) bool {
	needed := rights[action]
	if kind == "registry" { // the catalog is there to be read
		needed = []string{pullRight}
	}
	switch {
	case needed == nil:
		return false
	case who.admin:
		return true
	case who.principal == nil:
		return reg.anonymousPull() && kind == "repository" && (action == actionPull || action == actionMetadataRead)
	}
	return !slices.ContainsFunc(needed, func(right string) bool { return !s.has(ctx, reg, who.principal, right) })
}

func (s *Service) has(ctx context.Context, reg *registry, p *arm.Principal, right string) bool {
	return s.core.Allowed(ctx, arm.Access{Principal: p, Action: right, Scope: reg.id}) == nil
}

// mayEnter reports whether a principal has a right to images here at all; without one it gets no token.
func (s *Service) mayEnter(ctx context.Context, reg *registry, p *arm.Principal) bool {
	return s.has(ctx, reg, p, pullRight) || s.has(ctx, reg, p, pushRight) || s.has(ctx, reg, p, deleteRight)
}

func (reg *registry) anonymousPull() bool {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	return reg.settings.anonymous
}

func (reg *registry) armTokens() bool {
	reg.mu.Lock()
	defer reg.mu.Unlock()
	return reg.settings.policies.ARMTokens.Status == enabled
}
