package bootstrap

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pacific-aci/pacific/azure"
	"github.com/pacific-aci/pacific/internal/steps"
)

// steps are all steps. A check says absent where what its step rests on is missing: a plan is made before anything is.
//
//	step           is there if
//	group          it exists; then the template is evaluated for its region
//	providers      all of the template's are registered
//	deleted vault  no deleted vault holds the name of one of the template's
//	deployment     the last one succeeded, was the same, and all that it made is there
//	worker         its container runs; a template of the caller's has no such step
func (b *Bootstrapper) steps(s *state) []steps.Step {
	list := []steps.Step{b.groupStep(s), b.providersStep(s), b.deletedStep(s), b.deploymentStep(s)}
	if s.request.ours() && s.request.Image != "" {
		list = append(list, b.workerStep(s))
	}
	return list
}

// regionName is a region as Azure's ids spell it: "West Europe" is westeurope.
func regionName(text string) string { return strings.ToLower(strings.ReplaceAll(text, " ", "")) }

func (b *Bootstrapper) groupStep(s *state) steps.Step {
	return steps.Step{
		Name: string(KindGroup),
		Line: func() string { return s.request.ResourceGroup },
		Check: func(ctx context.Context) (state steps.State, err error) {
			if s.group, err = b.client.group(ctx, s.request.ResourceGroup); err != nil {
				return steps.Absent, err
			}
			s.location, state = cmp.Or(regionName(s.request.Location), regionName(s.request.DefaultLocation)), steps.Absent
			if s.group != nil {
				if asked := regionName(s.request.Location); asked != "" && asked != regionName(s.group.location) {
					return steps.Absent, &ElsewhereError{Group: s.group.name, Location: s.group.location, Asked: asked}
				}
				s.location, state = regionName(s.group.location), steps.Present
			}
			if err := b.chooseVault(ctx, s); err != nil {
				return steps.Absent, err
			}
			if err := s.evaluate(ctx); err != nil {
				return steps.Absent, err
			}
			if err := s.checkAny(); err != nil {
				return steps.Absent, err
			}
			err = b.look(ctx, s)
			s.looked = err == nil
			return state, err
		},
		Do: func(ctx context.Context, _ func(string)) error {
			s.looked = false
			made := group{name: s.request.ResourceGroup, location: s.location, tags: map[string]string{TagEnvironment: s.request.NamePrefix}}
			if err := b.client.createGroup(ctx, made); err != nil {
				return err
			}
			s.group = &made
			return nil
		},
	}
}

// providersStep registers what a subscription that is new to these services has not used yet. Azure registers some of them
// by itself for a deployment, but not for who lacks the right, and not before the first failure.
func (b *Bootstrapper) providersStep(s *state) steps.Step {
	return steps.Step{
		Name: string(KindProviders),
		Line: func() string { return strings.Join(s.missing, ", ") },
		Check: func(ctx context.Context) (steps.State, error) {
			s.missing = nil
			for _, namespace := range s.namespaces() {
				provider, err := b.provider(ctx, s, namespace)
				if err != nil {
					return steps.Absent, err
				}
				if err := s.checkRegion(provider); err != nil {
					return steps.Absent, err
				}
				if provider != nil && !provider.Registered() {
					s.missing = append(s.missing, namespace)
				}
			}
			if len(s.missing) > 0 {
				return steps.Absent, nil
			}
			return steps.Present, nil
		},
		Do: func(ctx context.Context, note func(string)) error {
			s.looked = false
			for _, namespace := range s.missing {
				err := b.client.repeat(ctx, namespace, func(ctx context.Context) error {
					return b.o.Cloud.RegisterProvider(ctx, s.request.Subscription, namespace)
				})
				if err != nil {
					return err
				}
			}
			for _, namespace := range s.missing {
				if err := b.awaitProvider(ctx, s, namespace, note); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// registerLimit is how long Azure may take to register a resource provider; it takes minutes.
const registerLimit = 15 * time.Minute

// awaitProvider waits until a resource provider is registered.
func (b *Bootstrapper) awaitProvider(ctx context.Context, s *state, namespace string, note func(string)) error {
	said, began := "", time.Now()
	for pause := firstPause; ; pause = next(pause) {
		provider, err := b.provider(ctx, s, namespace)
		if err != nil {
			return err
		}
		if provider == nil || provider.Registered() {
			return nil
		}
		if time.Since(began) >= registerLimit {
			return &WaitError{For: "the registration of " + namespace, State: provider.RegistrationState, Limit: registerLimit}
		}
		if provider.RegistrationState != said {
			said = provider.RegistrationState
			note(fmt.Sprintf("waiting for %s to be registered: %s", namespace, said))
		}
		if err := azure.Sleep(ctx, pause); err != nil {
			return fmt.Errorf("waiting for %s to be registered: %w", namespace, err)
		}
	}
}

// provider reads a resource provider; nil for who may not read it, who may deploy all the same: the deployment will say.
func (b *Bootstrapper) provider(ctx context.Context, s *state, namespace string) (*azure.Provider, error) {
	var provider azure.Provider
	err := b.client.repeat(ctx, namespace, func(ctx context.Context) (err error) {
		provider, err = b.o.Cloud.Provider(ctx, s.request.Subscription, namespace)
		return err
	})
	if e := azure.Explain(err); e != nil && e.Class == azure.ClassAuthorisation {
		return nil, nil
	}
	return &provider, err
}

// checkRegion refuses the region of a resource group that is to be made if one of the provider's resources cannot be there.
// Azure would say so of the group, or in the middle of the deployment. A provider that may not be read is nil.
func (s *state) checkRegion(provider *azure.Provider) error {
	if provider == nil || s.group != nil {
		return nil
	}
	for _, r := range s.resources {
		namespace, kind, _ := strings.Cut(r.kindOfAzure, "/")
		if place, _ := r.body["location"].(string); !strings.EqualFold(namespace, provider.Namespace) || regionName(place) != s.location {
			continue
		}
		var known []string
		for _, name := range provider.Locations[kind] {
			known = append(known, regionName(name))
		}
		if len(known) > 0 && !slices.Contains(known, s.location) {
			return &LocationError{Kind: r.kind, Location: s.location, Known: known}
		}
	}
	return nil
}

// namespaces are the resource providers of the template's resources.
func (s *state) namespaces() []string {
	var all []string
	for _, r := range s.resources {
		namespace, _, _ := strings.Cut(r.kindOfAzure, "/")
		if !slices.ContainsFunc(all, func(one string) bool { return strings.EqualFold(one, namespace) }) {
			all = append(all, namespace)
		}
	}
	slices.Sort(all)
	return all
}

// The pauses between two looks at what Azure is doing: short at first, because a local Azure is done at once.
const (
	firstPause = 200 * time.Millisecond
	mostPause  = 5 * time.Second
)

func next(pause time.Duration) time.Duration { return min(pause*3/2, mostPause) }
