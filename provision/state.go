package provision

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/prefect"
)

// state is what is there, as far as the steps have looked, and what they have made. nil: not there.
type state struct {
	pool    string
	request Request
	// location is the region of what is created: the request's, else the group's, else the default.
	location string
	// regionChecked: container groups can be in the location, or that does not matter.
	regionChecked bool
	// roleOpen: nobody has said which role the application gets, so one that it has is kept.
	roleOpen bool

	group       *Group
	application *Application
	principal   *Principal
	registry    *Registry
	// registryGone: the registry of the pool's template is nowhere in the subscription.
	registryGone bool
	identity     *Identity

	credentials *credentials
	// secret is the one that was made in this run; its text goes into the credentials block.
	secret *access.Secret

	template *template
}

// credentials is the pool's credentials block. Only a refusal by the directory makes a secret bad; a sign-in that fails
// otherwise is an error, since a new secret would lock out whoever uses the old one:
//
//	none, incomplete, of another tenant, or its application is gone ─┬─▶ a new secret, and the block is saved ──▶ usable
//	sign-in refused, and the secret is no longer valid ──────────────┘
//	sign-in accepted, not tried, or refused for another reason ─────────────────────────────────────────────────▶ usable
type credentials struct {
	id       prefect.ID
	clientID string
	secret   prefect.SecretStr
	// Why the block cannot be used, in words; empty: it can.
	broken string
	// disabled: Entra refuses it because its application is disabled.
	disabled bool
}

// usable reports whether there is a credentials block that needs no new secret.
func (s *state) usable() bool { return s.credentials != nil && s.credentials.broken == "" }

// readBlock reads the pool's credentials block and decides whether it can be used. Prefect's provisioner takes any block of
// that name, even one whose application is gone.
func (p *Provisioner) readBlock(ctx context.Context, s *state) error {
	var block prefect.AzureContainerInstanceCredentials
	document, err := p.o.Prefect.LoadBlock(ctx, s.request.Names.CredentialsBlock, &block)
	if errors.Is(err, prefect.ErrNotFound) {
		s.credentials = nil
		return nil
	}
	if err != nil {
		return err
	}
	s.credentials = &credentials{id: document.ID, clientID: block.ClientID, secret: block.ClientSecret}
	switch {
	case block.ClientID == "" || block.TenantID == "" || block.ClientSecret == "":
		s.credentials.broken = "it names no application, or has no secret"
		return nil
	case uuid.Validate(block.ClientID) != nil || len(block.ClientID) != len(uuid.Nil.String()):
		s.credentials.broken = "its client id is not a GUID"
		return nil
	case !strings.EqualFold(block.TenantID, s.request.Tenant):
		s.credentials.broken = "its application is in another tenant"
		return nil
	}
	if s.application, err = p.o.Cloud.ApplicationByID(ctx, block.ClientID); err != nil {
		return err
	}
	if s.application == nil {
		s.credentials.broken = "its application " + block.ClientID + " is gone"
		return nil
	}
	if p.o.SignIn == nil {
		return nil
	}
	if err := p.o.SignIn(ctx, block.TenantID, block.ClientID, string(block.ClientSecret)); err != nil {
		if !refused(err) {
			return fmt.Errorf("trying the secret in credentials block %s: %w", s.request.Names.CredentialsBlock, err)
		}
		if s.secretDead(azure.Explain(err)) {
			s.credentials.broken = "its secret is not valid any more"
		}
		s.credentials.disabled = saysDisabled(err)
	}
	return nil
}

// findRegistry finds the registry: the one that the user named, that of the pool's template, or one of ours in the
// group. A stranger's registry that only begins with the prefix is never taken, though Prefect's provisioner does.
func (p *Provisioner) findRegistry(ctx context.Context, s *state) error {
	s.registry = nil
	all, err := p.o.Cloud.Registries(ctx)
	if err != nil {
		return err
	}
	names, named := s.request.Names, s.template.registry()
	fits := func(r Registry) bool {
		inGroup := strings.EqualFold(r.Group, names.ResourceGroup)
		if names.Registry != "" {
			return strings.EqualFold(r.Name, names.Registry)
		}
		ours := r.Tags[TagProvisioned] != "" && strings.HasPrefix(strings.ToLower(r.Name), strings.ToLower(names.RegistryPrefix))
		return inGroup && (ours || strings.EqualFold(r.LoginServer, named))
	}
	// The template's own comes first, so that a pool keeps its images; then the oldest one, so that runs at the same time
	// take the same.
	slices.SortFunc(all, func(a, b Registry) int {
		return cmp.Or(a.Created.Compare(b.Created), strings.Compare(a.Name, b.Name))
	})
	s.registryGone = named != "" && s.template.subscription() == s.request.Subscription &&
		!slices.ContainsFunc(all, func(r Registry) bool { return strings.EqualFold(r.LoginServer, named) })
	for _, r := range all {
		if fits(r) && (s.registry == nil || strings.EqualFold(r.LoginServer, named)) {
			s.registry = &r
		}
	}
	return nil
}

// role is the application's right in the resource group.
func (s *state) role() Grant { return s.request.Role.grant(s.principal.ObjectID, s.group.ID) }

// hasRole reports whether the application has that right, under any of its names.
func (p *Provisioner) hasRole(ctx context.Context, s *state) (bool, error) {
	for _, g := range s.request.Role.grants(s.principal.ObjectID, s.group.ID) {
		if has, err := p.o.Cloud.Granted(ctx, g); has || err != nil {
			return has, err
		}
	}
	return false, nil
}

// keepRole takes the least role for the requested one where nobody has asked for any and the application has that alone.
func (p *Provisioner) keepRole(ctx context.Context, s *state) (bool, error) {
	has, err := p.hasRole(ctx, s)
	if has || err != nil || !s.roleOpen {
		return has, err
	}
	asked := s.request.Role
	s.request.Role = RoleLeast
	if has, err = p.hasRole(ctx, s); !has || err != nil {
		s.request.Role = asked
	}
	return has, err
}

// revokeRole takes that right away, under all of its names.
func (p *Provisioner) revokeRole(ctx context.Context, s *state) error {
	for _, g := range s.request.Role.grants(s.principal.ObjectID, s.group.ID) {
		if err := p.o.Cloud.Revoke(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// pull is the identity's right to pull from the registry.
func (s *state) pull() Grant {
	return Grant{Principal: s.identity.PrincipalID, Role: access.AcrPull, Scope: s.registry.ID}
}
