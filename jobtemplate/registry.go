package jobtemplate

import (
	"github.com/pacific-aci/pacific/aci"
)

// registry reads how images are pulled: as an identity ({registry_url, identity}) or with a user and password
// ({registry_url, username, password}). With both given 3.x takes the identity and 2.20 the user.
func (r *reader) registry(field string, v any) []aci.Registry {
	m := r.object(field, v)
	if len(m) == 0 {
		return nil
	}
	read := aci.Registry{
		Server: r.text(field+".registry_url", m["registry_url"]), Identity: r.text(field+".identity", m["identity"]),
		Username: r.text(field+".username", m["username"]), Password: r.text(field+".password", m["password"]),
	}
	identity, user := read.Identity != "", read.Username != "" && read.Password != ""
	switch {
	case read.Server == "":
		r.wrong(field, "registry_url is missing", "such as myregistry.azurecr.io")
		return nil
	case !identity && !user:
		r.wrong(field, "has no way to sign in", "give identity, or username and password")
		return nil
	case identity && (r.newest || !user):
		read.Username, read.Password = "", ""
	default:
		read.Identity = ""
	}
	return []aci.Registry{read}
}
