package provision

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/base32"
	"strconv"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/internal/steps"
)

func (p *Provisioner) registryStep(s *state) step {
	return step{
		kind: KindRegistry,
		name: func() string {
			switch {
			case s.registry != nil:
				return s.registry.Name
			case s.request.Names.Registry != "":
				return s.request.Names.Registry
			}
			return s.request.Names.RegistryPrefix + "…"
		},
		check: func(ctx context.Context) (steps.State, error) {
			err := p.findRegistry(ctx, s)
			return presence(s.registry != nil, err)
		},
		detail: func() string { return "in " + s.location },
		do: func(ctx context.Context) (err error) {
			name := s.request.Names.Registry
			if name == "" {
				name = newRegistryName(s.request.Names.RegistryPrefix, time.Now())
			}
			s.registry, err = p.o.Cloud.CreateRegistry(ctx, Registry{
				Name: name, Group: s.group.Name, Location: s.location, Tags: provisioned(),
			})
			if err != nil || s.request.Names.Registry != "" {
				return err
			}
			return p.oneRegistry(ctx, s)
		},
	}
}

// oneRegistry looks again for a registry after one was made under a name that no other run can know: another run may have
// made one at the same time. All take the oldest, by Azure's clock, and a run deletes its own if that is another's.
func (p *Provisioner) oneRegistry(ctx context.Context, s *state) error {
	made := s.registry
	if err := p.findRegistry(ctx, s); err != nil {
		return err
	}
	if s.registry == nil || strings.EqualFold(s.registry.ID, made.ID) {
		s.registry = made // the list may not have it yet
		return nil
	}
	return p.o.Cloud.DeleteRegistry(ctx, *made)
}

// newRegistryName makes a name that is free in all of Azure: the prefix, the time in seconds and four random characters,
// as Prefect's provisioner does.
func newRegistryName(prefix string, now time.Time) string {
	var random [4]byte
	rand.Read(random[:]) // it never fails
	tail := strings.ToLower(base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random[:]))
	return prefix + strconv.FormatInt(now.Unix(), 10) + tail[:4]
}

// server is the registry's host, as far as it is known.
func (s *state) server() string {
	if s.registry == nil {
		return cmp.Or(s.request.Names.Registry, s.request.Names.RegistryPrefix+"…")
	}
	return s.registry.LoginServer
}

// loginStep signs docker's configuration in to the registry, each time: nobody can see how long the last one is good for.
func (p *Provisioner) loginStep(s *state) step {
	return step{
		kind:  KindLogin,
		name:  s.server,
		check: func(context.Context) (steps.State, error) { return steps.Absent, nil },
		do:    func(ctx context.Context) error { return p.o.Cloud.Login(ctx, *s.registry) },
	}
}

func (p *Provisioner) namespaceStep(s *state) step {
	before := ""
	return step{
		kind: KindNamespace,
		name: s.server,
		check: func(context.Context) (steps.State, error) {
			before = p.o.Namespace()
			switch {
			case before == "":
				return steps.Absent, nil
			case s.registry == nil || before != s.registry.LoginServer:
				return steps.Different, nil
			}
			return steps.Present, nil
		},
		detail: func() string {
			if before == "" {
				return ""
			}
			return "instead of " + before
		},
		do: func(context.Context) error { return p.o.SetNamespace(s.registry.LoginServer) },
	}
}

func (p *Provisioner) identityStep(s *state) step {
	return step{
		kind: KindIdentity,
		name: func() string { return s.request.Names.Identity },
		check: func(ctx context.Context) (_ steps.State, err error) {
			s.identity = nil
			if s.group != nil {
				s.identity, err = p.o.Cloud.Identity(ctx, s.group.Name, s.request.Names.Identity)
			}
			return presence(s.identity != nil, err)
		},
		do: func(ctx context.Context) (err error) {
			// In the group's region, as az makes it; the registry may be elsewhere.
			s.identity, err = p.o.Cloud.CreateIdentity(ctx, Identity{
				Name: s.request.Names.Identity, Group: s.group.Name, Location: s.group.Location, Tags: provisioned(),
			})
			return err
		},
	}
}

func (p *Provisioner) pullStep(s *state) step {
	return step{
		kind: KindPull,
		name: func() string { return "AcrPull for " + s.request.Names.Identity },
		check: func(ctx context.Context) (steps.State, error) {
			if s.identity == nil || s.registry == nil {
				return steps.Absent, nil
			}
			return presence(p.o.Cloud.Granted(ctx, s.pull()))
		},
		do: func(ctx context.Context) error { return p.o.Cloud.Grant(ctx, s.pull()) },
	}
}

func (p *Provisioner) templateStep(s *state) step {
	return step{
		kind: KindTemplate,
		name: func() string { return s.pool },
		check: func(context.Context) (steps.State, error) {
			if s.complete() {
				return steps.Present, nil
			}
			return steps.Different, nil
		},
		detail: func() string { return "sets " + strings.Join(variables, ", ") },
		do:     func(context.Context) error { return s.fill() },
	}
}
