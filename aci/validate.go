package aci

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/name"

	"github.com/pacific-aci/pacific/aci/internal/fields"
)

// What ACI takes. The page is "Resource availability and quota limits for Azure Container Instances"
// (learn.microsoft.com/azure/container-instances/container-instances-resource-and-quota-limits, November 2025).
const (
	maxCPU      = 31
	maxMemoryGB = 240
	// minGroup is the least of a group, in cores and in GB; one container of several may have less. The page
	// "Container groups in Azure Container Instances" says so, and a group below it is answered with a bare 500
	// (hashicorp/terraform-provider-azurerm#26925).
	minGroup = 1
	// Spot groups are smaller (same page), and may neither join a network nor have a public address.
	maxSpotCPU      = 4
	maxSpotMemoryGB = 16

	maxContainers = 60
	maxVolumes    = 20
	maxPorts      = 5
	// maxTags, maxTagName and maxTagValue are Resource Manager's, for every kind of resource.
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
)

// Validate checks every value of the job against ACI's rules, before anything is sent, and reports all problems at
// once: the error joins one [*InvalidError] for each. What only Azure can know (whether an image exists, whether a
// region has room) is not checked.
func (j Job) Validate() error {
	var p problems
	j.checkUTF8(&p)
	j.checkName(&p)
	j.checkImage(&p)
	j.checkCommand(&p)
	j.checkSize(&p)
	j.checkEnv(&p)
	for i, id := range j.Identities {
		checkIdentity(&p, fields.At("Identities", i), id)
	}
	j.checkRegistries(&p)
	j.checkNetwork(&p)
	j.checkTimes(&p)
	j.checkTags(&p)
	if j.Location != "" {
		checkLocation(&p, "Location", j.Location)
	}
	if !slices.Contains([]Keep{"", KeepNever, KeepOnFailure, KeepAlways}, j.Keep) {
		p.add("Keep", string(j.Keep), "must be never, on-failure or always", "")
	}
	if j.checkBase(&p) {
		j.checkWhole(&p)
	}
	return p.err()
}

func (j Job) checkName(p *problems) {
	if j.Name != "" {
		checkGroupName(p, "Name", j.Name)
	}
	if j.MainContainer != "" {
		checkContainerName(p, "MainContainer", j.MainContainer)
	}
}

// checkGroupName holds a name to "Naming rules and restrictions for Azure resources", Microsoft.ContainerInstance.
func checkGroupName(p *problems, field, value string) {
	if !lowerName(value, maxName) || strings.Contains(value, "--") {
		p.add(field, value, "must be 1 to 63 lower-case letters, digits and single inner hyphens",
			fmt.Sprintf("%q", cutName(value)))
	}
}

// checkContainerName holds a name to the page "Troubleshoot common issues in Azure Container Instances".
func checkContainerName(p *problems, field, value string) {
	if !lowerName(value, maxName) {
		p.add(field, value, "must be 1 to 63 lower-case letters, digits and inner hyphens",
			fmt.Sprintf("%q", cutName(value)))
	}
}

// cutName is the valid name that is nearest to what was given.
func cutName(value string) string { return NameFor(value, "") }

// lowerName reports whether s has 1 to most lower-case letters, digits and hyphens, none at an end.
func lowerName(s string, most int) bool {
	if s == "" || len(s) > most || s[0] == '-' || s[len(s)-1] == '-' {
		return false
	}
	for _, r := range s {
		if (r < 'a' || r > 'z') && (r < '0' || r > '9') && r != '-' {
			return false
		}
	}
	return true
}

func (j Job) checkImage(p *problems) {
	if j.Image != "" {
		checkImage(p, "Image", j.Image)
	}
}

// CheckImage returns an [*InvalidError] for a text that is not the reference of an image.
func CheckImage(image string) error {
	var p problems
	checkImage(&p, "Image", image)
	return p.err()
}

func checkImage(p *problems, field, image string) {
	const want = `a reference such as "example.azurecr.io/team/job:1.2"`
	if strings.Contains(image, "://") {
		p.add(field, image, "must be an image reference, without a scheme", want)
		return
	}
	if _, err := name.ParseReference(image); err != nil {
		p.add(field, image, "must be an image reference: [registry/]name, in lower case, with a :tag or an @sha256: digest", want)
	}
}

func (j Job) checkCommand(p *problems) {
	if len(j.Command) > 0 && strings.TrimSpace(j.Command[0]) == "" {
		p.add("Command[0]", "", "must name a program", `for example ["sh", "-c", "echo hello"]`)
	}
	for i, argument := range j.Command {
		checkText(p, fields.At("Command", i), argument)
	}
	checkText(p, "Entrypoint", j.Entrypoint)
	if j.Entrypoint != "" && strings.TrimSpace(j.Entrypoint) == "" {
		p.add("Entrypoint", j.Entrypoint, "must name a program", `for example "/usr/bin/tini"`)
	}
	if j.Entrypoint != "" && len(j.command()) == 0 {
		p.add("Entrypoint", j.Entrypoint, "needs a command: alone it would replace the image's own entrypoint",
			"a Command too")
	}
}

