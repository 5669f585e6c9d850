package azure_test

import (
	"testing"

	"github.com/pacific-aci/pacific/azure"
)

func TestNotFound(t *testing.T) {
	tests := map[string]struct {
		status int
		body   string
		want   bool
	}{
		"a resource":                   {404, errorBody("ResourceNotFound", "The Resource was not found."), true},
		"a resource group":             {404, errorBody("ResourceGroupNotFound", "Resource group 'g' could not be found."), true},
		"a parent":                     {404, errorBody("ParentResourceNotFound", "no parent"), true},
		"a role definition":            {404, errorBody("RoleDefinitionDoesNotExist", "no role"), true},
		"a role assignment":            {404, errorBody("RoleAssignmentNotFound", "no assignment"), true},
		"an object of the directory":   {404, errorBody("Request_ResourceNotFound", "Resource 'x' does not exist"), true},
		"gone":                         {410, errorBody("ResourceNotFound", "gone"), true},
		"inside":                       {404, `{"error":{"code":"NotFound","message":"no","details":[{"code":"ResourceNotFound","message":"no"}]}}`, true},
		"a subscription":               {404, errorBody("SubscriptionNotFound", "The subscription 's' could not be found."), false},
		"a principal, not asked for":   {400, errorBody("PrincipalNotFound", "Principal p does not exist in the directory."), false},
		"output that is not there yet": {404, errorBody("ContainerLogNotAvailable", "not yet"), false},
		"an unknown type":              {404, errorBody("InvalidResourceType", "no such type"), false},
		"a right":                      {403, errorBody("AuthorizationFailed", "no"), false},
		"a page":                       {404, "<html><title>404 Not Found</title></html>", false},
		"nothing":                      {404, "", false},
		"words":                        {404, "404 page not found", false},
		"a gateway's JSON":             {404, `{"message":"no Route matched with those values"}`, false},
		"a server's JSON":              {404, `{"status":404,"error":"Not Found","path":"/"}`, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if e := azure.Explain(responseError(test.status, test.body)); e.NotFound() != test.want {
				t.Errorf("got %v for %v", e.NotFound(), e)
			}
		})
	}
	if azure.NewError(azure.Detail{Code: "ResourceNotFound", Message: "an event, not an answer"}).NotFound() {
		t.Error("an error without a status counts as an answer")
	}
}
