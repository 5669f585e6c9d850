package functions

import (
	"strings"

	"github.com/pacific-aci/pacific/armtemplate/internal/value"
)

var resources = map[string]Function{
	"extensionresourceid": {3, -1, false, extensionResourceID},
	"tenantresourceid":    {2, -1, false, tenantResourceID},
}

func extensionResourceID(c *Call) (value.Value, error) {
	s, err := c.strs()
	if err != nil {
		return nil, err
	}
	return ResourceID(c.Name, s[0], s[1], s[2:])
}

func tenantResourceID(c *Call) (value.Value, error) {
	s, err := c.strs()
	if err != nil {
		return nil, err
	}
	return ResourceID(c.Name, "", s[0], s[1:])
}

// ResourceID puts an id together from the id of a scope, the full type and one name for each segment of the type; function
// is for the message if they do not fit.
func ResourceID(function, scope, resourceType string, names []string) (string, error) {
	segments := strings.Split(strings.Trim(resourceType, "/"), "/")
	if len(segments) < 2 || len(segments)-1 != len(names) {
		return "", value.Errorf("Unable to evaluate template language function '%s': the type '%s' requires '%d' resource name argument(s).", function, resourceType, max(1, len(segments)-1))
	}
	return JoinID(scope, segments, names), nil
}

// JoinID interleaves the segments of a type, namespace first, with those of a name. Resource groups have an id of their own form.
func JoinID(scope string, segments, names []string) string {
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(scope, "/"))
	if len(names) == 1 && len(segments) == 2 && strings.EqualFold(segments[0], "Microsoft.Resources") {
		switch {
		case strings.EqualFold(segments[1], "resourceGroups") && strings.Count(scope, "/") == 2:
			return b.String() + "/resourceGroups/" + names[0]
		case strings.EqualFold(segments[1], "subscriptions") && scope == "":
			return "/subscriptions/" + names[0]
		}
	}
	b.WriteString("/providers/" + segments[0])
	for i, s := range segments[1:] {
		b.WriteString("/" + s + "/" + names[i])
	}
	return b.String()
}
