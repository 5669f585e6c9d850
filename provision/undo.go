package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pacific-aci/pacific/access"
	"github.com/pacific-aci/pacific/internal/steps"
	"github.com/pacific-aci/pacific/prefect"
)

// undo decides for each kind of thing whether it is deleted. In doubt it stays: a thing that is left costs little, one that
// another pool needs stops its runs. Each thing goes only if it is ours, and nobody else is known to use it:
//
//	thing                         ours if                                         and not
//	group                         it has TagProvisioned                           used by another pool; something else in it
//	application, principal, role  Pacific made it                                 another secret, certificate or federation
//	secret, credentials           the application has the secret of their name    the block used by another pool
//	registry, identity            they have TagProvisioned                        used by another pool
//	sign-in, namespace            they are those of the registry                  the registry stays
//	AcrPull                       always                                          the identity stays
type undo struct {
	p       *Provisioner
	s       *state
	others  []otherPool
	inGroup []GroupResource
	// server is the host of the pool's registry, which the template does not name any more when the others are undone.
	server string
	// federated are the application's federated credentials.
	federated []string
}

// observe reads what others use and have put there.
func (u *undo) observe(ctx context.Context) (err error) {
	u.server = u.s.knownServer()
	if u.others, err = u.p.otherPools(ctx, u.s); err != nil {
		return err
	}
	if err := u.lookInGroup(ctx); err != nil {
		return err
	}
	return u.lookAtApplication(ctx)
}

func (u *undo) lookInGroup(ctx context.Context) (err error) {
	if u.s.group != nil {
		u.inGroup, err = u.p.o.Cloud.GroupResources(ctx, u.s.group.Name)
	}
	return err
}

func (u *undo) lookAtApplication(ctx context.Context) (err error) {
	if u.s.application != nil {
		u.federated, err = u.p.o.Cloud.FederatedCredentials(ctx, *u.s.application)
	}
	return err
}

// checkAndDelete decides anew, right before something is deleted, and deletes it: much can have happened since somebody was shown
// the plan.
func (u *undo) checkAndDelete(ctx context.Context, kind Kind) (err error) {
	if kind != KindTemplate {
		if u.others, err = u.p.otherPools(ctx, u.s); err != nil {
			return err
		}
	}
	switch kind {
	case KindGroup:
		err = u.lookInGroup(ctx)
	case KindApplication:
		var now *Application
		if now, err = u.p.o.Cloud.ApplicationByID(ctx, u.s.application.ClientID); err != nil || now == nil {
			return err
		}
		u.s.application = now
		err = u.lookAtApplication(ctx)
	}
	if err != nil {
		return err
	}
	do, why := u.of(kind)
	if do == nil {
		return &steps.KeepError{Reason: why}
	}
	return do(ctx)
}

// of returns how a thing is deleted, or nil and why it stays.
func (u *undo) of(kind Kind) (do func(context.Context) error, why string) {
	cloud, s := u.p.o.Cloud, u.s
	switch kind {
	case KindGroup:
		return u.group()
	case KindApplication, KindPrincipal, KindRole:
		return u.application(kind)
	case KindSecret:
		if why := u.blockUse(); why != "" {
			return nil, "its credentials block stays: " + why
		}
		return func(ctx context.Context) error {
			return cloud.DeleteSecret(ctx, *s.application, access.SecretInfo{DisplayName: s.request.Names.CredentialsBlock})
		}, ""
	case KindCredentials:
		return u.credentials()
	case KindRegistry:
		return u.registry()
	case KindLogin, KindNamespace:
		return u.onMachine(kind)
	case KindIdentity:
		return u.identity()
	case KindPull:
		// It goes with the registry or the identity.
		if do, why := u.identity(); do == nil {
			return nil, why
		}
		return func(ctx context.Context) error { return cloud.Revoke(ctx, s.pull()) }, ""
	case KindTemplate:
		return func(context.Context) error { return s.template.clear() }, ""
	}
	return nil, "it is not Pacific's to delete"
}

// credentials decides for the credentials block. A block has no mark: it is ours if the application that it names has the
// secret that is named after it.
func (u *undo) credentials() (func(context.Context) error, string) {
	s := u.s
	if why := u.blockUse(); why != "" {
		return nil, why
	}
	if s.credentials != nil && (!s.hasSecret() || !strings.EqualFold(s.credentials.clientID, s.application.ClientID)) {
		return nil, "Pacific did not make its secret"
	}
	return func(ctx context.Context) error { return u.p.o.Prefect.DeleteBlockDocument(ctx, s.blockID()) }, ""
}

// blockUse says which other pool uses the credentials block; empty: none. A pool of which not all is known may use it.
func (u *undo) blockUse() string {
	if u.s.credentials == nil {
		return ""
	}
	return u.use(either(is(string(u.s.blockID())), is(u.s.request.Names.CredentialsBlock)))
}

// hasSecret reports whether the application has the secret of this pool.
func (s *state) hasSecret() bool {
	return s.application != nil && slices.ContainsFunc(s.application.Secrets, func(i access.SecretInfo) bool {
		return i.DisplayName == s.request.Names.CredentialsBlock
	})
}

func (s *state) blockID() prefect.ID {
	if s.credentials == nil {
		return ""
	}
	return s.credentials.id
}

