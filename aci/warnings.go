package aci

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"

	"github.com/pacific-aci/pacific/aci/internal/fields"
)

// warnings tells what of the job is allowed but seldom meant. group is the job's definition.
func (j Job) warnings(group *armcontainerinstance.ContainerGroup) []Warning {
	var list []Warning
	warn := func(field, format string, args ...any) {
		list = append(list, Warning{Field: field, Text: fmt.Sprintf(format, args...)})
	}
	image := j.image()
	if j.Image == "" && image == DefaultImage {
		warn("Image", "no image given; using %s", DefaultImage)
	}
	list = append(list, j.commandWarnings()...)
	if j.GPUCount > 0 {
		warn("GPUSKU", "ACI retired GPUs on 14 July 2025, so Azure will refuse this; it is sent as asked")
	}
	const large = "groups over %s often find no capacity in a region; check its quota, and have another region ready"
	switch cpu, memory := totals(group); {
	case cpu > 4:
		warn("CPU", large, "4 cores")
	case memory > 16:
		warn("MemoryGB", large, "16 GB of memory")
	}
	if len(j.Registries) > 0 && !j.usesRegistry(image) {
		warn("Registries", "the image %s comes from %s, and no registry here is that one; name its server, or drop the credentials", image, registryOf(image))
	}
	for _, name := range sortedKeys(j.Env) {
		if looksSecret(name) && !j.secretEnv(name) {
			warn(fields.Keyed("VisibleEnv", name), "the name looks secret, and its value will be readable in Azure; move it to SecureEnv")
		}
	}
	for _, name := range sortedKeys(j.Tags) {
		if looksSecret(name) {
			warn(fields.Keyed("Tags", name), "the name looks secret, and everyone who may list resources reads tags; pass it in SecureEnv")
		}
	}
	return list
}

// looksSecret guesses by a name whether what it names is secret.
func looksSecret(name string) bool {
	name = strings.ToLower(name)
	return slices.ContainsFunc([]string{"password", "passwd", "secret", "token", "api_key", "apikey", "api-key", "credential", "connection_string"},
		func(word string) bool { return strings.Contains(name, word) })
}

func (j Job) usesRegistry(image string) bool {
	server := registryOf(image)
	return slices.ContainsFunc(j.Registries, func(r Registry) bool { return sameHub(r.server()) == server })
}

// expansion finds what a shell would have replaced: $NAME, ${NAME}, $(command), `command`, and %NAME% of Windows. Such a
// name has three letters at least, or the format %s%d would be one.
var expansion = regexp.MustCompile("\\$[A-Za-z_][A-Za-z0-9_]*|\\$\\{[^}]*\\}|\\$\\([^)]*\\)|`[^`]+`|%[A-Za-z_][A-Za-z0-9_]{2,}%")

// commandWarnings finds the two slips that come of a command being no shell's: a variable that nothing expands, and
// a whole line given as one argument.
func (j Job) commandWarnings() []Warning {
	command := j.command()
	if slices.ContainsFunc(command, isShell) {
		return nil
	}
	if len(j.Command) == 1 && len(strings.Fields(j.Command[0])) > 1 {
		return []Warning{{Field: "Command", Text: fmt.Sprintf("%q is taken as the name of one program, spaces included; give each word as an argument of its own, or run a shell: sh -c %s",
			j.Command[0], quoteShell(j.Command[0]))}}
	}
	for i, argument := range j.Command {
		if found := expansion.FindString(argument); found != "" {
			return []Warning{{Field: fields.At("Command", i), Text: fmt.Sprintf("nothing expands %s: the command does not go through a shell; run one: sh -c %s",
				found, quoteShell(strings.Join(j.Command, " ")))}}
		}
	}
	return nil
}

// isShell reports whether an argument is the name of a shell.
func isShell(argument string) bool {
	base := strings.ToLower(path.Base(strings.ReplaceAll(argument, `\`, "/")))
	switch strings.TrimSuffix(base, ".exe") {
	case "sh", "bash", "dash", "ash", "zsh", "ksh", "fish", "cmd", "powershell", "pwsh":
		return true
	}
	return false
}

// quoteShell writes a line as one argument of a POSIX shell, so that the hint can be pasted. The inner text is in
// single quotes: the shell that reads the hint must not expand it either.
func quoteShell(line string) string {
	return "'" + strings.ReplaceAll(line, "'", `'\''`) + "'"
}
