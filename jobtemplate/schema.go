package jobtemplate

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/pacific-aci/pacific/prefect"
)

// BaseJobTemplate makes the base job template of a new pool of [TypeWorker] or [TypePush], as a server of that version
// takes it and its UI shows it: the variables stand in the order of Prefect's own template. Every job variable in it does something, and Prefect's own worker can use it too.
//
// The two differ in that the push type asks for a credentials block, and streams output unless told otherwise. The
// registry block is docker-registry for 2.20, docker-registry-credentials for 3.x.
func BaseJobTemplate(poolType string, v prefect.Version) (json.RawMessage, error) {
	if poolType != TypeWorker && poolType != TypePush {
		return nil, &Error{Kind: ErrTemplate, Field: "type", Problem: fmt.Sprintf("Pacific has no template for pools of the type %q", poolType),
			Want: "take " + TypeWorker + " or " + TypePush}
	}
	push := poolType == TypePush
	registrySlug, registryName := "docker-registry-credentials", "DockerRegistryCredentials"
	if major(v) < 3 {
		registrySlug, registryName = "docker-registry", "DockerRegistry"
	}
	credentials, err := blockDefinition("azure-container-instance-credentials", v)
	if err != nil {
		return nil, err
	}
	if push {
		credentials["required"] = []string{"client_id", "tenant_id", "client_secret"}
	}
	registry, err := blockDefinition(registrySlug, v)
	if err != nil {
		return nil, err
	}
	const credentialsName, identityName = "AzureContainerInstanceCredentials", "ACRManagedIdentity"
	required, properties, jobConfiguration := []string{}, ordered{}, ordered{}
	for _, variable := range inOrder(variables(push)) {
		property := object{"title": variable.title, "description": variable.description}
		maps.Copy(property, variable.schema)
		switch variable.name {
		case "aci_credentials":
			property["allOf"] = []any{definition(credentialsName)}
		case "image_registry":
			property["anyOf"] = []any{definition(registryName), definition(identityName), object{"type": "null"}}
		}
		properties = append(properties, member{variable.name, property})
		jobConfiguration = append(jobConfiguration, member{variable.name, "{{ " + variable.name + " }}"})
		if variable.required || push && variable.requiredPush {
			required = append(required, variable.name)
		}
	}
	jobConfiguration = append(jobConfiguration, member{armTemplate, defaultARMTemplate()})
	return json.Marshal(object{
		"job_configuration": jobConfiguration,
		"variables": object{
			"type": "object", "description": "Variables for an Azure Container Instance flow run.", "properties": properties, "required": required,
			"definitions": object{credentialsName: credentials, registryName: registry, identityName: identityDefinition},
		},
	})
}

func definition(name string) object { return object{"$ref": "#/definitions/" + name} }

// identityDefinition is the registry that needs no block: an identity pulls.
var identityDefinition = object{
	"title": "ACRManagedIdentity", "type": "object", "required": []string{"registry_url", "identity"},
	"description": "Pull from an Azure Container Registry as a managed identity of the container group.",
	"properties": object{
		"registry_url": object{"title": "Registry URL", "type": "string", "description": "The registry's address, such as myregistry.azurecr.io."},
		"identity":     object{"title": "Identity", "type": "string", "description": "The resource id of a user-assigned identity that may pull (AcrPull)."},
	},
}

// blockDefinition is a block's schema as servers of that version have it, so that the UI offers the blocks of its type.
func blockDefinition(slug string, v prefect.Version) (object, error) {
	known, ok := prefect.FindBlockDefinition(slug, major(v))
	if !ok {
		return nil, &Error{Kind: ErrTemplate, Problem: "there is no schema of the block type " + slug}
	}
	var fields object
	if err := decode(known.Fields, &fields); err != nil {
		return nil, &Error{Kind: ErrTemplate, Problem: "the schema of the block type " + slug + " is not valid JSON", Err: err}
	}
	return fields, nil
}

// member is a name of a JSON object with its value.
type member struct {
	name  string
	value any
}

// ordered is a JSON object whose names keep their order, by which the UI shows a template's variables.
type ordered []member

// MarshalJSON writes the members one after the other.
func (o ordered) MarshalJSON() ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		for j, part := range []any{m.name, m.value} {
			encoded, err := json.Marshal(part)
			if err != nil {
				return nil, err
			}
			if j == 1 {
				b.WriteByte(':')
			}
			b.Write(encoded)
		}
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// uiOrder is the order of the variables in the template of Prefect's own worker.
var uiOrder = []string{
	"name", envName, "labels", "command", "image", "resource_group_name", "subscription_id", "identities", "entrypoint", "image_registry",
	"cpu", "gpu_count", "gpu_sku", "memory", "subnet_ids", "dns_servers", "aci_credentials", "stream_output", startTimeoutName, pollIntervalName,
	"keep_container_group",
}

func inOrder(all []variable) []variable {
	return slices.SortedStableFunc(slices.Values(all), func(a, b variable) int {
		return cmp.Compare(slices.Index(uiOrder, a.name), slices.Index(uiOrder, b.name))
	})
}
