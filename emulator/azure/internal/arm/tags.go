package arm

import (
	"maps"
	"slices"
	"strings"
)

// Azure's limits for tags
// (learn.microsoft.com, azure-resource-manager/management/tag-resources, Limitations).
const (
	maxTags     = 50
	maxTagName  = 512
	maxTagValue = 256
)

// CheckTags holds Azure's rules for the tags of a resource or resource group: at most 50,
// names of 1 to 512 characters without <>%&\?/ and without the prefixes microsoft, azure and
// windows, values of at most 256. The error is an *Error, 400, that names the tag.
func CheckTags(tags map[string]string) error {
	if len(tags) > maxTags {
		return BadRequest("TooManyTags", "The number of tags '%d' exceeds the maximum allowed '%d'.", len(tags), maxTags)
	}
	seen := map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(tags)) {
		lower := strings.ToLower(name)
		switch {
		case strings.TrimSpace(name) == "":
			return tagError("InvalidTagName", name, "must not be empty")
		case len([]rune(name)) > maxTagName:
			return tagError("InvalidTagNameLength", name[:64]+"…", "is longer than 512 characters")
		case strings.ContainsAny(name, `<>%&\?/`) || strings.ContainsFunc(name, isControl):
			return tagError("InvalidTagNameCharacters", name, `has reserved characters '<,>,%,&,\,?,/' or control characters`)
		case seen[lower] != "":
			return tagError("DuplicateTagName", name, "is there in another case as '"+seen[lower]+"': tag names have no case")
		case len([]rune(tags[name])) > maxTagValue:
			return tagError("InvalidTagValueLength", name, "has a value longer than 256 characters")
		}
		for _, prefix := range []string{"microsoft", "azure", "windows"} {
			if strings.HasPrefix(lower, prefix) {
				return tagError("ReservedTagNamePrefix", name, "has the prefix '"+prefix+"', which is reserved for Azure")
			}
		}
		seen[lower] = name
	}
	return nil
}

func isControl(r rune) bool { return r < ' ' || r == 0x7f }

func tagError(code, name, why string) *Error {
	e := BadRequest(code, "The tag name '%s' %s.", name, why)
	e.Target = "tags"
	return e
}