// checkText refuses what no program can be given: the null byte ends a string for the kernel.
func checkText(p *problems, field, value string) {
	if strings.ContainsRune(value, 0) {
		p.add(field, "", "cannot contain a null byte", "")
	}
}

func (j Job) checkEnv(p *problems) {
	for _, key := range sortedKeys(j.Env) {
		checkEnvName(p, fields.Keyed("Env", key), key)
		checkText(p, fields.Keyed("Env", key), j.Env[key])
		if _, both := j.SecureEnv[key]; both {
			p.note(&InvalidError{Field: fields.Keyed("Env", key), Other: "SecureEnv", Rule: "is in SecureEnv too", Want: "it in only one of the two"})
		}
	}
	for _, key := range sortedKeys(j.SecureEnv) {
		checkEnvName(p, fields.Keyed("SecureEnv", key), key)
		checkText(p, fields.Keyed("SecureEnv", key), j.SecureEnv[key])
	}
	for i, key := range j.VisibleEnv {
		if _, ok := j.Env[key]; !ok {
			p.add(fields.At("VisibleEnv", i), key, "is not a variable of Env", "the name of one that is there")
		}
	}
}

// checkEnvName holds a name to what ACI's own refusal (InvalidContainerEnvironmentVariable) says, and to the length
// of the page "Troubleshoot common issues in Azure Container Instances".
func checkEnvName(p *problems, field, key string) {
	if !EnvName(key) {
		p.add(field, key, "must be 1 to 63 letters, digits and underscores, and cannot start with a digit", "a name such as MY_NAME")
	}
}

// EnvName reports whether ACI takes key as the name of an environment variable.
func EnvName(key string) bool {
	if key == "" || len(key) > maxName || key[0] >= '0' && key[0] <= '9' {
		return false
	}
	for _, r := range key {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (r < '0' || r > '9') && r != '_' {
			return false
		}
	}
	return true
}

func (j Job) checkTimes(p *problems) {
	for _, d := range []struct {
		field string
		value time.Duration
	}{{"StartTimeout", j.StartTimeout}, {"PollInterval", j.PollInterval}, {"Timeout", j.Timeout}, {"StopGrace", j.StopGrace}} {
		if d.value < 0 {
			p.add(d.field, d.value.String(), "must not be negative", "a duration such as 90s, or 0 for the default")
		}
	}
}

func (j Job) checkTags(p *problems) {
	for _, key := range sortedKeys(j.Tags) {
		field := fields.Keyed("Tags", key)
		switch {
		case key == "" || len(key) > maxTagName:
			p.add(field, "", fmt.Sprintf("a tag name must have 1 to %d characters", maxTagName), "")
		case strings.ContainsAny(key, `<>%&\?/`) || strings.ContainsFunc(key, control):
			p.add(field, key, `a tag name cannot contain <, >, %, &, \, ?, / or a control character`, "")
		case reservedTag(key):
			p.add(field, "", "is a tag that Pacific sets itself", "another name")
		}
		if value := j.Tags[key]; len([]rune(value)) > maxTagValue {
			p.add(field, "", fmt.Sprintf("a tag value can have at most %d characters, this one has %d", maxTagValue, len([]rune(value))), "")
		}
	}
	keys := sortedKeys(j.Tags)
	for i, key := range keys {
		for _, other := range keys[:i] {
			if strings.EqualFold(key, other) {
				p.add(fields.Keyed("Tags", key), "", "is the same tag as "+other+": Azure ignores case in tag names", "one of the two")
			}
		}
	}
	base := map[string]*string{}
	if j.Base != nil {
		base = j.Base.Tags
	}
	// TagCreated, TagDeadline and TagToken come when the group is sent.
	if count := len(j.tags(base)) + 3; count > maxTags {
		p.add("Tags", "", fmt.Sprintf("a container group can carry %d tags; with Pacific's own, this one has %d", maxTags, count), "fewer")
	}
}

// reservedTag reports whether a tag is computed by Pacific. [TagOwner] and [TagAttempt] are the caller's.
func reservedTag(key string) bool {
	return slices.ContainsFunc([]string{TagManaged, TagCreated, TagDeadline, TagContainer, TagKeep, TagToken},
		func(own string) bool { return strings.EqualFold(own, key) })
}

// sameWord reports whether one of ARM's words is want. ARM reads its words in any case, "never" for Never.
func sameWord[T ~string](word *T, want T) bool {
	return word != nil && strings.EqualFold(string(*word), string(want))
}

// control reports whether r is a control character.
func control(r rune) bool { return r < ' ' || r == 0x7f }
