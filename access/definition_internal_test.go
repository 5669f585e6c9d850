package access

import (
	"slices"
	"testing"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/authorization/armauthorization/v2"
)

// TestMergedKeeps: what somebody wrote into a role stays: its exceptions, its data actions and its description.
func TestMergedKeeps(t *testing.T) {
	theirs := &armauthorization.Permission{
		Actions: pointers([]string{"Microsoft.Storage/*"}), NotActions: pointers([]string{"Microsoft.Storage/*/delete"}), DataActions: pointers([]string{"x/read"}),
	}
	found := &armauthorization.RoleDefinition{ID: new("id"), Name: new("name"), Properties: &armauthorization.RoleDefinitionProperties{
		RoleName: new(JobRunner.Name), Description: new("theirs"), Permissions: []*armauthorization.Permission{theirs}, AssignableScopes: pointers([]string{"/s"}),
	}}
	got, _, changed := merged(found, "/s", JobRunner)
	p := got.Properties
	if !changed || *p.Description != "theirs" || len(p.Permissions) != 2 || p.Permissions[0] != theirs || !slices.Equal(values(p.Permissions[1].Actions), JobRunner.Names()) {
		t.Errorf("got %+v", p)
	}
}
