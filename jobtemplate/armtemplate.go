package jobtemplate

import (
	"maps"
	"reflect"
)

// armTemplate is the key of a job configuration under which Prefect's own worker has its ARM template.
const armTemplate = "arm_template"

// defaultARMTemplate is what Prefect's pools have there, of both kinds and all versions. Pacific makes the same container
// group without it; pools that it makes have it all the same, for Prefect's own worker to work with them.
func defaultARMTemplate() object {
	parameter := func(value, description string) object {
		return object{"type": "string", "defaultValue": value, "metadata": object{"description": description}}
	}
	container := object{
		"name": "[parameters('container_name')]",
		"properties": object{
			"image": "{{ image }}", "command": "{{ command }}", "environmentVariables": []any{},
			"resources": object{"requests": object{"cpu": "{{ cpu }}", "memoryInGB": "{{ memory }}"}},
		},
	}
	return object{
		"$schema":        "https://schema.management.azure.com/schemas/2019-08-01/deploymentTemplate.json#",
		"contentVersion": "1.0.0.0",
		"parameters": object{
			"location":             parameter("[resourceGroup().location]", "Location for all resources."),
			"container_group_name": parameter("[uniqueString(resourceGroup().id)]", "The name of the container group to create."),
			"container_name":       parameter("[uniqueString(resourceGroup().id)]", "The name of the container to create."),
		},
		"resources": []any{object{
			"type": "Microsoft.ContainerInstance/containerGroups", "apiVersion": "2022-09-01",
			"name": "[parameters('container_group_name')]", "location": "[parameters('location')]",
			"properties": object{"containers": []any{container}, "osType": "Linux", "restartPolicy": "Never"},
		}},
	}
}

// saysMore reports whether an ARM template says more than Prefect's default does.
func saysMore(t any) bool {
	return t != nil && t != "" && !reflect.DeepEqual(essence(withoutRequests(t)), essence(withoutRequests(defaultARMTemplate())))
}

// essence is a template without what makes no difference: descriptions, and the version of the API.
func essence(v any) any {
	switch v := v.(type) {
	case map[string]any:
		kept := maps.Clone(v)
		delete(kept, "metadata")
		delete(kept, "apiVersion")
		for key, value := range kept {
			kept[key] = essence(value)
		}
		return kept
	case []any:
		kept := make([]any, len(v))
		for i, value := range v {
			kept[i] = essence(value)
		}
		return kept
	}
	return v
}

// requestsPath leads to what the template's container asks for.
const requestsPath = "resources.0.properties.containers.0.properties.resources.requests"

// requestNames are the variables whose values a container group has in its requests.
var requestNames = map[string]string{"cpu": "cpu", "memory": "memoryInGB"}

// takeRequests lets cpu and memory count as the ARM template writes them, as they do for Prefect's own worker, which never
// looks at the job configuration for them.
func (t *baseJobTemplate) takeRequests() {
	requests, _ := lookUp(t.JobConfiguration[armTemplate], requestsPath, false).(map[string]any)
	if len(requests) == 0 {
		return
	}
	t.JobConfiguration = maps.Clone(t.JobConfiguration)
	for name, request := range requestNames {
		value, given := requests[request]
		if text, isText := value.(string); given && !(isText && refersTo(text, name)) {
			t.JobConfiguration[name] = value
		}
	}
}

// withoutRequests is a template in which cpu and memory, where they are given, are the variables of those names.
func withoutRequests(v any) any {
	requests, _ := lookUp(v, requestsPath, false).(map[string]any)
	copied, err := plain(v)
	if err != nil || len(requests) == 0 {
		return v
	}
	requests, _ = lookUp(copied, requestsPath, false).(map[string]any)
	for name, request := range requestNames {
		if _, given := requests[request]; given {
			requests[request] = "{{ " + name + " }}"
		}
	}
	return copied
}

// refersTo reports whether a text is no more than a reference to a variable.
func refersTo(text, name string) bool {
	p, ok := sole(text)
	return ok && p.kind == kindValue && p.name == name
}
