package provision_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pacific-aci/pacific/internal/fakeaz"
	"github.com/pacific-aci/pacific/provision"
)

// coldCommands are the commands of a first run: those of Prefect's provisioner in its order (group exists to role
// assignment create), with the differences that [provision.Az] lists.
var coldCommands = []string{
	"group exists", "group create",
	"ad app list", "ad app list", "ad app create", "ad app update",
	"ad app credential list", "ad app credential reset",
	"ad sp list", "ad sp create", "ad sp list",
	"role assignment list", "role assignment create",
	"acr list", "acr create", "acr list", "acr login",
	"identity list", "identity create",
	"role assignment list", "role assignment create",
}

func TestAzCommands(t *testing.T) {
	t.Parallel()
	s := newSiteVia(t, az, "")
	template, err := provision.New(s.options()).Provision(t.Context(), "aci", baseTemplate(t))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(coldCommands, s.asked.names(0)); diff != "" {
		t.Errorf("the first run: %s", diff)
	}
	// The second run looks for each thing once, in its plan.
	o := s.options()
	o.Confirm = func(_ context.Context, plan provision.Plan) (provision.Request, error) { return plan.Request, nil }
	if _, err := provision.New(o).Provision(t.Context(), "aci", template); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"group exists", "group show", "ad app show", "ad sp list", "role assignment list", "acr list", "identity list",
		"role assignment list", "acr login",
	}
	if diff := cmp.Diff(want, s.asked.names(len(coldCommands))); diff != "" {
		t.Errorf("the second run: %s", diff)
	}
}

// leastCommands are those of a first run with the least role, which is looked for under its two names and made first.
var leastCommands = slices.Concat(coldCommands[:11], []string{
	"role definition list", "role definition list", "role definition list", "role definition update", "role assignment create",
}, coldCommands[13:])

// TestKilledAtEachCommand ends a run at each command of az, before and after that took effect, together with the az that
// runs, and runs it again. A command that only reads has no effect.
func TestKilledAtEachCommand(t *testing.T) {
	for role, commands := range map[provision.Role][]string{provision.RoleContributor: coldCommands, provision.RoleLeast: leastCommands} {
		for i, command := range commands {
			if role == provision.RoleLeast && (i < 11 || i > 14) {
				continue // the same as with the other role
			}
			kill := kill{role: role, commands: commands, at: i + 1}
			t.Run(fmt.Sprintf("%s/before %s %d", role, command, i+1), func(t *testing.T) {
				t.Parallel()
				kill.test(t)
			})
			if reads(command) {
				continue
			}
			kill.applied = true
			t.Run(fmt.Sprintf("%s/after %s %d", role, command, i+1), func(t *testing.T) {
				t.Parallel()
				kill.test(t)
			})
		}
	}
}

func reads(command string) bool {
	return strings.HasSuffix(command, " list") || strings.HasSuffix(command, " exists") || strings.HasSuffix(command, " show")
}

// kill is one end of a run at a command, counted from 1; applied lets it take effect first.
type kill struct {
	role     provision.Role
	commands []string
	at       int
	applied  bool
}

func (k kill) test(t *testing.T) {
	s := newSiteVia(t, az, "")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	count, gone := atomic.Int64{}, make(chan struct{})
	answer := func(argv []string, run func() fakeaz.Output) fakeaz.Output {
		if count.Add(1) != int64(k.at) {
			return run()
		}
		if k.applied {
			run()
		}
		cancel()
		<-gone // its process is killed meanwhile
		return fakeaz.Output{}
	}
	s.changeAz(func() { s.onAz = answer })
	o := s.options()
	o.Request.Role = k.role
	base := baseTemplate(t)
	_, err := provision.New(o).Provision(ctx, "aci", base)
	close(gone)
	if diff := cmp.Diff(k.commands[:k.at], s.asked.names(0)); diff != "" || err == nil {
		t.Fatalf("got %v and the commands %s", err, diff)
	}
	o = s.options()
	o.Request.Role = k.role
	if _, err := provision.New(o).Provision(t.Context(), "aci", base); err != nil {
		t.Fatalf("the second run: %v", err)
	}
	want := complete
	if k.role == provision.RoleLeast {
		want.Rights = []string{leastAt(s.groupID(provision.DefaultResourceGroup)).Name, "AcrPull"}
	}
	if diff := cmp.Diff(want, s.end()); diff != "" {
		t.Error(diff)
	}
	// It is known as Pacific's own, and there is no other one.
	all, err := s.admin.Applications(t.Context(), provision.DefaultApplication)
	if err != nil || len(all) != 1 || !slices.Contains(all[0].Tags, provision.TagProvisioned) {
		t.Errorf("the applications: %+v, %v", all, err)
	}
	left, err := s.admin.Applications(t.Context(), provision.DefaultApplication+" (unfinished, by pacific)")
	if err != nil || len(left) != 0 {
		t.Errorf("left unfinished: %+v, %v", left, err)
	}
}
