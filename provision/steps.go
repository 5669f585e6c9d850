package provision

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/steps"
	"github.com/pacific-aci/pacific/prefect"
)

// step is one step of the list. Its name is for people and may change as steps before it are done.
type step struct {
	kind Kind
	name func() string
	// check looks whether it is done; detail says why not, for a plan, and may be nil.
	check  func(context.Context) (steps.State, error)
	detail func() string
	// hint says what a person can do about what do cannot make; nil: there is nothing.
	hint func() string
	do   func(context.Context) error
}

func (s step) step() steps.Step {
	return steps.Step{
		Name:  string(s.kind),
		Check: s.check,
		Line:  s.name,
		Do:    func(ctx context.Context, _ func(string)) error { return s.do(ctx) },
	}
}

// presence is the state of what is either there or not.
func presence(there bool, err error) (steps.State, error) {
	if there {
		return steps.Present, err
	}
	return steps.Absent, err
}

// steps are all steps, in the order of Prefect's provisioner. Each is done if its check does not find it:
//
//	step         is there if                                         rests on
//	group        it exists; its region counts unless one is given
//	application  the block names one that exists, or the name does
//	secret       the block can be used                               application
//	credentials  the block can be used; else the block is saved      secret
//	principal    the application has one                             application
//	role         it is assigned, under any of its names              principal, group
//	registry     findRegistry finds one                              group
//	login        never: docker's sign-in runs out unseen             registry
//	namespace    it is the registry                                  registry
//	identity     it is in the group                                  group
//	pull         AcrPull is assigned                                 identity, registry
//	template     all of its defaults are set                         all others
//
// A check says absent where what its step rests on is missing: a plan is made before anything is.
func (p *Provisioner) steps(s *state) []step {
	list := []step{
		p.groupStep(s), p.applicationStep(s), p.secretStep(s), p.credentialsStep(s), p.principalStep(s), p.roleStep(s), p.registryStep(s),
	}
	if !s.request.SkipLogin {
		list = append(list, p.loginStep(s))
		if p.o.SetNamespace != nil {
			list = append(list, p.namespaceStep(s))
		}
	}
	return append(list, p.identityStep(s), p.pullStep(s), p.templateStep(s))
}

func (p *Provisioner) groupStep(s *state) step {
	return step{
		kind: KindGroup,
		name: func() string { return s.request.Names.ResourceGroup },
		check: func(ctx context.Context) (_ steps.State, err error) {
			if s.group, err = p.o.Cloud.Group(ctx, s.request.Names.ResourceGroup); err != nil {
				return steps.Absent, err
			}
			s.location = cmp.Or(s.request.Location, s.request.DefaultLocation, DefaultLocation)
			if s.group != nil {
				if named := s.request.Location; named != "" && !s.regionChecked && RegionName(named) != RegionName(s.group.Location) {
					return steps.Absent, &ElsewhereError{Group: s.group.Name, Location: s.group.Location, Asked: named}
				}
				s.location = s.group.Location
			}
			if err = p.checkRegion(ctx, s); err != nil {
				return steps.Absent, err
			}
			return presence(s.group != nil, nil)
		},
		detail: func() string { return "in " + s.location },
		do: func(ctx context.Context) (err error) {
			s.group, err = p.o.Cloud.CreateGroup(ctx, Group{
				Name: s.request.Names.ResourceGroup, Location: s.location, Tags: provisioned(),
			})
			return err
		},
	}
}

// provisioned are the tags of what the provisioner makes.
func provisioned() map[string]string { return map[string]string{TagProvisioned: "push-pool"} }

// applicationStep takes the application of the credentials block where that still works, else the one of the name.
func (p *Provisioner) applicationStep(s *state) step {
	return step{
		kind: KindApplication,
		name: s.applicationName,
		check: func(ctx context.Context) (steps.State, error) {
			s.application = nil
			err := p.readBlock(ctx, s)
			if err == nil && s.application == nil {
				s.application, err = p.o.Cloud.Application(ctx, s.request.Names.Application)
			}
			return presence(s.application != nil, err)
		},
		do: func(ctx context.Context) (err error) {
			s.application, err = p.o.Cloud.CreateApplication(ctx, s.request.Names.Application)
			return err
		},
	}
}

func (s *state) applicationName() string {
	if s.application != nil {
		return s.application.Name
	}
	return s.request.Names.Application
}

// secretStep makes a secret where the credentials block has none that works. It is named like the block, so that a run
// that was stopped before the block was saved leaves nothing behind: the next one replaces it.
func (p *Provisioner) secretStep(s *state) step {
	return step{
		kind:  KindSecret,
		name:  func() string { return s.request.Names.CredentialsBlock },
		check: func(context.Context) (steps.State, error) { return presence(s.usable(), nil) },
		do: func(ctx context.Context) error {
			made, err := p.o.Cloud.CreateSecret(ctx, *s.application, s.request.Names.CredentialsBlock, s.request.SecretLifetime)
			if err == nil {
				s.secret = &made
			}
			return err
		},
	}
}

