package bootstrap

import (
	"maps"
	"strings"
)

// containersOf are the properties of a container group's containers, with their names.
func containersOf(r *resource) []map[string]any {
	var all []map[string]any
	if r.kind != KindWorker {
		return nil
	}
	for _, c := range list(member(r.body["properties"], "containers")) {
		properties, _ := member(c, "properties").(map[string]any)
		one := map[string]any{"name": member(c, "name")}
		maps.Copy(one, properties)
		all = append(all, one)
	}
	return all
}

// member is a member of an object without regard to case, as ARM reads them; nil if there is none.
func member(object any, name string) any {
	all, _ := object.(map[string]any)
	for key, value := range all {
		if strings.EqualFold(key, name) {
			return value
		}
	}
	return nil
}

func list(value any) []any {
	all, _ := value.([]any)
	return all
}
