package vault

import (
	"net/http"
	"strings"

	"github.com/pacific-aci/pacific/emulator/azure/internal/arm"
)

// operation is one of Key Vault's operations on secrets.
type operation struct {
	// id is the operationId of Microsoft's API files.
	id string
	// permission is the word of access policies, action that of roles, after Microsoft.KeyVault/vaults/secrets/.
	permission, action string
	// body says that the operation reads one.
	body bool
	// serve is called with the service's mu held. A nil answer is an empty 204.
	serve func(s *Service, v *vault, c *call, b *secretBody) (any, *problem)
}

const readMetadata = "readMetadata/action"

// operations are the operations by method and path.
var operations = map[string]*operation{
	"GET /secrets":                    {id: "GetSecrets", permission: "list", action: readMetadata, serve: (*Service).listSecrets},
	"GET /secrets/{name}":             {id: "GetSecret", permission: "get", action: "getSecret/action", serve: (*Service).getSecret},
	"GET /secrets/{name}/{version}":   {id: "GetSecret", permission: "get", action: "getSecret/action", serve: (*Service).getSecret},
	"GET /secrets/{name}/versions":    {id: "GetSecretVersions", permission: "list", action: readMetadata, serve: (*Service).listVersions},
	"PUT /secrets/{name}":             {id: "SetSecret", permission: "set", action: "setSecret/action", body: true, serve: (*Service).putSecret},
	"PATCH /secrets/{name}":           {id: "UpdateSecret", permission: "set", action: "update/action", body: true, serve: (*Service).updateSecret},
	"PATCH /secrets/{name}/{version}": {id: "UpdateSecret", permission: "set", action: "update/action", body: true, serve: (*Service).updateSecret},
	"DELETE /secrets/{name}":          {id: "DeleteSecret", permission: "delete", action: "delete", serve: (*Service).deleteSecret},
	"POST /secrets/{name}/backup":     {id: "BackupSecret", permission: "backup", action: "backup/action", serve: (*Service).backupSecret},
	"POST /secrets/restore":           {id: "RestoreSecret", permission: "restore", action: "restore/action", body: true, serve: (*Service).restoreSecret},

	"GET /deletedsecrets":                 {id: "GetDeletedSecrets", permission: "list", action: readMetadata, serve: (*Service).listDeletedSecrets},
	"GET /deletedsecrets/{name}":          {id: "GetDeletedSecret", permission: "get", action: readMetadata, serve: (*Service).getDeletedSecret},
	"DELETE /deletedsecrets/{name}":       {id: "PurgeDeletedSecret", permission: purgeWord, action: "purge/action", serve: (*Service).purgeSecret},
	"POST /deletedsecrets/{name}/recover": {id: "RecoverDeletedSecret", permission: "recover", action: "recover/action", serve: (*Service).recoverSecret},
}

// notYet are the collections of a vault that the emulator does not have.
var notYet = []string{"keys", "deletedkeys", "certificates", "deletedcertificates", "storage", "deletedstorage", "rng", "settings"}

// parsePath brings a path into the form of the table, with the name and version that it holds.
func parsePath(r *http.Request) (collection, path, name, version string) {
	segments := strings.FieldsFunc(r.URL.Path, func(c rune) bool { return c == '/' })
	if len(segments) == 0 {
		return "", "/", "", ""
	}
	collection = strings.ToLower(segments[0])
	path = "/" + collection
	word := func(i int, words ...string) bool {
		if len(segments) <= i {
			return false
		}
		_, ok := arm.OneOf(segments[i], words...)
		return ok
	}
	if len(segments) == 2 && r.Method == http.MethodPost && word(1, "restore") {
		return collection, path + "/restore", "", ""
	}
	if len(segments) > 1 {
		name, path = segments[1], path+"/{name}"
	}
	switch {
	case len(segments) < 3:
	case word(2, "versions", "backup", "recover"):
		path += "/" + strings.ToLower(segments[2])
	default:
		version, path = segments[2], path+"/{version}"
	}
	for _, more := range segments[min(3, len(segments)):] {
		path += "/" + more
	}
	return collection, path, name, version
}

// operation finds a call's operation, and notes the name and version of its path.
func (c *call) operation() (*operation, *problem) {
	collection, path, name, version := parsePath(c.Request)
	if op := operations[c.Method+" "+path]; op != nil {
		c.name, c.version = name, version
		return op, nil
	}
	if _, ok := arm.OneOf(collection, notYet...); ok {
		return nil, refuse(http.StatusNotImplemented, "NotImplemented", "The vaults of the local Azure hold secrets alone; %s are not there.", collection)
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodPatch, http.MethodPost, http.MethodDelete} {
		if operations[method+" "+path] != nil {
			return nil, refuse(http.StatusMethodNotAllowed, "MethodNotAllowed", "The path %s does not take the method %s.", c.URL.Path, c.Method)
		}
	}
	return nil, refuse(http.StatusNotFound, "NotFound", "There is nothing at the path %s.", c.URL.Path)
}

// hostOperation names a call for the request log and the faults.
func hostOperation(r *http.Request) string {
	_, path, _, _ := parsePath(r)
	if op := operations[r.Method+" "+path]; op != nil {
		return op.id
	}
	return ""
}