// application decides for the application, and for its service principal and role, which go with it.
func (u *undo) application(kind Kind) (func(context.Context) error, string) {
	s := u.s
	if s.application == nil {
		return nil, DetailAbsent
	}
	if why := u.applicationStays(); why != "" {
		return nil, why
	}
	switch kind {
	case KindRole:
		return func(ctx context.Context) error { return u.p.revokeRole(ctx, s) }, ""
	case KindPrincipal:
		return func(context.Context) error { return nil }, "" // Entra deletes it with its application
	}
	return func(ctx context.Context) error { return u.p.o.Cloud.DeleteApplication(ctx, *s.application) }, ""
}

// applicationStays says why the application is not deleted; empty: it is. It goes with its secrets and its service
// principal, so nobody else may sign in with it.
func (u *undo) applicationStays() string {
	app := u.s.application
	if !app.Provisioned {
		return "Pacific did not make it"
	}
	for _, secret := range app.Secrets {
		if secret.DisplayName != u.s.request.Names.CredentialsBlock {
			return "the application has another secret, " + secretName(secret)
		}
	}
	if len(app.Certificates) > 0 {
		return "the application has a certificate, " + secretName(app.Certificates[0])
	}
	if len(u.federated) > 0 {
		return fmt.Sprintf("the application has a federated credential, %q", u.federated[0])
	}
	if why := u.blockUse(); why != "" {
		return "its credentials block stays: " + why
	}
	return u.use(is(app.ClientID))
}

// secretName names a secret or certificate, which need not have a name.
func secretName(s access.SecretInfo) string {
	if s.DisplayName == "" {
		return s.KeyID
	}
	return fmt.Sprintf("%q", s.DisplayName)
}

func (u *undo) registry() (func(context.Context) error, string) {
	r := u.s.registry
	switch {
	case r == nil:
		return nil, DetailAbsent
	case r.Tags[TagProvisioned] == "":
		return nil, "Pacific did not make it"
	}
	if why := u.use(either(holds(r.LoginServer), holds(r.ID))); why != "" {
		return nil, why
	}
	return func(ctx context.Context) error { return u.p.o.Cloud.DeleteRegistry(ctx, *r) }, ""
}

// onMachine decides for docker's sign-in and the namespace: they go with the registry, and if it is gone already.
func (u *undo) onMachine(kind Kind) (func(context.Context) error, string) {
	server := u.server
	if kind == KindNamespace && u.p.o.Namespace() != server {
		return nil, "it is not the registry of this pool"
	}
	if do, why := u.registry(); do == nil && !u.s.registryGone {
		return nil, why
	}
	if kind == KindLogin {
		return func(ctx context.Context) error { return u.p.o.SignOut(ctx, server) }, ""
	}
	return func(context.Context) error { return u.p.o.SetNamespace("") }, ""
}

// signedIn reports whether docker has a sign-in of ours to the pool's registry.
func (p *Provisioner) signedIn(ctx context.Context, s *state) (bool, error) {
	server := s.knownServer()
	if server == "" {
		return false, nil
	}
	return p.o.SignedIn(ctx, server)
}

// knownServer is the host of the pool's registry, or of the one that its template names and that is gone; empty for none.
func (s *state) knownServer() string {
	if s.registry != nil {
		return s.registry.LoginServer
	}
	return s.template.registry()
}

func (u *undo) identity() (func(context.Context) error, string) {
	i := u.s.identity
	switch {
	case i == nil:
		return nil, DetailAbsent
	case i.Tags[TagProvisioned] == "":
		return nil, "Pacific did not make it"
	}
	if why := u.use(either(holds(i.ID), is(i.PrincipalID))); why != "" {
		return nil, why
	}
	return func(ctx context.Context) error { return u.p.o.Cloud.DeleteIdentity(ctx, *i) }, ""
}

// group goes only if Pacific made it and nothing is left in it but what goes too.
func (u *undo) group() (func(context.Context) error, string) {
	g := u.s.group
	switch {
	case g == nil:
		return nil, DetailAbsent
	case g.Tags[TagProvisioned] == "":
		return nil, "Pacific did not make it"
	}
	if why := u.use(either(is(g.Name), holds("/resourceGroups/"+g.Name+"/"))); why != "" {
		return nil, why
	}
	var goes []string
	if do, _ := u.registry(); do != nil {
		goes = append(goes, strings.ToLower(u.s.registry.ID))
	}
	if do, _ := u.identity(); do != nil {
		goes = append(goes, strings.ToLower(u.s.identity.ID))
	}
	for _, r := range u.inGroup {
		if !slices.Contains(goes, strings.ToLower(r.ID)) && !u.leftOver(r) {
			return nil, "something else is in it: " + lastPart(r.ID)
		}
	}
	return func(ctx context.Context) error { return u.p.o.Cloud.DeleteGroup(ctx, g.Name) }, ""
}

// leftOver reports whether something in the group is what a run of ours left that was stopped, or that was one of two at
// the same time: the container of a verification, or a second registry. It goes with the group.
func (u *undo) leftOver(r GroupResource) bool {
	if r.Tags[TagProvisioned] == "" {
		return false
	}
	name, id := strings.ToLower(lastPart(r.ID)), strings.ToLower(r.ID)
	switch {
	case strings.Contains(id, "/providers/microsoft.containerinstance/containergroups/"):
		return true
	case strings.Contains(id, "/providers/microsoft.containerregistry/registries/"):
		prefix := strings.ToLower(u.s.request.Names.RegistryPrefix)
		return u.s.request.Names.Registry == "" && strings.HasPrefix(name, prefix) && u.use(either(holds(name+"."), holds(id))) == ""
	}
	return false
}

// lastPart is the name at the end of an ARM id.
func lastPart(id string) string { return id[strings.LastIndexByte(id, '/')+1:] }
