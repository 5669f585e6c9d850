package cmdutil

import (
	"strings"
)

// FlagOfField names the flag that gives a field of aci.Job.
var FlagOfField = map[string]string{
	"Name": "name", "Image": "image", "Command": "the command", "Entrypoint": "entrypoint", "CPU": "cpu", "MemoryGB": "memory",
	"GPUCount": "gpu-count", "GPUSKU": "gpu-sku", "Env": "env", "SecureEnv": "secret-env", "Identities": "identity",
	"Registries": "registry-server", "SubnetIDs": "subnet", "DNSServers": "dns", "StartTimeout": "start-timeout",
	"Timeout": "timeout", "StopGrace": "stop-grace", "Tags": "tag", "Location": "location", "Keep": "keep",
}

// FieldWords gives a field in the words of the command line, and keeps the
// index or key: "Env[1X]" becomes "--env[1X]". What only a file can say keeps
// its name.
func FieldWords(field string) string {
	base := field
	if i := strings.IndexAny(field, "[."); i >= 0 {
		base = field[:i]
	}
	switch flag := FlagOfField[base]; flag {
	case "":
		return field
	case "the command": // what stands after --, which is no flag
		return flag + field[len(base):]
	default:
		return "--" + flag + field[len(base):]
	}
}