func (p *Provisioner) credentialsStep(s *state) step {
	return step{
		kind: KindCredentials,
		name: func() string { return s.request.Names.CredentialsBlock },
		check: func(context.Context) (steps.State, error) {
			if s.credentials != nil && !s.usable() {
				return steps.Different, nil
			}
			return presence(s.usable(), nil)
		},
		detail: func() string {
			if s.credentials != nil {
				return s.credentials.broken
			}
			return ""
		},
		do: func(ctx context.Context) error {
			err := p.saveBlock(ctx, s, s.credentials != nil)
			if !errors.Is(err, prefect.ErrConflict) {
				return err
			}
			// Another run has saved the block since. Its secret works unless the secret of this run has replaced it.
			if kept, err := p.keepsOther(ctx, s); kept || err != nil {
				return err
			}
			return p.saveBlock(ctx, s, true)
		},
	}
}

// saveBlock saves the credentials block with the secret of this run. Without overwrite a block that has appeared since is
// prefect.ErrConflict.
func (p *Provisioner) saveBlock(ctx context.Context, s *state, overwrite bool) error {
	document, err := p.o.Prefect.SaveBlock(ctx, s.request.Names.CredentialsBlock, &prefect.AzureContainerInstanceCredentials{
		ClientID: s.application.ClientID, TenantID: s.request.Tenant, ClientSecret: prefect.SecretStr(s.secret.Text),
	}, prefect.SaveBlockOptions{Overwrite: overwrite})
	if err == nil {
		s.credentials = &credentials{id: document.ID, clientID: s.application.ClientID, secret: prefect.SecretStr(s.secret.Text)}
	}
	return err
}

// keepsOther reads the credentials block that another run saved meanwhile. If the directory lists its secret, it stays, and
// the secret of this run goes; both were made at the same time then. Else the secret of this run has taken its place.
func (p *Provisioner) keepsOther(ctx context.Context, s *state) (bool, error) {
	var block prefect.AzureContainerInstanceCredentials
	document, err := p.o.Prefect.LoadBlock(ctx, s.request.Names.CredentialsBlock, &block)
	if err != nil || !strings.EqualFold(block.ClientID, s.application.ClientID) {
		return false, err
	}
	now, err := p.o.Cloud.ApplicationByID(ctx, s.application.ClientID)
	if err != nil || now == nil {
		return false, err
	}
	listed := func(text string) int {
		return slices.IndexFunc(now.Secrets, func(i access.SecretInfo) bool {
			return i.DisplayName == s.request.Names.CredentialsBlock && i.Hint != "" && strings.HasPrefix(text, i.Hint)
		})
	}
	theirs, mine := listed(string(block.ClientSecret)), listed(s.secret.Text)
	if theirs < 0 {
		return false, nil
	}
	if mine >= 0 && mine != theirs {
		if err := p.o.Cloud.DeleteSecret(ctx, *now, now.Secrets[mine]); err != nil {
			return false, err
		}
	}
	s.application, s.secret = now, nil
	s.credentials = &credentials{id: document.ID, clientID: block.ClientID, secret: block.ClientSecret}
	return true, nil
}

func (p *Provisioner) principalStep(s *state) step {
	return step{
		kind: KindPrincipal,
		name: s.applicationName,
		check: func(ctx context.Context) (_ steps.State, err error) {
			s.principal = nil
			if s.application != nil {
				s.principal, err = p.o.Cloud.Principal(ctx, s.application.ClientID)
			}
			if err == nil && s.disabled() != nil {
				return steps.Different, nil
			}
			return presence(s.principal != nil, err)
		},
		detail: func() string {
			if s.disabled() != nil {
				return "it is disabled"
			}
			return ""
		},
		hint: func() string {
			if e := s.disabled(); e != nil {
				return e.Hint()
			}
			return ""
		},
		do: func(ctx context.Context) (err error) {
			if err := s.disabled(); err != nil {
				return err
			}
			s.roleOpen = false // it has none to keep
			s.principal, err = p.o.Cloud.CreatePrincipal(ctx, s.application.ClientID)
			return err
		},
	}
}

func (p *Provisioner) roleStep(s *state) step {
	return step{
		kind: KindRole,
		name: func() string { return s.request.Role.grant("", s.request.groupID()).RoleName() },
		check: func(ctx context.Context) (steps.State, error) {
			if s.principal == nil || s.group == nil {
				return steps.Absent, nil
			}
			return presence(p.keepRole(ctx, s))
		},
		do: func(ctx context.Context) error { return p.o.Cloud.Grant(ctx, s.role()) },
	}
}
