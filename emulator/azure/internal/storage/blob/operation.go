package blob

import (
	"net/http"
	"slices"
	"strings"
)

// need is the right that an operation needs, in the words of each credential.
type need struct {
	// action is that of roles, after Microsoft.Storage/storageAccounts/blobServices/; data says that it is a data action.
	action string
	data   bool
	// permission is the letter of signatures, or several of which one is enough.
	permission string
	// level is the letter of what the operation is about in the signatures of accounts: service, container or object.
	level string
	// makes says that the right to make a blob is enough as long as none is replaced.
	makes bool
}

// operation is one of the Blob service's.
type operation struct {
	// id is the operationId of Microsoft's API files.
	id   string
	need need
	// serve answers. A nil problem has been answered.
	serve func(*Service, *call) *problem
}

// The rights that several operations need.
var (
	readBlob       = need{action: "containers/blobs/read", data: true, permission: "r", level: "o"}
	writeBlob      = need{action: "containers/blobs/write", data: true, permission: "w", level: "o"}
	makeBlob       = need{action: "containers/blobs/write", data: true, permission: "w", level: "o", makes: true}
	readContainer  = need{action: "containers/read", permission: "r", level: "c"}
	writeContainer = need{action: "containers/write", permission: "w", level: "c"}
)

// operations are the operations by method, what the path is about, and comp or what a header adds to it.
var operations = map[string]*operation{
	"GET service list":               {"Service_ListContainersSegment", need{action: "containers/read", permission: "l", level: "s"}, (*Service).listContainers},
	"POST service userdelegationkey": {"Service_GetUserDelegationKey", need{action: "generateUserDelegationKey/action"}, (*Service).delegationKey},
	"GET account properties":         {"Service_GetAccountInfo", need{action: "getInfo/action", permission: "rwdlacup", level: "sco"}, (*Service).accountInfo},
	"HEAD account properties":        {"Service_GetAccountInfo", need{action: "getInfo/action", permission: "rwdlacup", level: "sco"}, (*Service).accountInfo},

	"PUT container ":          {"Container_Create", need{action: "containers/write", permission: "wc", level: "c"}, (*Service).createContainer},
	"GET container ":          {"Container_GetProperties", readContainer, (*Service).getContainer},
	"HEAD container ":         {"Container_GetProperties", readContainer, (*Service).getContainer},
	"DELETE container ":       {"Container_Delete", need{action: "containers/delete", permission: "d", level: "c"}, (*Service).deleteContainer},
	"GET container metadata":  {"Container_GetMetadata", readContainer, (*Service).getContainer},
	"HEAD container metadata": {"Container_GetMetadata", readContainer, (*Service).getContainer},
	"PUT container metadata":  {"Container_SetMetadata", writeContainer, (*Service).setContainerMetadata},
	"GET container list":      {"Container_ListBlobFlatSegment", need{action: "containers/blobs/read", data: true, permission: "l", level: "c"}, (*Service).listBlobs},

	"PUT blob ":           {"BlockBlob_Upload", makeBlob, (*Service).putBlob},
	"PUT blob from":       {"BlockBlob_PutBlobFromUrl", makeBlob, (*Service).copyBlob},
	"PUT blob copy":       {"Blob_StartCopyFromURL", makeBlob, (*Service).copyBlob},
	"PUT blob copy sync":  {"Blob_CopyFromURL", makeBlob, (*Service).copyBlob},
	"PUT blob block":      {"BlockBlob_StageBlock", makeBlob, (*Service).putBlock},
	"PUT blob blocklist":  {"BlockBlob_CommitBlockList", makeBlob, (*Service).putBlockList},
	"GET blob blocklist":  {"BlockBlob_GetBlockList", readBlob, (*Service).getBlockList},
	"GET blob ":           {"Blob_Download", readBlob, (*Service).getBlob},
	"HEAD blob ":          {"Blob_GetProperties", readBlob, (*Service).getBlob},
	"GET blob metadata":   {"Blob_GetMetadata", readBlob, (*Service).getMetadata},
	"HEAD blob metadata":  {"Blob_GetMetadata", readBlob, (*Service).getMetadata},
	"DELETE blob ":        {"Blob_Delete", need{action: "containers/blobs/delete", data: true, permission: "d", level: "o"}, (*Service).deleteBlob},
	"PUT blob metadata":   {"Blob_SetMetadata", writeBlob, (*Service).setMetadata},
	"PUT blob properties": {"Blob_SetHTTPHeaders", writeBlob, (*Service).setProperties},
}

