package cmdutil

import (
	"strconv"
	"strings"
)

// FlagOfField names the flag that gives a field of aci.Job.
var FlagOfField = map[string]string{
	"Name": "name", "Image": "image", "Command": "the command", "Entrypoint": "entrypoint", "CPU": "cpu", "MemoryGB": "memory",
	"GPUCount": "gpu-count", "GPUSKU": "gpu-sku", "Env": "env", "SecureEnv": "secret-env", "Identities": "identity",
	"Registries": "registry-server", "SubnetIDs": "subnet", "DNSServers": "dns", "StartTimeout": "start-timeout",
	"Timeout": "timeout", "StopGrace": "stop-grace", "Tags": "tag", "Location": "location", "Keep": "keep",
}

// registryFlags name the flags that give the fields of a registry.
var registryFlags = map[string]string{
	".Server": "--registry-server", ".Identity": "--registry-identity", ".Username": "--registry-username", ".Password": "--registry-password-stdin",
}

// FieldWords gives a field in the words of the command line: "Identities[0]" becomes --identity, `Env["1X"]` becomes
// "--env 1X". What only a file can say keeps its name.
func FieldWords(field string) string {
	base, place := cutPlace(field)
	switch flag := FlagOfField[base]; flag {
	case "":
		return field
	case "the command":
		return commandWords(place)
	case "registry-server":
		if i := strings.IndexByte(place, '.'); i >= 0 && registryFlags[place[i:]] != "" {
			return registryFlags[place[i:]]
		}
		return "--" + flag
	default:
		return "--" + flag + keyWords(place)
	}
}

// cutPlace cuts off what follows the name of a field: an index, a key or a field of it.
func cutPlace(field string) (base, place string) {
	if i := strings.IndexAny(field, "[."); i >= 0 {
		return field[:i], field[i:]
	}
	return field, ""
}

// commandWords name a part of what stands after --, by its index.
func commandWords(place string) string {
	switch index := strings.Trim(place, "[]"); index {
	case "":
		return "the command"
	case "0":
		return "the command's program"
	default:
		return "argument " + index + " of the command"
	}
}

// keyWords are a key as it stands after its flag. An index says nothing there: the error shows the value itself.
func keyWords(place string) string {
	key, err := strconv.Unquote(strings.Trim(place, "[]"))
	if err != nil {
		return ""
	}
	return " " + key
}
