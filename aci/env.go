package aci

import (
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/containerinstance/armcontainerinstance/v2"
)

// HarmlessEnv reports whether the value of an environment variable is of a kind that anyone may read: the locale, the
// time zone, how much a program logs, how Python and a terminal behave. All other values go to Azure as secureValue,
// for nobody knows which of them are secret, and a plain value is shown to all who may read the resource group.
// The list is short and stays so; [Job.VisibleEnv] adds to it for one job.
func HarmlessEnv(name string) bool {
	switch name {
	case "LANG", "LANGUAGE", "TZ", "TERM", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR", "CLICOLOR",
		"DEBUG", "LOG_LEVEL", "LOGLEVEL", "LOG_FORMAT", "RUST_LOG", "RUST_BACKTRACE",
		"PYTHONUNBUFFERED", "PYTHONDONTWRITEBYTECODE", "PYTHONIOENCODING", "PYTHONUTF8", "PYTHONHASHSEED",
		"PYTHONFAULTHANDLER", "PYTHONWARNINGS", "NODE_ENV", "GOMAXPROCS", "GOMEMLIMIT", "GOGC", "OMP_NUM_THREADS":
		return true
	}
	return strings.HasPrefix(name, "LC_")
}

// secretEnv reports whether the value of a variable of Env must not be readable in Azure.
func (j Job) secretEnv(name string) bool {
	return !HarmlessEnv(name) && !slices.Contains(j.VisibleEnv, name)
}

// environment lays Env and SecureEnv over base: a name of the job replaces the same name there, in its place; the
// others follow by name, so that the same job always gives the same definition.
func (j Job) environment(base []*armcontainerinstance.EnvironmentVariable) []*armcontainerinstance.EnvironmentVariable {
	wanted := make(map[string]*armcontainerinstance.EnvironmentVariable, len(j.Env)+len(j.SecureEnv))
	for name, value := range j.Env {
		wanted[name] = variable(name, value, j.secretEnv(name))
	}
	for name, value := range j.SecureEnv {
		wanted[name] = variable(name, value, true)
	}
	var laid []*armcontainerinstance.EnvironmentVariable
	for _, v := range base {
		if v == nil {
			continue
		}
		name := deref(v.Name)
		if own, ok := wanted[name]; ok {
			v = own
			delete(wanted, name)
		}
		laid = append(laid, v)
	}
	for _, name := range sortedKeys(wanted) {
		laid = append(laid, wanted[name])
	}
	return laid
}

// variable makes one variable. An empty value is sent as a plain one: there is nothing to hide, and a secureValue
// that is empty reads like one that is missing.
func variable(name, value string, secret bool) *armcontainerinstance.EnvironmentVariable {
	if secret && value != "" {
		return &armcontainerinstance.EnvironmentVariable{Name: &name, SecureValue: &value}
	}
	return &armcontainerinstance.EnvironmentVariable{Name: &name, Value: &value}
}

// sortedKeys gives m's keys in order, where the order of a map would make two equal jobs differ.
func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