// Operation names a call for the request log and the faults; empty for what the emulator does not have.
func Operation(r *http.Request) string {
	op := findOperation(r)
	switch {
	case op == nil:
		return ""
	case op.id == "Container_ListBlobFlatSegment" && r.URL.Query().Get("delimiter") != "":
		return "Container_ListBlobHierarchySegment"
	}
	return op.id
}

// findOperation finds the operation of a request; nil if the emulator does not have it.
func findOperation(r *http.Request) *operation {
	query := lowerNames(r.URL.Query())
	restype, comp := strings.ToLower(query.Get("restype")), strings.ToLower(query.Get("comp"))
	container, blob, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	level := "blob"
	switch {
	case restype == "account":
		level = "account"
	case blob != "" && restype == "":
	case blob == "" && container != "" && restype == "container":
		level = "container"
	case container == "" && (comp == "list" && restype == "" || restype == "service" && comp == "userdelegationkey"):
		level = "service"
	default: // a blob of the root container has its name alone in the path
		return nil
	}
	if r.Method == http.MethodPut && level == "blob" && r.Header.Get("X-Ms-Copy-Source") != "" {
		switch {
		case comp != "":
			return nil
		case r.Header.Get("X-Ms-Blob-Type") != "":
			comp = "from"
		case strings.EqualFold(r.Header.Get("X-Ms-Requires-Sync"), "true"):
			comp = "copy sync"
		default:
			comp = "copy"
		}
	} else if comp == "from" || strings.HasPrefix(comp, "copy") { // a query cannot ask for what a header says
		return nil
	}
	return operations[r.Method+" "+level+" "+comp]
}

// otherHeaders are of what the emulator does not have: to leave them unheeded would be to do something else than asked.
var otherHeaders = []string{
	"X-Ms-Tags", "X-Ms-If-Tags", "X-Ms-Encryption-Key", "X-Ms-Encryption-Scope", "X-Ms-Structured-Body", "X-Ms-Blob-Public-Access",
	"X-Ms-Immutability-Policy-Until-Date", "X-Ms-Default-Encryption-Scope", "X-Ms-Seal-Blob",
}

// unsupported is the refusal of what a call asks for besides its operation; nil for nothing.
func (c *call) unsupported() *problem {
	for _, name := range otherHeaders {
		if c.Header.Get(name) != "" {
			return notYet("the header " + strings.ToLower(name))
		}
	}
	if slices.ContainsFunc([]string{"snapshot", "versionid"}, c.query.Has) {
		return notYet("snapshots and versions")
	}
	if strings.EqualFold(c.Header.Get("X-Ms-Legal-Hold"), "true") {
		return notYet("legal holds")
	}
	if slices.Contains([]string{"$root", "$logs", "$web"}, c.container) {
		return notYet("the container " + c.container)
	}
	if c.Header.Get("X-Ms-Lease-Id") != "" && c.blob != "" {
		return refuse(http.StatusPreconditionFailed, "LeaseNotPresentWithBlobOperation", "There is currently no lease on the blob.")
	}
	if c.Header.Get("X-Ms-Lease-Id") != "" {
		return refuse(http.StatusPreconditionFailed, "LeaseNotPresentWithContainerOperation", "There is currently no lease on the container.")
	}
	return nil
}
