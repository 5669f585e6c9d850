package rbac_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
	"github.com/pacific-aci/pacific/emulator/azure/internal/armtest"
	"github.com/pacific-aci/pacific/emulator/azure/internal/directory"
	"github.com/pacific-aci/pacific/emulator/azure/internal/rbac"
)

const (
	sub      = armtest.Sub
	group    = sub + "/resourceGroups/g"
	box      = group + "/providers/Contoso.Storage/boxes/b"
	otherBox = group + "/providers/Contoso.Storage/boxes/c"

	owner       = "8e3af657-a8ff-443c-a75c-2fe8c4bcb635"
	contributor = "b24988ac-6180-42a0-ab88-20f7382dd24c"
	reader      = "acdd72a7-3385-48ef-bd42-f606fba81ae7"
	accessAdmin = "18d7d88d-d35e-4fb5-a5c3-7773c20a72d9"
	acrPull     = "7f951dda-4ed3-4680-a7ca-43fe172d538d"
)

// world is a core with roles, a group g with two boxes, another group, and principals whose tokens are their ids. The
// token "good" is the owner's.
type world struct {
	*testing.T
	core *arm.Core
}

func newWorld(t *testing.T, settings string) *world {
	t.Helper()
	w := &world{t, armtest.NewCore(t, settings)}
	known := w.core.Authenticate
	w.core.Authenticate = func(ctx context.Context, bearer string) (*arm.Principal, error) {
		if uuid.Validate(bearer) == nil {
			return &arm.Principal{ObjectID: bearer, AppID: "app of " + bearer, TenantID: armtest.Tenant}, nil
		}
		return known(ctx, bearer)
	}
	rbac.Register(w.core, "object")
	armtest.Group(t, w.core, "g")
	armtest.Group(t, w.core, "h")
	armtest.PutBox(t, w.core, "g", "b", `{"location":"eastus"}`)
	armtest.PutBox(t, w.core, "g", "c", `{"location":"eastus"}`)
	return w
}

// principal makes a service principal and returns its id.
func (w *world) principal() string {
	p, _ := w.core.Directory.AddPrincipal(directory.Principal{AppID: uuid.NewString()})
	return p.ID
}

// send makes a call as a principal, or as the owner if that is empty.
func (w *world) send(as, method, path, body string) armtest.Reply {
	if as == "" {
		as = "good"
	}
	return armtest.Call(w.core, method, path, body, "Authorization", "Bearer "+as)
}

// call is send as the owner, with the status that there must be, and reads the answer into v unless that is nil.
func (w *world) call(status int, method, path, body string, v any) {
	w.Helper()
	got := w.send("", method, path, body)
	if got.Code != status {
		w.Fatalf("%s %s: %d, want %d: %s", method, path, got.Code, status, got.Body)
	}
	if v != nil {
		got.JSON(w.T, v)
	}
}

// refused wants a call of the owner to fail, and returns the message.
func (w *world) refused(status int, code, method, path, body string) string {
	w.Helper()
	got := w.send("", method, path, body)
	is, message := got.Fault()
	if got.Code != status || is != code {
		w.Errorf("%s %s %s: %d %s, want %d %s", method, path, body, got.Code, got.Body, status, code)
	}
	return message
}

func roleID(id string) string {
	return sub + "/providers/Microsoft.Authorization/roleDefinitions/" + id
}

func assignmentPath(scope, name string) string {
	return strings.TrimSuffix(scope, "/") + "/providers/Microsoft.Authorization/roleAssignments/" + name
}

func assignmentBody(role, principal string) string {
	return fmt.Sprintf(`{"properties":{"roleDefinitionId":"%s","principalId":"%s","principalType":"ServicePrincipal"}}`, roleID(role), principal)
}

// assign gives a role and returns the assignment's path.
func (w *world) assign(role, principal, scope string) string {
	w.Helper()
	path := assignmentPath(scope, uuid.NewString())
	w.call(201, "PUT", path, assignmentBody(role, principal), nil)
	return path
}

// assignment is one on the wire.
type assignment struct {
	ID, Name, Type string
	Properties     struct {
		RoleDefinitionID, PrincipalID, PrincipalType, Scope, CreatedOn string
	}
}

// assignments are the scopes of those in a list, in its order.
func (w *world) assignments(scope, filter string) []string {
	w.Helper()
	path := strings.TrimSuffix(scope, "/") + "/providers/Microsoft.Authorization/roleAssignments"
	if filter != "" {
		path += "?$filter=" + strings.ReplaceAll(filter, " ", "%20")
	}
	var list struct{ Value []assignment }
	w.call(200, "GET", path, "", &list)
	var scopes []string
	for _, a := range list.Value {
		scopes = append(scopes, a.Properties.Scope)
	}
	return scopes
}
