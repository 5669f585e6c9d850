package config

import "slices"

// Setting declares one setting.
type Setting struct {
	// Name is the key in pacific.toml and, where Flag is true, the flag.
	Name string
	// Env is the environment variable.
	Env string
	// Flag reports whether it can be given on the command line. Secrets
	// cannot: other users of a machine can read a process's arguments.
	Flag bool
	// Default is what holds when it is given nowhere.
	Default string
	// Allowed lists the values, empty: any.
	Allowed []string
	// Secret values are never printed, and pacific.toml may hold them only
	// when nobody else can read the file.
	Secret bool
	// Doc says in one line what it is for.
	Doc string
}

func (s Setting) allows(value string) bool {
	return len(s.Allowed) == 0 || slices.Contains(s.Allowed, value)
}

// table has all settings, in the order in which they are shown. The AZURE_ names are those of Azure's own SDKs, so that
// an environment made for them works unchanged.
var table = []Setting{
	{Name: "cloud", Env: "PACIFIC_CLOUD", Flag: true, Default: "public",
		Doc: "which Azure: public, china, government, or the URL of an emulator"},
	{Name: "credential", Env: "PACIFIC_CREDENTIAL", Flag: true, Default: "default",
		Allowed: []string{"default", "client-secret", "managed-identity", "workload-identity", "az"},
		Doc:     "how to sign in; default uses the first method that is set up"},
	{Name: "tenant-id", Env: "AZURE_TENANT_ID", Flag: true,
		Doc: "Entra tenant to sign in to"},
	{Name: "client-id", Env: "AZURE_CLIENT_ID", Flag: true,
		Doc: "service principal or managed identity to sign in as"},
	{Name: "client-secret", Env: "AZURE_CLIENT_SECRET", Secret: true,
		Doc: "secret of the service principal"},
	{Name: "authority", Env: "PACIFIC_AUTHORITY",
		Doc: "sign-in host of the service principal; the cloud's own if not given"},
	{Name: "subscription", Env: "AZURE_SUBSCRIPTION_ID", Flag: true,
		Doc: "subscription id or name; if not given, az's default or the only one"},
	{Name: "resource-group", Env: "PACIFIC_RESOURCE_GROUP", Flag: true,
		Doc: "resource group of the container groups"},
	{Name: "location", Env: "PACIFIC_LOCATION", Flag: true,
		Doc: "region of what is created; the resource group's if not given"},
	{Name: "image", Env: "PACIFIC_IMAGE", Flag: true,
		Doc: "container image; a small Linux if not given"},
	{Name: "engine", Env: "PACIFIC_ENGINE", Flag: true, Default: "process",
		Allowed: []string{"process", "docker", "simulate"},
		Doc:     "where containers run with --local: process, docker or simulate"},
	{Name: "output", Env: "PACIFIC_OUTPUT", Flag: true, Default: "text",
		Allowed: []string{"text", "json"},
		Doc:     "text for people, json for programs"},
}

// Settings is a copy of the table of all settings.
func Settings() []Setting { return slices.Clone(table) }

// Names lists the settings' names, for hints.
func Names() []string {
	var names []string
	for _, s := range table {
		names = append(names, s.Name)
	}
	return names
}
