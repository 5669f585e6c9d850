package azure

import (
	"net/http"
	"slices"
	"strings"
)

// NotFound reports whether Azure itself says that what was asked for is not there: the status is 404 or 410, and Azure's
// own code says so. A 404 without such a code comes from a gateway, a proxy or a wrong address, and says nothing about
// what Azure has.
//
// A subscription that is not found is not what was asked for but where: a wrong setting or a missing right. Deleting from
// it, or making something in it, fails too, so NotFound is false then. [Error.Class] is [ClassNotFound] in all of these
// cases but for answers that are not Azure's.
func (e *Error) NotFound() bool {
	return (e.Status == http.StatusNotFound || e.Status == http.StatusGone) &&
		!e.Has("SubscriptionNotFound") && slices.ContainsFunc(e.codes, saysNotFound)
}

// saysNotFound reports whether a code says that something is not there. Resource Manager and its providers end theirs with
// NotFound (ResourceNotFound, ResourceGroupNotFound, ParentResourceNotFound, RoleAssignmentNotFound, NotFound), and so does
// Microsoft Graph (Request_ResourceNotFound); Microsoft.Authorization has words of its own for a role definition. All of
// them are in the examples of the published API files or in the pages that the table of codes names.
func saysNotFound(code string) bool {
	code = strings.ToLower(code)
	return strings.HasSuffix(code, "notfound") || code == "roledefinitiondoesnotexist"
}
