package aci

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// Preview gives the container group that would be sent for the job, as indented JSON in ARM's own form, with every
// secret shown as ***. A job without a name is shown with one that [Job.NewName] made. The tags of one sending
// are not there yet. location is as in [Job.ContainerGroup], and so are the errors.
//
// Arguments of the command are shown as they are: ACI shows them to everybody too, so that a secret is wrong there.
func Preview(job Job, location string) ([]byte, error) {
	if job.Name == "" {
		job.Name = job.NewName()
	}
	group, _, err := job.ContainerGroup(location)
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(group)
	if err != nil {
		return nil, fmt.Errorf("encoding the container group: %w", err)
	}
	var tree any
	decoder := json.NewDecoder(bytes.NewReader(encoded))
	decoder.UseNumber()
	if err := decoder.Decode(&tree); err != nil {
		return nil, fmt.Errorf("encoding the container group: %w", err)
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(mask(tree)); err != nil {
		return nil, fmt.Errorf("encoding the container group: %w", err)
	}
	return out.Bytes(), nil
}

// mask hides secrets by the names that ARM's definition has for them, wherever they stand: in containers, init
// containers, registry credentials, volumes, diagnostics and extensions.
func mask(tree any) any {
	switch node := tree.(type) {
	case map[string]any:
		for key, value := range node {
			switch key {
			case "secureValue", "password", "storageAccountKey", "workspaceKey", "secret", "protectedSettings":
				node[key] = maskAll(value)
			case "httpHeaders":
				// A probe's header may be an Authorization.
				node[key] = maskHeaders(value)
			case "repository":
				node[key] = maskURL(value)
			default:
				node[key] = mask(value)
			}
		}
	case []any:
		for i, value := range node {
			node[i] = mask(value)
		}
	}
	return tree
}

// maskAll keeps the shape and hides every value in it.
func maskAll(tree any) any {
	switch node := tree.(type) {
	case map[string]any:
		for key, value := range node {
			node[key] = maskAll(value)
		}
		return node
	case []any:
		for i, value := range node {
			node[i] = maskAll(value)
		}
		return node
	case nil:
		return nil
	}
	return masked
}

func maskHeaders(tree any) any {
	headers, _ := tree.([]any)
	for _, header := range headers {
		if header, ok := header.(map[string]any); ok && header["value"] != nil {
			header["value"] = masked
		}
	}
	return tree
}

// maskURL hides a user and password in a repository's address.
func maskURL(tree any) any {
	text, ok := tree.(string)
	if !ok {
		return mask(tree)
	}
	address, err := url.Parse(text)
	if err != nil {
		return masked
	}
	if address.User == nil {
		return text
	}
	address.User = nil
	return strings.Replace(address.String(), "://", "://"+masked+"@", 1)
}
